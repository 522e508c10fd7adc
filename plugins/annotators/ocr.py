"""``ocr``: the text on the screen, read by the models of PP-OCR that the package rapidocr brings with it.

Detecting text costs far more than decoding, so a picture is read only when it looks different from the one
that was read last: as soon as it has settled, or after a while where it never does.
"""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plugins.annotators._lines import Line, Lines
from plugins.contracts import Annotator, Media
from plugins.errors import BrokenPlugin
from plugins.extras import need
from plugins.registry import describe
from plugins.values import SECOND, Annotation, Frame, Image, Shot

PACKAGES = ("rapidocr", "onnxruntime")
SAMPLES = 4
"""pictures a second that are looked at, not read"""
LONG_SIDE = 1280
"""pixels of a picture that is read, at most"""
EVERY_US = 3 * SECOND
"""between two readings of what keeps changing"""
BLOCKS = (18, 32)
"""(rows, columns) into which a picture is divided to see whether it has changed"""
CHANGED = 10.0
"""of 255: mean difference of one block, by which a picture has changed"""
SURE = 0.6
"""confidence below which a line is left out; textures are taken for text with less"""
FEWEST = 2
"""letters and digits of a line: single ones are mostly windows and wheels"""

Greys: TypeAlias = NDArray[np.float32]


class OcrAnnotator(Annotator):
    """Lines of text, each with where it stands and from when to when it is seen."""

    source: ClassVar[str] = "screen"

    def check(self) -> None:
        need(f"the annotator {self.reference}", "ocr", PACKAGES)

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        """Lines shot by shot, each once in a shot, however often it was read.

        Raises:
            Unsupported: rapidocr is not installed
            BrokenPlugin: its models cannot be loaded
        """
        self.check()
        read = reader()
        frames = media.frames(fps=SAMPLES, size=shrunk(media.video.width, media.video.height))
        for shot, sampled in _by_shot(frames, shots):
            lines = Lines(shot.span.end_us)
            for since_us, frame in worth_reading(sampled, shot):
                lines.see(max(since_us, shot.span.start_us), read(frame.image))
            for line, span in lines.all():
                yield Annotation(span, self.source, line.text, line.confidence, box=line.box)


def worth_reading(frames: Iterator[Frame], shot: Shot) -> Iterator[tuple[int, Frame]]:
    """Of the samples of a shot, in order, those that may show another text than the one before: settled after
    a change, or due because it never settles. At least one.

    Yields:
        microseconds since when the picture looks like that, and the picture
    """
    shown: Greys | None = None
    before: tuple[int, Greys] | None = None
    read_us, due_us = -1, shot.keyframes_us[0]
    left: Frame | None = None
    for frame in frames:
        left, grey = frame, _sampled(frame.image)
        settled = before is not None and not _differ(grey, before[1])
        since_us = before[0] if before and settled and before[0] > read_us else frame.time_us
        before = since_us, grey
        if (shown is None or _differ(grey, shown)) and (settled or frame.time_us >= due_us):
            yield since_us, frame
            shown, read_us, due_us = grey, frame.time_us, frame.time_us + EVERY_US
    if shown is None and left is not None:
        yield left.time_us, left


def _by_shot(frames: Iterator[Frame], shots: Sequence[Shot]) -> Iterator[tuple[Shot, Iterator[Frame]]]:
    """Each shot with the frames inside it. What is left of them is passed over."""
    following = next(frames, None)
    for shot in shots:

        def inside(end_us: int = shot.span.end_us) -> Iterator[Frame]:
            nonlocal following
            while following is not None and following.time_us < end_us:
                yield following
                following = next(frames, None)

        some = inside()
        yield shot, some
        for _ in some:
            pass


def _sampled(image: Image) -> Greys:
    """Brightness of some pixels of every block of a picture, uint8 (height, width, 3)."""
    rows, columns = (max(1, side // (8 * count)) for side, count in zip(image.shape, BLOCKS, strict=False))
    greys: Greys = image[rows // 2 :: rows, columns // 2 :: columns].mean(axis=2, dtype=np.float32)
    return greys


def _differ(one: Greys, other: Greys) -> bool:
    """Whether some block of a picture is another."""
    difference = np.abs(one - other)
    rows, columns = (max(1, side // count) for side, count in zip(difference.shape, BLOCKS, strict=True))
    starts = np.arange(0, difference.shape[0], rows), np.arange(0, difference.shape[1], columns)
    sums = np.add.reduceat(np.add.reduceat(difference, starts[0], axis=0), starts[1], axis=1)
    return bool(sums.max() > CHANGED * rows * columns)


def shrunk(width: int, height: int) -> tuple[int, int]:
    """(width, height) of a picture that is read; never enlarged."""
    scale = min(1.0, LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


class Reader:
    """Reads the text in a picture. Loaded once a process."""

    def __init__(self) -> None:
        try:
            self._engine = _engine()
        except Exception as error:  # several libraries come together here, each with errors of its own
            raise BrokenPlugin(
                "the models of rapidocr cannot be loaded: %(error)s", error=describe(error)[:300]
            ) from error

    def __call__(self, image: Image) -> list[Line]:
        """Lines from top to bottom.

        Args:
            image: uint8 (height, width, 3) RGB
        """
        found = self._engine(np.ascontiguousarray(image[:, :, ::-1]))  # it reads as OpenCV does, BGR
        texts = getattr(found, "txts", None)
        if not texts:
            return []
        size = np.array([image.shape[1], image.shape[0]], np.float32)
        corners = np.clip(np.asarray(found.boxes, np.float32) / size, 0, 1)  # (lines, 4 corners, x and y)
        boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1).astype(float).round(4)
        lines = zip(texts, found.scores, boxes.tolist(), strict=True)
        return [
            Line(" ".join(text.split()), min(1.0, float(score)), tuple(box))
            for text, score, box in lines
            if score >= SURE and sum(map(str.isalnum, text)) >= FEWEST
        ]


@cache
def reader() -> Reader:
    return Reader()


def _engine() -> Any:
    """The models are named by their paths, because without it rapidocr fetches what it does not find."""
    from rapidocr import RapidOCR

    models = {path.name: str(path) for path in (files("rapidocr") / "models").iterdir()}
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # text that stands on its head
            "Det.model_path": _one(models, "_det_"),
            "Rec.model_path": _one(models, "_rec_"),
            # several videos are read at once, by half as many processes as there are cores
            "EngineConfig.onnxruntime.intra_op_num_threads": max(1, min(2, (os.cpu_count() or 1) // 2)),
        }
    )


def _one(models: dict[str, str], part: str) -> str:
    found = [path for name, path in models.items() if part in name and name.endswith(".onnx")]
    if len(found) != 1:
        raise FileNotFoundError(f"{len(found)} models of rapidocr have {part!r} in their names, not one")
    return found[0]
