"""Draws the demo's clips: a handful of small films, each with several scenes, motion, words and sound.

python -m shotseek.demo FOLDER
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from plugins.values import SECOND, Annotation, Span
from shotseek import scenes
from shotseek.draw import SAMPLE_RATE, write_video
from shotseek.painting import FPS, Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

X264 = {"preset": "veryfast", "crf": "21"}
VP9 = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "32", "b": "0"}


@dataclass(frozen=True, slots=True)
class Film:
    """One clip of the demo."""

    name: str
    scenes: tuple[Callable[[], Scene], ...]
    lines: tuple[str, ...] = ()
    """what is said, one line a scene"""
    sidecar: bool = False
    """the lines stand in an .srt beside the file instead of inside it"""
    notes: tuple[float, ...] = (220.0, 277.2, 329.6)
    """of the sound, hertz"""

    def draw(self, folder: Path) -> Path:
        """Writes the clip, complete or not at all."""
        shots = [paint() for paint in self.scenes]
        lines = self._spoken(shots)
        path, part = folder / self.name, folder / f".part-{self.name}"
        webm = path.suffix == ".webm"
        write_video(
            part,
            (frame for scene in shots for frame in scene.frames()),
            fps=FPS,
            codec="libvpx-vp9" if webm else "libx264",
            options=VP9 if webm else X264,
            sound=_melody(self.notes, sum(scene.seconds for scene in shots)),
            subtitles=() if self.sidecar else lines,
        )
        if self.sidecar:
            path.with_suffix(".srt").write_text(_srt(lines), encoding="utf-8")
        part.replace(path)
        return path

    def _spoken(self, shots: list[Scene]) -> list[Annotation]:
        starts = np.cumsum([0.0] + [scene.seconds for scene in shots])
        return [
            Annotation(Span(round((start + 0.3) * SECOND), round((start + 2.8) * SECOND)), "subtitles", line)
            for start, line in zip(starts, self.lines, strict=False)
        ]


def draw_all(folder: Path) -> Iterator[Path]:
    """Draws the clips that are not there yet, and yields each as it is done."""
    folder.mkdir(parents=True, exist_ok=True)
    for film in FILMS:
        if not (folder / film.name).exists():
            yield film.draw(folder)


FILMS = (
    Film(
        "seaside.mp4",
        (scenes.sea, scenes.beach, scenes.sunset),
        (
            "Look, a little boat, far out on the water.",
            "Nobody on the beach today.",
            "Every evening we wait for the sun to set.",
        ),
        sidecar=True,
        notes=(196.0, 246.9, 293.7),
    ),
    Film(
        "meadow.mp4",
        (scenes.red_ball, scenes.sunflowers, scenes.forest),
        ("Catch it, before it rolls away!", "The sunflowers turn their heads.", "Listen: a woodpecker."),
        sidecar=True,
    ),
    Film("night.mp4", (scenes.skyline, scenes.fireworks), notes=(110.0, 130.8, 164.8)),
    Film(
        "locomotive.mp4", (scenes.old_title, scenes.locomotive, scenes.the_end), notes=(146.8, 174.6, 220.0)
    ),
    Film(
        "winter.mp4",
        (scenes.snowfall, scenes.snowman, scenes.aurora),
        ("It has been snowing since midnight.", "Hello, snowman!", "The northern lights are back."),
        notes=(261.6, 329.6, 392.0),
    ),
    Film("market.webm", (scenes.fruit, scenes.market_sign, scenes.balloon), notes=(293.7, 370.0, 440.0)),
)


def _melody(notes: tuple[float, ...], seconds: float) -> "NDArray[np.float32]":
    """The notes one after the other, each fading out."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = np.asarray(notes)[(times / 0.4).astype(int) % len(notes)]
    sound: NDArray[np.float32] = (np.sin(2 * np.pi * pitch * times) * np.exp(-5 * (times % 0.4))).astype("f4")
    return sound * np.float32(0.2)


def _srt(lines: list[Annotation]) -> str:
    return "\n".join(
        f"{number}\n{_srt_time(line.span.start_us)} --> {_srt_time(line.span.end_us)}\n{line.text}\n"
        for number, line in enumerate(lines, 1)
    )


def _srt_time(us: int) -> str:
    ms = us // 1000
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


if __name__ == "__main__":
    for drawn in draw_all(Path(sys.argv[1])):
        click.echo(f"drew {drawn}", err=True)
