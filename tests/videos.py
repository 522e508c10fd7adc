"""Clips with known content, drawn when a test needs them: cuts at known times, motion, odd containers.

A scene is a texture that drifts, so that it has detail to be sharp in and motion that is not a cut. Scenes of
different seeds have different colours and textures.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from plugins.values import SECOND, Image
from shotseek.draw import write_video

SIZE = (160, 96)
"""(width, height)"""
FPS = 25

REAL = Path(__file__).parents[2] / "shared" / "videos"
"""Real files that this machine may have and the repository has not."""


def scene(seed: int, count: int = FPS, size: tuple[int, int] = SIZE, speed: int = 1) -> list[Image]:
    """So many frames of one drifting texture.

    Args:
        speed: pixels by which it moves from frame to frame
    """
    rng = np.random.default_rng(seed)
    width, height = size
    coarse = rng.integers(0, 256, (height // 12 + 2, width // 12 + 40, 3)).astype(np.float32)
    base = rng.integers(40, 216, 3).astype(np.float32)
    texture = np.kron(0.5 * coarse + 0.5 * base, np.ones((12, 12, 1), np.float32)).astype(np.uint8)
    return [texture[6 : 6 + height, speed * at % 400 :][:, :width].copy() for at in range(count)]


def black(count: int = FPS, size: tuple[int, int] = SIZE) -> list[Image]:
    return [np.zeros((size[1], size[0], 3), np.uint8)] * count


def dissolve(before: Sequence[Image], after: Sequence[Image], length: int) -> list[Image]:
    """The second scene over the end of the first."""
    shares = np.linspace(0, 1, length + 2)[1:-1]
    mixed = [
        ((1 - share) * one + share * other).astype(np.uint8)
        for one, other, share in zip(before[-length:], after[:length], shares, strict=True)
    ]
    return [*before[:-length], *mixed, *after[length:]]


def fade(before: Sequence[Image], after: Sequence[Image], length: int) -> list[Image]:
    """Both scenes, the first fading to black and the second from it."""
    nothing = black(2 * length, (before[0].shape[1], before[0].shape[0]))
    return dissolve(dissolve(before, nothing, length), after, length)


def flash(frames: Sequence[Image], at: int) -> list[Image]:
    """Two white frames."""
    white = np.full_like(frames[0], 255)
    return [*frames[:at], white, white, *frames[at + 2 :]]


def clip(path: Path, scenes: int = 3, seconds: float = 1.0, **options: Any) -> list[int]:
    """A file of scenes with hard cuts.

    Args:
        seconds: of each scene
        options: see `shotseek.draw.write_video`

    Returns:
        times of the cuts, microseconds
    """
    count = round(seconds * FPS)
    frames = [frame for seed in range(scenes) for frame in scene(seed, count)]
    write_video(path, frames, fps=FPS, **options)
    return [index * count * SECOND // FPS for index in range(1, scenes)]


def with_cover(path: Path, sound: bool = True) -> None:
    """An .mp4 whose only picture is its cover art."""
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=Fraction(1))
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height = SIZE
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        assert isinstance(audio, av.AudioStream)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(scene(1, 1)[0])))
        container.mux(cover.encode())
        quiet = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="flt", layout="mono")
        quiet.sample_rate, quiet.pts, quiet.time_base = 48_000, 0, Fraction(1, 48_000)
        container.mux(audio.encode(quiet))
        container.mux(audio.encode())


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        assert isinstance(audio, av.AudioStream)
        quiet = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="flt", layout="mono")
        quiet.sample_rate, quiet.pts, quiet.time_base = 48_000, 0, Fraction(1, 48_000)
        container.mux(audio.encode(quiet))
        container.mux(audio.encode())


def differs(one: Image, other: Image) -> float:
    """Mean absolute difference, of 255; compression leaves a few."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


def joined(parts: Iterable[Path], path: Path) -> None:
    """Transport streams put one behind the other: the clock starts again in the middle."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
