"""What a clip that is asked with shows, read once and kept for the next page of the answer."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from indexer.decoder import Decoder
from indexer.encode import spread
from indexer.scan import Keyframe, ScannedShot
from plugins.values import SECOND, Image, Span
from search.align import WINDOW_US
from search.match import STEP_US
from search.sketch import Strip, inner, strip

SHOT_US = 10 * SECOND
"""A clip is looked at in pieces of this length at most,"""
SHOTS = 64
"""and no further than so many pieces."""
FRAMES_PER_SHOT = 4
VOTERS = 6
"""pictures that are asked where the clip is from"""
KEPT = 8
"""clips"""


@dataclass(frozen=True, slots=True, eq=False)
class SeenClip:
    """A clip."""

    shots: Sequence[ScannedShot]
    strip: Strip
    """its beginning, for aligning"""

    def voters(self) -> tuple[list[Image], list[int]]:
        """Some pictures without their borders, each followed by its mirror image, and the time of each."""
        frames: list[Keyframe] = [frame for shot in self.shots for frame in shot.keyframes]
        chosen = spread([frame for frame in frames if frame.time_us < WINDOW_US], VOTERS)
        images, times = list[Image](), list[int]()
        for frame in chosen:
            picture = inside(frame.image, inner(self.strip.greys))
            images += [picture, np.ascontiguousarray(picture[:, ::-1])]
            times += [frame.time_us] * 2
        return images, times


class Clips:
    """Reads clips. Safe to use from many threads."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._seen: OrderedDict[tuple[str, int, int], SeenClip] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: str) -> SeenClip:
        """
        Raises:
            MediaError: the clip cannot be decoded
        """
        key = _version(path)
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        seen = SeenClip(self._shots(path), self._strip(path))
        with self._lock:
            self._seen[key] = seen
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        return seen

    def forget(self) -> None:
        """Keeps no clip."""
        with self._lock:
            self._seen.clear()

    def _shots(self, path: str) -> list[ScannedShot]:
        messages = self._decoder.scan(
            path,
            [str(Path(path).parent)],
            detector="content",
            annotators=(),
            max_shot_us=SHOT_US,
            frames_per_shot=FRAMES_PER_SHOT,
        )
        with closing(messages):
            return list(islice((item for item in messages if isinstance(item, ScannedShot)), SHOTS))

    def _strip(self, path: str) -> Strip:
        roots = [str(Path(path).parent)]
        return strip(self._decoder, path, roots, Span(0, WINDOW_US), SECOND / STEP_US)


def inside(image: Image, rect: tuple[float, float, float, float]) -> Image:
    """A part of a picture, at least one pixel."""
    height, width = image.shape[:2]
    left, top, right, bottom = rect
    return image[
        int(top * height) : max(int(top * height) + 1, round(bottom * height)),
        int(left * width) : max(int(left * width) + 1, round(right * width)),
    ]


def _version(path: str) -> tuple[str, int, int]:
    """Changes when the file does. One that is not there is found out when it is opened."""
    file = Path(path)
    known = file.stat() if file.exists() else None
    return (path, known.st_size, known.st_mtime_ns) if known else (path, 0, 0)
