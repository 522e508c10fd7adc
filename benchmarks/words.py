"""How much of the text on the screen is read: drawn films of known text, and transcribed frames of real ones.

    python -m benchmarks.words VIDEOS

A word counts as found when it stands in what the annotator wrote of the shot that shows it: whole, or as a
part of another, where spaces were lost; a search finds both. Case and accents do not count. Prints Markdown.
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from indexer.catalog.folding import folded
from indexer.media import open_media
from plugins.annotators.ocr import OcrAnnotator, reader, shrunk
from plugins.values import SECOND, Image, Shot, Span, Video
from shotseek.draw import write_video
from tests.videos import scene

SIZE = (1280, 720)
FPS = 10
FONTS = {
    "sans": ("DejaVuSans.ttf", "LiberationSans-Regular.ttf"),
    "bold": ("DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf"),
    "serif": ("DejaVuSerif.ttf", "LiberationSerif-Regular.ttf"),
    "mono": ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf"),
}
"""the first of each that this machine has; where it has none, Pillow's own is taken"""
HEIGHTS = (10, 14, 24, 60)
"""pixels of the letters, of 720"""
CONTRASTS = {"plain": (255, 40), "on the picture": (255, None), "pale": (150, 90)}
"""brightness of the letters and of what is behind them; None is the picture itself"""
LINES = (
    "Breaking news from Lisbon",
    "Platform 9 closes at 17:45",
    "Café Zürich, fresh coffee",
    "Licence plate KR-7042",
    "Meet Professor Amelia Hart",
    "Total price 129,50 euro",
)
"""drawn in turns, one a second"""
QUALITIES = {"x264, CRF 23": "23", "x264, CRF 38": "38"}
TRANSCRIBED = {
    "androidx-media/bbb_1920x1080_60fps_vp8.webm": (
        0.5,
        "3:35.017 bbb_1920x1080@60 16:9 VP8 20Mbps Vorbis 48kHz 5.1ch 384kbps",
    ),
    "androidx-media/fragmented_captions.mp4": (
        1.001,
        "NTSC SQUARE 416 x 234 16x9 GEAR 1 00:00:01.00 00:00:01;00 000030 Bop!",
    ),
    "androidx-media/h265_bframes.mp4": (0.5, "Big Buck BUNNY"),
    "androidx-media/h265_with_metadata_track.mp4": (0.04, "F11 F12"),
    "androidx-media/hlg10-color-test.mp4": (0.14, "x-rite"),
    "androidx-media/roadtrip-vp92-10bit.webm": (
        1.46,
        "WE TOOK A ROAD TRIP FROM SF TO LA TO SHOOT SOME HDR TEST FOOTAGE",
    ),
    "androidx-media/sample-with-large-length.avi": (0.98, "Big Buck BUNNY"),
    "androidx-media/sample_h263.ts": (0.5, "ExoPlayer ad test Midroll"),
    "androidx-media/trim_optimization_failure.mp4": (1.12, "06 24"),
    "decord/video_0.mov": (0.05, "AltGr"),
    "decord/video_180.mov": (0.05, "End PrtSc Ctrl PgUp PgDn"),
    "decord/video_270.mov": (0.05, "AltGr"),
    "decord/video_90.mov": (0.05, "F9 F10 F11 F12 AltGr"),
    "sam2/03_blocks.mp4": (7.79, "SAM"),
    "torchcodec/h264_10bits.mp4": (0.5, "00:00:00.500 15"),
    "torchcodec/h265_video.mp4": (0.5, "Frame 5"),
}
"""by file: second, and what a person reads there, without single letters such as those of keys"""


@dataclass(frozen=True, slots=True)
class Board:
    """A line of text and how it is drawn."""

    text: str
    font: str
    height: int
    contrast: str
    moved: bool


@dataclass(slots=True)
class Score:
    """Words that are there, and that were found."""

    words: int = 0
    found: int = 0
    whole: int = 0

    def add(self, text: str, read: Sequence[str]) -> None:
        heard = [folded(line) for line in read]
        for word in words_of(text):
            self.words += 1
            self.found += any(word in line for line in heard)
            self.whole += any(word in words_of(line) for line in heard)

    def row(self) -> str:
        return f"{self.found / self.words:.3f} | {self.whole / self.words:.3f} | {self.words}"


