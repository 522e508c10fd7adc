"""Edits of real stretches whose transitions are known to the frame, because they were made here.

Between two stretches lies a cut, a dissolve, or a fade through black or white; inside a stretch there may be
something that only looks like one: a flash, a title that appears, a step of brightness, a fast pan.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

Planes = NDArray[np.uint8]
"""One picture as yuv420p, (height * 3 / 2, width): encoders take it as it is, and mixing it mixes colours."""
Piece = Sequence[Planes]
"""A stretch of frames without any transition."""

SIZE = (640, 360)
"""(width, height) of the videos whose transitions are looked for"""
FPS = 25
SHORTEST = 2 * FPS
"""frames of a piece, at least"""
KINDS = {"cut": 0.5, "dissolve": 0.32, "black": 0.1, "white": 0.08}
"""Transitions and how often they are drawn; the last two are fades."""
GRADUAL = (10, 40)
"""frames of a dissolve, and of either half of a fade at most half as many"""
REST = 12
"""frames of a shot that no transition touches, at least"""
TRICKS = {"none": 0.6, "flash": 0.1, "title": 0.1, "brightness": 0.1, "pan": 0.1}
"""What happens inside a shot without ending it."""
BLACK, WHITE, GREY = 16, 235, 128


@dataclass(frozen=True, slots=True)
class Transition:
    """Where one shot becomes another, in frame numbers."""

    kind: str
    first: int
    """of a cut the new shot's first frame, of anything else the first mixed one"""
    last: int
    """the last mixed frame; of a cut the same as ``first``"""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A video and what is known of it."""

    path: Path
    transitions: tuple[Transition, ...]
    tricks: tuple[Transition, ...] = ()
    """what only looks like a transition"""


@dataclass(frozen=True, slots=True)
class Edit:
    """Frames, what there is to be found in them, and what is there to mislead."""

    frames: list[Planes]
    transitions: list[Transition]
    tricks: list[Transition]


def labelled(folder: Path) -> list[Labelled]:
    """The videos labelled by eye (``cuts.json``)."""
    known = json.loads((folder / "cuts.json").read_text())
    videos = []
    for name, item in known["videos"].items():
        cuts = [Transition("cut", cut, cut) for cut in item["cuts"]]
        gradual = [Transition("gradual", first, last) for first, last in item["gradual"]]
        videos.append(Labelled(folder / name, tuple(cuts + gradual)))
    return videos + [Labelled(folder / name, ()) for name in known["no_cuts"]]


def pieces(videos: Sequence[Labelled], size: tuple[int, int] = SIZE, most: int = 120) -> list[Piece]:
    """Stretches without any transition, each at least `SHORTEST` frames.

    Args:
        size: (width, height), even, to which all are stretched
        most: frames of a piece that are kept, since they lie in memory
    """
    found: list[Piece] = []
    for video in videos:
        piece: list[Planes] = []
        ends = {frame for item in video.transitions for frame in (item.first, item.last + 1)}
        mixed = [range(item.first, item.last + 1) for item in video.transitions if item.kind != "cut"]
        for number, raw in enumerate(_frames(video.path)):
            if number in ends:
                found.append(piece)
                piece = []
            if len(piece) < most and not any(number in stretch for stretch in mixed):
                piece.append(_planes(raw, size))
        found.append(piece)
    return [piece for piece in found if len(piece) >= SHORTEST]


def edit(
    stock: Sequence[Piece],
    seed: int,
    shots: int,
    *,
    shortest: int = SHORTEST,
    kinds: dict[str, float] = KINDS,
    tricks: dict[str, float] = TRICKS,
) -> Edit:
    """So many shots, and between each two a transition drawn by ``seed``.

    Args:
        shortest: frames of a shot, at least, where its piece has so many
        kinds: transitions, and how often each is drawn
        tricks: what happens inside shots, and how often
    """
    rng = np.random.default_rng(seed)
    done = Edit([], [], [])
    order = np.concatenate([rng.permutation(len(stock)) for _ in range(shots // len(stock) + 1)])
    free = 0
    for number in order[:shots]:
        piece, trick = _shot(stock[number], rng, shortest, tricks)
        kind = _draw(kinds, rng) if done.frames else "first"
        length = int(rng.integers(GRADUAL[0], GRADUAL[1] + 1))
        length = min(length, len(done.frames) - free - REST, len(piece) - REST - GRADUAL[0])
        if kind == "dissolve":
            transition = _dissolve(done.frames, piece, length)
        elif kind in ("black", "white"):
            transition = _fade(done.frames, piece, max(5, length // 2), kind, int(rng.integers(0, 7)))
        else:
            transition = Transition(kind, len(done.frames), len(done.frames))
            done.frames.extend(piece)
        start = len(done.frames) - len(piece)
        if kind != "first":
            done.transitions.append(transition)
        if trick and start + trick.first > transition.last:
            done.tricks.append(Transition(trick.kind, start + trick.first, start + trick.last))
        free = transition.last + 1
    return done


def mix(one: Planes, other: Planes, share: float) -> Planes:
    """So much of the second, the rest of the first."""
    return np.rint((1 - share) * one.astype(np.float32) + share * other).astype(np.uint8)


def plain(like: Planes, brightness: int) -> Planes:
    """A picture of one shade of grey."""
    picture = np.full_like(like, GREY)
    picture[: _height(like)] = brightness
    return picture


def _planes(raw: av.VideoFrame, size: tuple[int, int]) -> Planes:
    return np.asarray(raw.reformat(*size, "yuv420p").to_ndarray(), np.uint8)


def _frames(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as container:
        yield from container.decode(container.streams.video[0])


def _shot(
    piece: Piece, rng: np.random.Generator, shortest: int, tricks: dict[str, float]
) -> tuple[list[Planes], Transition | None]:
    """A part of a piece, and what happens in it."""
    length = int(rng.integers(min(shortest, len(piece)), len(piece) + 1))
    start = int(rng.integers(0, len(piece) - length + 1))
    frames, kind = list(piece[start : start + length]), _draw(tricks, rng)
    if kind == "none":
        return frames, None
    first = int(rng.integers(length // 4, length // 2))
    return frames, Transition(kind, first, _play(kind, frames, first, rng))


def _play(kind: str, frames: list[Planes], first: int, rng: np.random.Generator) -> int:
    """Changes frames in place from ``first`` on; returns the last one that stands out."""
    if kind == "flash":
        last = first + int(rng.integers(0, 3))
        for at in range(first, last + 1):
            frames[at] = mix(frames[at], plain(frames[at], WHITE), 0.8)
        return last
    if kind == "title":
        stamp = _title(frames[0], int(rng.integers(100, 1000)))
        frames[first:] = [np.where(stamp, stamp, frame) for frame in frames[first:]]
        return first
    if kind == "brightness":
        gain = float(rng.choice([0.65, 0.8, 1.2]))
        frames[first:] = [_brighter(frame, gain) for frame in frames[first:]]
        return first
    count = int(rng.integers(8, 20))
    frames[:] = _pan(frames[0], first, count, len(frames))
    return first + count


def _dissolve(frames: list[Planes], piece: list[Planes], length: int) -> Transition:
    first = len(frames) - length
    for at, share in enumerate(np.linspace(0, 1, length + 2)[1:-1]):
        frames[first + at] = mix(frames[first + at], piece[at], float(share))
    frames.extend(piece[length:])
    return Transition("dissolve", first, first + length - 1)


def _fade(frames: list[Planes], piece: list[Planes], half: int, kind: str, hold: int) -> Transition:
    """Both halves last as long, and nothing is shown in between for ``hold`` frames and two more."""
    nothing, first = plain(piece[0], BLACK if kind == "black" else WHITE), len(frames) - half
    shares = np.linspace(0, 1, half + 1)
    frames[first:] = [mix(*item) for item in zip(frames[first:], [nothing] * half, shares[1:], strict=True)]
    frames.extend([nothing] * hold)
    piece[:half] = [mix(*item) for item in zip(piece, [nothing] * half, shares[:0:-1], strict=False)]
    last = len(frames) + half - 1
    frames.extend(piece)
    return Transition(kind, first, last)


def _title(like: Planes, number: int) -> Planes:
    """Two lines of white letters in the lower third; 0 where there are none."""
    height, width = _height(like), like.shape[1]
    drawn = Pillow.new("L", (width, like.shape[0]))
    font = ImageFont.load_default(height / 8)
    text = f"Chapter {number}\nsomewhere else"
    ImageDraw.Draw(drawn).text((width / 16, 0.65 * height), text, fill=WHITE, font=font)
    stamp = np.array(drawn)
    stamp[height:] = 0
    return stamp


def _brighter(frame: Planes, gain: float) -> Planes:
    height, changed = _height(frame), frame.copy()
    light = BLACK + gain * (frame[:height].astype(np.float32) - BLACK)
    changed[:height] = light.clip(BLACK, WHITE).astype(np.uint8)
    return changed


def _pan(still: Planes, first: int, count: int, length: int) -> list[Planes]:
    """A picture at twice its size, seen through a window that crosses it in ``count`` frames, and rests
    before and after."""
    height, width = _height(still), still.shape[1]
    planes = [still[:height], *still[height:].reshape(2, height // 2, width // 2)]
    pictures = [Pillow.fromarray(plane) for plane in planes]
    large = [np.array(picture.resize((2 * picture.width, 2 * picture.height))) for picture in pictures]
    shares = np.clip((np.arange(length) - first) / count, 0, 1)
    return [_window(large, 2 * round(share * width / 2)) for share in shares]


def _window(planes: Sequence[Planes], left: int) -> Planes:
    """A quarter of a large picture: the middle of its height, from an even column on."""
    (height, width), (rows, columns) = (plane.shape for plane in planes[:2])
    light = planes[0][height // 4 :][: height // 2, left : left + width // 2]
    colour = [item[rows // 4 :][: rows // 2, left // 2 :][:, : columns // 2] for item in planes[1:]]
    return np.concatenate([light, *(item.reshape(-1, width // 2) for item in colour)])


def _height(frame: Planes) -> int:
    """Rows of brightness; those of colour come behind them."""
    return len(frame) * 2 // 3


def _draw(shares: dict[str, float], rng: np.random.Generator) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))
