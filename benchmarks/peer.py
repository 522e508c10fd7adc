"""PySceneDetect's detectors at many settings.

Nearly all of their time goes into looking at pictures, which a threshold does not change. So every picture is
looked at once, and then the library's own detectors are run again and again on what was seen: in place of a
picture each is given the number of a frame, and in place of its measurement the one that was kept.

Its neural detector is left out: its weights do not come with the package.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scenedetect
from numpy.typing import NDArray
from scenedetect.detector import FlashFilter

from plugins.values import Image

WIDTH = 256
"""pixels, to which PySceneDetect shrinks what it looks at"""
WEIGHTS = {"colour": (1.0, 1.0, 1.0, 0.0), "light": (0.0, 0.0, 1.0, 0.0), "edges": (1.0, 0.5, 1.0, 0.2)}
"""of hue, saturation, brightness and edges: the default, ``luma_only``, and the example of the manual"""
HASHES = (8, 16)
BINS = (16, 128, 256)
LENGTHS = (2, 15)
"""frames that must lie between two cuts; 15 is PySceneDetect's default"""
DEFAULTS = {
    "Adaptive": "3.0, 15.0, window 2, colour, 15 apart",
    "Content": "27, colour, 15 apart, merge",
    "Hash": "0.35, size 8, 15 apart",
    "Histogram": "0.2, 128 bins, 15 apart",
    "Threshold": "12, floor, 15 apart",
}

Run = tuple[str, str, Any]
"""A detector's name, its setting in words, and the detector."""
Named = dict[str, dict[str, list[int]]]
"""What was named, in frame numbers: by detector, by setting."""


@dataclass(slots=True)
class Seen:
    """What the detectors measure, for each frame of a video."""

    content: list[tuple[float, ...]] = field(default_factory=list)
    """change of hue, saturation, brightness and edges"""
    hashes: dict[int, list[NDArray[np.bool_]]] = field(default_factory=lambda: {size: [] for size in HASHES})
    histograms: dict[int, list[NDArray[np.float32]]] = field(
        default_factory=lambda: {bins: [] for bins in BINS}
    )
    means: list[float] = field(default_factory=list)

    def add(self, image: Image, content: Any, now: Any) -> None:
        """Takes the next frame, blue first, as PySceneDetect would shrink it."""
        scores = scenedetect.ContentDetector.Components._fields
        content.process_frame(now, image)
        stats = content.stats_manager
        known = stats.get_metrics(now, scores) if stats.metrics_exist(now, scores) else [0.0] * len(scores)
        self.content.append(tuple(float(score) for score in known))
        for size, hashes in self.hashes.items():
            hashes.append(scenedetect.HashDetector.hash_frame(image, size, 2))
        for bins, histograms in self.histograms.items():
            histograms.append(scenedetect.HistogramDetector.calculate_histogram(image, bins))
        self.means.append(float(image.mean()))


def named(images: Iterable[Image], rate: float, cache: Path) -> Named:
    """Frames named by every detector at every setting.

    Args:
        images: RGB, in full size; not looked at where the cache knows the answer
        rate: frames a second
        cache: a file for the answer, trusted when it was written by the same code
    """
    code = blake2b(Path(__file__).read_bytes() + version("scenedetect-headless").encode()).hexdigest()
    try:
        known: dict[str, Any] = json.loads(cache.read_text())
        if known["code"] == code:
            return dict(known["named"])
    except (OSError, ValueError, KeyError):
        pass
    seen = look(images, rate)
    found: Named = {}
    times = [scenedetect.FrameTimecode(index, rate) for index in range(len(seen.means))]
    for detector, setting, run in runs(seen):
        found.setdefault(detector, {})[setting] = _cuts(run, times)
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps({"code": code, "named": found}))
    return found


def look(images: Iterable[Image], rate: float) -> Seen:
    """Measures every frame once."""
    seen, content = Seen(), scenedetect.ContentDetector()
    for index, image in enumerate(images):
        height, width = image.shape[:2]
        if width > WIDTH or height > WIDTH:
            scale = WIDTH / max(width, height)
            image = cv2.resize(image, (round(width * scale), round(height * scale)))
        content.stats_manager = scenedetect.StatsManager()  # a new one each time: it keeps every frame
        seen.add(image[:, :, ::-1].copy(), content, scenedetect.FrameTimecode(index, rate))
    return seen


