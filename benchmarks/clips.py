"""Clips cut out of videos and changed as people change them, with where they come from.

Every clip is encoded anew. The same seed makes the same clips, and a set that is already in the folder is not
made again.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from indexer.media import Limits, open_media
from plugins.errors import MediaError
from plugins.values import SECOND, Image, Span
from shotseek import scenes
from shotseek.draw import write_video
from shotseek.painting import Scene

KINDS = (".mp4", ".webm", ".mkv", ".gif")
LONG_SIDE = 640
"""pixels of a clip as it is cut out, at most"""
RATE = 25
CODECS: tuple[tuple[str, str, dict[str, str] | None], ...] = (
    ("libx265", ".mp4", {"preset": "ultrafast", "x265-params": "log-level=none"}),
    ("mpeg2video", ".ts", {}),
    ("libvpx", ".webm", None),
)
PLAIN = ("libx264", ".mp4", {"preset": "ultrafast", "crf": "26"})
STILL = 1.0
"""mean difference of neighbouring looks, of 255, below which a piece of video shows nothing to align"""


@dataclass(frozen=True, slots=True)
class Made:
    """A clip and where it comes from."""

    file: str
    source: str
    """path below the folder of videos; empty where it comes from none"""
    start_us: int
    end_us: int
    """in the source"""
    changes: tuple[str, ...]


Change = Callable[[list[Image], random.Random], list[Image]]


def smaller(frames: list[Image], dice: random.Random) -> list[Image]:
    height, width = frames[0].shape[:2]
    share = dice.uniform(0.4, 0.6)
    return [scaled(frame, round(width * share), round(height * share)) for frame in frames]


def letterboxed(frames: list[Image], dice: random.Random) -> list[Image]:
    """Bars above and below, or at the sides."""
    height, width = frames[0].shape[:2]
    bar = round(dice.uniform(0.08, 0.16) * (height if (flat := dice.random() < 0.7) else width))
    room = ((bar, bar), (0, 0), (0, 0)) if flat else ((0, 0), (bar, bar), (0, 0))
    return [np.pad(frame, room) for frame in frames]


def cropped(frames: list[Image], dice: random.Random) -> list[Image]:
    """Without 15 % of the width and of the height, somewhere at the edges."""
    height, width = frames[0].shape[:2]
    left, top = (round(dice.random() * 0.15 * side) for side in (width, height))
    right, bottom = left + round(0.85 * width), top + round(0.85 * height)
    return [frame[top:bottom, left:right] for frame in frames]


def mirrored(frames: list[Image], dice: random.Random) -> list[Image]:
    return [frame[:, ::-1] for frame in frames]


def brightened(frames: list[Image], dice: random.Random) -> list[Image]:
    gain = dice.choice((dice.uniform(0.6, 0.75), dice.uniform(1.25, 1.4)))
    curve = np.clip(255 * (np.arange(256) / 255) ** dice.uniform(0.8, 1.25) * gain, 0, 255).astype(np.uint8)
    return [curve[frame] for frame in frames]


def with_logo(frames: list[Image], dice: random.Random) -> list[Image]:
    """A bright sign in a corner, a seventh of the height."""
    height, width = frames[0].shape[:2]
    side = height // 7
    colour = dice.choice(((250, 250, 250), (230, 40, 40), (40, 90, 230)))
    logo = np.full((side, 2 * side, 3), colour, np.uint8)
    logo[side // 4 : -(side // 4), side // 4 : side] = 20
    top = dice.choice((side // 3, height - 4 * side // 3))
    left = dice.choice((side // 3, width - 7 * side // 3))
    changed = [frame.copy() for frame in frames]
    for frame in changed:
        frame[top : top + side, left : left + 2 * side] = logo
    return changed


def nothing(frames: list[Image], dice: random.Random) -> list[Image]:
    return frames


CHANGES: dict[str, Change] = {
    "trim": nothing,
    "codec": nothing,
    "size": smaller,
    "letterbox": letterboxed,
    "crop": cropped,
    "mirror": mirrored,
    "brightness": brightened,
    "faster": nothing,
    "slower": nothing,
    "logo": with_logo,
}
RATES = {"faster": Fraction(21, 20), "slower": Fraction(19, 20)}


def from_videos(videos: Path, folder: Path, count: int, seconds: float, seed: int) -> list[Made]:
    """So many clips, half of them changed in one way and half in two.

    Args:
        videos: what they are cut out of; those that are too short or too still are left out
        folder: keeps them
    """
    sources = lively(videos, folder, seconds)
    return [made(videos, folder, sources[n % len(sources)], n, seconds, seed) for n in range(count)]


def made(videos: Path, folder: Path, source: tuple[str, int], number: int, seconds: float, seed: int) -> Made:
    """One clip, unless it is there already."""
    told = folder / f"clip-{seed}-{seconds:g}-{number}.json"
    if told.exists():
        item = json.loads(told.read_text())
        return Made(**item | {"changes": tuple(item["changes"])})
    dice = random.Random(f"{seed} {number}")
    length = round(seconds * SECOND)
    start = dice.randrange(source[1] - length)
    clip = make(videos, source[0], Span(start, start + length), changes_of(number, dice), told, dice)
    told.write_text(json.dumps(asdict(clip)))
    return clip


def changes_of(number: int, dice: random.Random) -> tuple[str, ...]:
    names = list(CHANGES)
    if number % 2 == 0:
        return (names[number // 2 % len(names)],)
    while True:
        pair = tuple(sorted(dice.sample(names[1:], 2)))
        if not set(pair) <= set(RATES):
            return pair


def lively(videos: Path, folder: Path, seconds: float) -> list[tuple[str, int]]:
    """Videos in which something moves throughout, longer than a clip, and their microseconds."""
    listed = folder / f"sources-{seconds:g}.json"
    if not listed.exists():
        paths = sorted(item for item in videos.rglob("*") if item.suffix in KINDS)
        found = [(str(path.relative_to(videos)), lively_us(path, seconds)) for path in paths]
        listed.write_text(json.dumps([item for item in found if item[1]]))
    return [(path, us) for path, us in json.loads(listed.read_text())]


def lively_us(path: Path, seconds: float) -> int:
    """How long a video is in which clips can be told apart; else 0."""
    with suppress(MediaError), open_media(str(path), [str(path.parent)], Limits()) as media:
        if media.video.duration_us < (seconds + 0.5) * SECOND:
            return 0
        looks = [frame.image.astype(np.int16) for frame in media.frames(fps=2, size=(48, 27))]
        changes = [float(np.abs(b - a).mean()) for a, b in pairwise(looks)]
        return media.video.duration_us if np.median(changes) > STILL else 0
    return 0


def make(
    videos: Path, source: str, span: Span, changes: tuple[str, ...], target: Path, dice: random.Random
) -> Made:
    codec, suffix, options = dice.choice(CODECS) if "codec" in changes else PLAIN
    with open_media(str(videos / source), [str(videos)], Limits()) as media:
        scale = min(1.0, LONG_SIDE / max(media.video.width, media.video.height))
        size = round(media.video.width * scale), round(media.video.height * scale)
        shown = [(frame.time_us, frame.image) for frame in media.frames(span, size=size)]
    frames, rate = [image for _, image in shown], Fraction(1)
    for change in changes:
        frames, rate = CHANGES[change](frames, dice), rate * RATES.get(change, 1)
    even = [np.ascontiguousarray(frame[: len(frame) & ~1, : frame.shape[1] & ~1]) for frame in frames]
    path = target.with_suffix(suffix)
    times: list[int] | None = [round((time - shown[0][0]) / rate) for time, _ in shown]
    if suffix == ".ts":
        even, times = steady(even, times or []), None
    write_video(path, even, fps=RATE, codec=codec, options=options, times_us=times)
    return Made(path.name, source, shown[0][0], span.end_us, changes)


def steady(frames: list[Image], times: list[int]) -> list[Image]:
    """The frames shown at a steady rate, for containers that know no other."""
    wanted = np.arange(0, times[-1] + 1, SECOND / RATE)
    return [frames[at] for at in np.searchsorted(times, wanted, side="right") - 1]


def drawn(folder: Path, count: int, seconds: float) -> list[Made]:
    """Clips of drawn scenes, which come from no video."""
    painted = [item for item in vars(scenes).values() if callable(item) and is_scene(item)]
    made = []
    for number, scene in enumerate(islice(painted * count, count)):
        path = folder / f"drawn-{seconds:g}-{number}.mp4"
        if not path.exists():
            drift = 1 + 0.3 * (number // len(painted))
            times = np.arange(0, seconds, 1 / 12.5)
            write_video(path, painted_at(scene(), (drift * times).tolist()), fps=Fraction(25, 2))
        made.append(Made(path.name, "", 0, round(seconds * SECOND), ("drawn",)))
    return made


def painted_at(scene: Scene, times: Sequence[float]) -> Iterator[Image]:
    for time in times:
        canvas = scene.background.copy()
        scene.paint(ImageDraw.Draw(canvas), time)
        yield scaled(np.asarray(canvas), 480, 270)


def is_scene(item: Callable[..., object]) -> bool:
    return getattr(item, "__annotations__", {}).get("return") is Scene and not item.__code__.co_argcount


def scaled(image: Image, width: int, height: int) -> Image:
    return np.asarray(Pillow.fromarray(image).resize((width, height), Pillow.Resampling.BILINEAR))
