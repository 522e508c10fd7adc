"""What a clip that is asked with shows, read once and kept for the next page of the answer."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from indexer.decoder import Decoder
from indexer.encode import spread
from indexer.scan import ScannedShot
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


class Clips:
    """Reads clips. Safe to use from many threads."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._shots_of = _Kept(self._shots)
        self._strip_of = _Kept(self._strip)

    def shots(self, path: str) -> Sequence[ScannedShot]:
        """
        Raises:
            MediaError: the clip cannot be decoded
        """
        return self._shots_of(path)

    def strip(self, path: str) -> Strip:
        """The beginning of a clip, for aligning.

        Raises:
            MediaError: the clip cannot be decoded
        """
        return self._strip_of(path)

    def voters(self, path: str) -> tuple[list[Image], list[int]]:
        """Some pictures of the beginning without their borders, and the time of each.

        Raises:
            MediaError: the clip cannot be decoded
        """
        frames = [frame for shot in self.shots(path) for frame in shot.keyframes]
        chosen = spread([frame for frame in frames if frame.time_us < WINDOW_US], VOTERS)
        bare = inner(self.strip(path).greys)
        return [inside(frame.image, bare) for frame in chosen], [frame.time_us for frame in chosen]

    def forget(self) -> None:
        """Keeps no clip."""
        self._shots_of.forget()
        self._strip_of.forget()

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


T = TypeVar("T")


class _Kept(Generic[T]):
    """What was made of the latest files. Who asks for what is just being made waits for it."""

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make
        self._made: OrderedDict[tuple[str, int, int], T] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, path: str) -> T:
        key = _version(path)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(path)
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[key]

    def forget(self) -> None:
        with self._lock:
            self._made.clear()


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