def runs(seen: Seen) -> Iterator[Run]:
    """Every detector at every setting."""
    yield from _adaptive(seen)
    yield from _content(seen)
    for threshold, size, apart in product((0.2, 0.25, 0.3, 0.35, 0.4, 0.45), HASHES, LENGTHS):
        hash_ = scenedetect.HashDetector(threshold, size, min_scene_len=apart)
        hash_.hash_frame = lambda frame_img, size=size, **_: seen.hashes[size][_number(frame_img)]
        yield "Hash", f"{threshold}, size {size}, {apart} apart", hash_
    for threshold, bins, apart in product((0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4), BINS, LENGTHS):
        histogram = scenedetect.HistogramDetector(threshold, bins, apart)
        histogram.calculate_histogram = lambda image, bins: seen.histograms[bins][_number(image)]
        yield "Histogram", f"{threshold}, {bins} bins, {apart} apart", histogram
    for (threshold, way), apart in product(_THRESHOLDS, LENGTHS):
        method = scenedetect.ThresholdDetector.Method[way.upper()]
        yield (
            "Threshold",
            f"{threshold}, {way}, {apart} apart",
            _Mean(seen, threshold, min_scene_len=apart, method=method),
        )


_THRESHOLDS = [(6, "floor"), (12, "floor"), (20, "floor"), (30, "floor"), (200, "ceiling"), (230, "ceiling")]


def _adaptive(seen: Seen) -> Iterator[Run]:
    grid = product((1.5, 2.0, 2.5, 3.0, 4.0, 5.0), (5.0, 10.0, 15.0, 20.0), (2, 4), WEIGHTS, LENGTHS)
    for ratio, least, window, weights, apart in grid:
        setting = f"{ratio}, {least}, window {window}, {weights}, {apart} apart"
        chosen = scenedetect.ContentDetector.Components(*WEIGHTS[weights])
        yield "Adaptive", setting, _Adaptive(seen, ratio, apart, window, least, chosen)


def _content(seen: Seen) -> Iterator[Run]:
    ways = [(2, "merge"), (15, "merge"), (15, "suppress")]
    for threshold, weights, (apart, way) in product((9, 12, 15, 18, 21, 24, 27, 30, 35, 40), WEIGHTS, ways):
        setting = f"{threshold}, {weights}, {apart} apart, {way}"
        chosen = scenedetect.ContentDetector.Components(*WEIGHTS[weights])
        mode = FlashFilter.Mode[way.upper()]
        yield "Content", setting, _Content(seen, threshold, apart, chosen, filter_mode=mode)


class _Scores:
    """Put before one of the library's classes: its score of a frame is one that was kept."""

    def __init__(self, seen: Seen, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        weights = np.array(self._weights)  # type: ignore[attr-defined]
        self._kept: list[float] = (np.array(seen.content) @ weights / np.abs(weights).sum()).tolist()

    def _calculate_frame_score(self, timecode: Any, frame_img: Image) -> float:
        return self._kept[_number(frame_img)]


class _Content(_Scores, scenedetect.ContentDetector):  # type: ignore[misc]
    pass


class _Adaptive(_Scores, scenedetect.AdaptiveDetector):  # type: ignore[misc]
    pass


class _Mean(scenedetect.ThresholdDetector):  # type: ignore[misc]
    """The one detector that averages a picture itself: it is given one of that average."""

    def __init__(self, seen: Seen, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._kept = seen.means

    def process_frame(self, timecode: Any, frame_img: Image) -> Any:
        return super().process_frame(timecode, np.array(self._kept[_number(frame_img)]))


def _cuts(detector: Any, times: list[Any]) -> list[int]:
    found = [item for number, now in enumerate(times) for item in detector.process_frame(now, _token(number))]
    found += detector.post_process(times[-1])
    return sorted({int(item.frame_num) for item in found})


def _token(number: int) -> Image:
    """A picture of one pixel, whose colour is a number."""
    return np.array([[[number >> 16, number >> 8 & 255, number & 255]]], np.uint8)


def _number(token: Image) -> int:
    high, middle, low = token[0, 0].tolist()
    return int(high << 16 | middle << 8 | low)