def words_of(text: str) -> list[str]:
    """``licence plate kr-7042``: words without the marks around them, folded."""
    return [bare for word in folded(text).split() if (bare := word.strip(".,:;!?()[]\"'-"))]


def boards() -> list[Board]:
    drawn = product(FONTS, HEIGHTS, CONTRASTS)
    return [
        # every twelve boards are one font: another line and another motion in the next
        Board(
            LINES[(number + number // 12) % len(LINES)],
            font,
            height,
            contrast,
            bool((number + number // 12) % 2),
        )
        for number, (font, height, contrast) in enumerate(drawn)
    ]


def frames(board: Board, number: int) -> Iterator[Image]:
    """One second of it."""
    letter, behind = CONTRASTS[board.contrast]
    font = _font(board.font, board.height)
    for at, picture in enumerate(scene(number, FPS, SIZE, speed=2)):
        canvas = Pil.fromarray(picture)
        draw = ImageDraw.Draw(canvas)
        place = 60 + (6 * at if board.moved else 0), 300
        left, top, right, bottom = draw.textbbox(place, board.text, font)
        if behind is not None:
            draw.rectangle((left - 12, top - 8, right + 12, bottom + 8), (behind, behind, behind))
        draw.text(place, board.text, (letter, letter, letter), font)
        yield np.asarray(canvas)


def _font(name: str, height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for file in FONTS[name]:
        try:
            return ImageFont.truetype(file, height)
        except OSError:
            continue
    return ImageFont.load_default(height)


def drawn(path: Path, quality: str, made: Sequence[Board]) -> tuple[list[list[str]], float]:
    """What is read of each board, and the seconds it took."""
    pictures = (frame for number, board in enumerate(made) for frame in frames(board, number))
    write_video(path, pictures, fps=FPS, options={"crf": quality, "preset": "fast"})
    shots = [
        Shot(0, 0, number, Span(number * SECOND, (number + 1) * SECOND), (number * SECOND + SECOND // 2,))
        for number in range(len(made))
    ]
    read: list[list[str]] = [[] for _ in made]
    started = time.perf_counter()
    with open_media(str(path), [str(path.parent)]) as media:
        for line in OcrAnnotator().annotate(media, shots):
            read[line.span.start_us // SECOND].append(line.text)
    return read, time.perf_counter() - started


def report_drawn(folder: Path) -> None:
    made = boards()
    scores: dict[str, Score] = defaultdict(Score)
    seconds = 0.0
    for quality, crf in QUALITIES.items():
        read, took = drawn(folder / f"{crf}.mp4", crf, made)
        seconds += took
        for board, lines in zip(made, read, strict=True):
            motion = "moved" if board.moved else "at rest"
            sorts = ("all", quality, f"{board.height} pixels", board.contrast, board.font, motion)
            for sort in sorts:
                scores[sort].add(board.text, lines)
    print("| drawn, 1280x720 | found | as whole words | words |\n| --- | --- | --- | --- |")
    heights = [f"{height} pixels" for height in HEIGHTS]
    for sort in ("all", *QUALITIES, *heights, *CONTRASTS, *FONTS, "at rest", "moved"):
        print(f"| {sort} | {scores[sort].row()} |")
    print(f"\n{seconds / len(made) / len(QUALITIES):.2f} s for each second of video, one new picture each.\n")


def report_real(videos: Path) -> None:
    """Frames that a person has transcribed; text that nobody can read was left out."""
    print("| real frame | found | as whole words | words | read |\n| --- | --- | --- | --- | --- |")
    total = Score()
    for name, (second, text) in TRANSCRIBED.items():
        with open_media(str(videos / name), [str(videos)]) as media:
            picture = next(media.at([round(second * SECOND)])).frame(shrunk(*_size(media.video)))
        lines = [line.text for line in reader()(picture.image)]
        score = Score()
        score.add(text, lines)
        total.add(text, lines)
        print(f"| {name}, {second:g} s | {score.row()} | {', '.join(lines)} |")
    print(f"| all | {total.row()} | |")


def _size(video: Video) -> tuple[int, int]:
    return video.width, video.height


def main(videos: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report_drawn(Path(folder))
    report_real(Path(videos))


if __name__ == "__main__":
    main(sys.argv[1])
