"""What the scenes of the demo are painted with."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from plugins.values import Image

FPS = 20
SCALE = 2
"""Scenes are painted this much larger and then reduced, which smooths every edge."""
WIDTH, HEIGHT = 640 * SCALE, 360 * SCALE

Colour: TypeAlias = tuple[int, int, int]
Paint: TypeAlias = Callable[[ImageDraw.ImageDraw, float], None]
"""draws what moves, given the seconds since the scene began"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One shot."""

    background: Pillow.Image
    paint: Paint
    seconds: float = 3.2

    def frames(self) -> Iterator[Image]:
        for number in range(round(self.seconds * FPS)):
            canvas = self.background.copy()
            self.paint(ImageDraw.Draw(canvas), number / FPS)
            yield np.asarray(canvas.reduce(SCALE), dtype=np.uint8)


def gradient(*stops: Colour) -> Pillow.Image:
    """A canvas whose colour runs through the stops from top to bottom."""
    heights = np.linspace(0, 1, HEIGHT)
    places = np.linspace(0, 1, len(stops))
    rows = np.stack([np.interp(heights, places, [stop[i] for stop in stops]) for i in range(3)], axis=1)
    return Pillow.fromarray(np.broadcast_to(rows[:, None], (HEIGHT, WIDTH, 3)).astype(np.uint8))


def disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """So much of a colour, and of another the rest."""
    red, green, blue = (int(a * share + b * (1 - share)) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def title(draw: ImageDraw.ImageDraw, text: str, colour: Colour, size: int = 110) -> None:
    """Text in the middle of the picture."""
    font = ImageFont.load_default(size)
    draw.text((WIDTH / 2, HEIGHT / 2), text, fill=colour, font=font, anchor="mm", align="center")


def scattered(count: int, seed: int, top: float = 0, bottom: float = HEIGHT) -> list[tuple[float, float]]:
    """The same random places every time."""
    dice = random.Random(seed)
    return [(dice.uniform(0, WIDTH), dice.uniform(top, bottom)) for _ in range(count)]


def scratches(draw: ImageDraw.ImageDraw, t: float) -> None:
    """What a worn film looks like; others in every frame."""
    for x, y in scattered(9, int(t * FPS)):
        draw.line((x, 0, x + 4, HEIGHT), fill=(150, 150, 150), width=1)
        disc(draw, x, y, 5, (225, 225, 225))
