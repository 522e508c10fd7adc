"""Pictures drawn for training and examination: shapes in colours, in numbers and at places."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from plugins.values import Image as Picture

SHAPES = ("circle", "square", "triangle", "star", "heart", "cross", "ring", "diamond", "rectangle", "ellipse")
COLOURS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((220, 20, 20), (180, 16, 24), (240, 50, 40)),
    "orange": ((255, 140, 0), (240, 120, 30)),
    "yellow": ((250, 220, 20), (255, 240, 60)),
    "green": ((20, 150, 40), (60, 180, 60), (30, 110, 40)),
    "blue": ((20, 50, 210), (50, 110, 220), (20, 30, 140)),
    "purple": ((130, 30, 160), (160, 60, 210)),
    "pink": ((255, 110, 170), (250, 160, 190)),
    "brown": ((110, 65, 35), (140, 85, 50)),
    "black": ((0, 0, 0), (28, 28, 30)),
    "white": ((255, 255, 255), (238, 238, 238)),
    "grey": ((128, 128, 128), (105, 108, 110), (150, 150, 150)),
}
"""Every colour that is named, in drawings and in photographs (`looks`), and the paints that are called so."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One drawn shape; the place and the radius are shares of the picture's side."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture before it is drawn."""

    ground: str
    things: tuple[Thing, ...]


def scenes(seed: int) -> Iterator[Scene]:
    """Without end, the same for the same seed."""
    random = Random(seed)
    while True:
        yield _scene(random)


def draw(scene: Scene, side: int, random: Random) -> Picture:
    """uint8 (side, side, 3); drawn at twice the size and reduced, so that edges are smooth."""
    big = 2 * side
    image = Image.fromarray(_ground(scene.ground, big, random))
    pen = ImageDraw.Draw(image)
    for thing in scene.things:
        _draw_thing(pen, thing, big, random)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def _scene(random: Random) -> Scene:
    count = random.choice((1, 1, 1, 2, 2, 3))
    alike = count > 1 and random.random() < 0.4
    shape, colour = random.choice(SHAPES), random.choice(list(COLOURS))
    things: list[Thing] = []
    for _ in range(count):
        radius = random.uniform(0.12, 0.42) if count == 1 else random.uniform(0.1, 0.2)
        for _ in range(20):
            x, y = (random.uniform(radius, 1 - radius) for _ in range(2))
            if all(abs(x - o.x) + abs(y - o.y) > radius + o.radius for o in things):
                break
        if not alike:
            shape, colour = random.choice(SHAPES), random.choice(list(COLOURS))
        things.append(Thing(shape, colour, x, y, radius))
    taken = {thing.colour for thing in things}
    ground = random.choice([c for c in ("white", "white", "black", "grey", *COLOURS) if c not in taken])
    return Scene(ground, tuple(things))


def _ground(colour: str, side: int, random: Random) -> Picture:
    """A plain ground, or one with a slope of light and some grain."""
    base = np.array(random.choice(COLOURS[colour]), np.float32)
    slope = np.linspace(-1, 1, side, dtype=np.float32) * random.uniform(0, 30) * (random.random() < 0.5)
    grain = np.random.default_rng(random.getrandbits(32)).normal(0, random.uniform(0, 8), (side, side, 1))
    field = base + (slope[:, None, None] if random.random() < 0.5 else slope[None, :, None]) + grain
    return np.clip(np.broadcast_to(field, (side, side, 3)), 0, 255).astype(np.uint8)


def _draw_thing(pen: ImageDraw.ImageDraw, thing: Thing, side: int, random: Random) -> None:
    x, y, r = thing.x * side, thing.y * side, thing.radius * side
    fill = random.choice(COLOURS[thing.colour])
    box = (x - r, y - r, x + r, y + r)
    flat = (x - r, y - 0.55 * r, x + r, y + 0.55 * r)
    match thing.shape:
        case "circle":
            pen.ellipse(box, fill)
        case "ellipse":
            pen.ellipse(flat, fill)
        case "ring":
            pen.ellipse(box, None, fill, max(2, int(0.35 * r)))
        case "square":
            pen.rectangle((x - 0.85 * r, y - 0.85 * r, x + 0.85 * r, y + 0.85 * r), fill)
        case "rectangle":
            pen.rectangle(flat, fill)
        case "cross":
            pen.rectangle((x - r, y - r / 3, x + r, y + r / 3), fill)
            pen.rectangle((x - r / 3, y - r, x + r / 3, y + r), fill)
        case "heart":
            pen.polygon([(x + r * h, y + r * v) for h, v in _HEART], fill)
        case _:
            pen.polygon([(x + r * h, y + r * v) for h, v in _CORNERS[thing.shape]], fill)


def _around(corners: int, *radii: float) -> list[tuple[float, float]]:
    """Corners of a regular figure, the first one up; radii take turns."""
    turn = 2 * pi / corners
    return [
        (radii[k % len(radii)] * sin(k * turn), -radii[k % len(radii)] * cos(k * turn))
        for k in range(corners)
    ]


_CORNERS = {"triangle": _around(3, 1.0), "diamond": _around(4, 1.0), "star": _around(10, 1.0, 0.42)}
_HEART = [
    (sin(t) ** 3, -(13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)) / 16)
    for t in (2 * pi * k / 60 for k in range(60))
]
