"""A clip against the library: which video it is from, and when in it.

Vectors name a few places (`search.votes`), then the files themselves are looked at there (`search.match`).
The first place that fits beyond doubt ends the search.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from indexer.decoder import Decoder
from indexer.library import Library
from plugins.errors import MediaError
from plugins.messages import Message
from plugins.values import SECOND, Span, Video
from search.match import STEP_US, Match, match
from search.sketch import Strip, joined, strip
from search.votes import Place, Vote, places

PLACES = 6
"""that are looked at, at most"""
SLACK_US = SECOND // 2
"""by which the ends of a shot may be wrong"""
WINDOW_US = 60 * SECOND
"""of a video that is looked at for one place, and of a clip, at most"""
CERTAIN = 0.9
"""worth above which no other place is looked at"""
CHUNK_US = 4 * SECOND
"""of a video that is kept once it was looked at"""
CHUNKS = 256
"""that are kept: about 120 KB each"""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a clip is from."""

    video: Video
    match: Match


class Strips:
    """Looks at the videos of the library, kept for a while. Safe to use from many threads."""

    def __init__(self, library: Library, decoder: Decoder) -> None:
        self._library = library
        self._decoder = decoder
        self._chunks: OrderedDict[tuple[str, str, int], Strip] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, video: Video, span: Span) -> Strip:
        """Looks at a piece of a video every `STEP_US`, and at what lies around it.

        Raises:
            MediaError: the file cannot be used
        """
        numbers = range(max(0, span.start_us) // CHUNK_US, -(-span.end_us // CHUNK_US))
        missing = [number for number in numbers if self._kept(video, number) is None]
        if missing:
            self._fetch(video, range(missing[0], missing[-1] + 1))
        found = [self._kept(video, number) for number in numbers]
        return joined([chunk for chunk in found if chunk is not None and len(chunk)])

    def forget(self) -> None:
        """Keeps nothing of what was looked at."""
        with self._lock:
            self._chunks.clear()

    def _fetch(self, video: Video, numbers: range) -> None:
        """Decodes several chunks in one go."""
        span = Span(numbers.start * CHUNK_US, numbers.stop * CHUNK_US)
        seen = strip(self._decoder, video.path, self._library.catalog.roots(), span, SECOND / STEP_US)
        with self._lock:
            for number in numbers:
                inside = (seen.times_us >= number * CHUNK_US) & (seen.times_us < (number + 1) * CHUNK_US)
                self._chunks[video.path, video.fingerprint, number] = seen.picked(np.flatnonzero(inside))
            while len(self._chunks) > max(CHUNKS, len(numbers)):
                self._chunks.popitem(last=False)

    def _kept(self, video: Video, number: int) -> Strip | None:
        with self._lock:
            key = video.path, video.fingerprint, number
            if key in self._chunks:
                self._chunks.move_to_end(key)
            return self._chunks.get(key)


class Aligner:
    """Finds where clips are from. Safe to use from many threads."""

    def __init__(self, library: Library, decoder: Decoder) -> None:
        self.strips = Strips(library, decoder)

    def align(self, clip: Strip, cast: Iterable[Vote]) -> tuple[Alignment | None, list[Message]]:
        """Where a clip is from, and what could not be looked at.

        Args:
            clip: looks every `STEP_US`, at most `WINDOW_US` of them
            cast: what its pictures say, in any number of spaces
        """
        notes: list[Message] = []
        best: Alignment | None = None
        for place in places(list(cast), PLACES, SLACK_US):
            try:
                found = self._matched(clip, place)
            except MediaError as error:
                notes.append(Message("not compared with the clip: %(why)s", why=error.message))
                continue
            if (
                found
                and found.is_convincing
                and (best is None or worth(clip, found) > worth(clip, best.match))
            ):
                best = Alignment(place.video, found)
            if best and worth(clip, best.match) >= CERTAIN:
                break
        return best, notes

    def _matched(self, clip: Strip, place: Place) -> Match | None:
        """The clip at a place, also where it turns out to reach beyond."""
        other = self.strips.read(place.video, window(clip, place))
        found = match(clip, other)
        if found is None or not found.is_convincing or worth(clip, found) >= CERTAIN:
            return found
        first = found.other.start_us - found.rate * (found.clip.start_us + SLACK_US)
        last = first + found.rate * (clip.times_us[-1] + 2 * SLACK_US)
        if other.times_us[0] <= max(0, first) and last <= other.times_us[-1]:
            return found
        again = match(clip, self.strips.read(place.video, Span(round(first), round(last))))
        return max(found, again, key=lambda item: worth(clip, item)) if again else found


def worth(clip: Strip, found: Match) -> float:
    """How well it fits, and how much of the clip does."""
    return found.score * min(1.0, found.clip.duration_us / (int(clip.times_us[-1]) + STEP_US))


def window(clip: Strip, place: Place) -> Span:
    """The piece of video in which a clip lies that begins at a place."""
    length = int(1.1 * (clip.times_us[-1] + STEP_US)) + SECOND
    first = max(0, place.earliest_us - SECOND)
    return Span(first, max(first + length, min(place.latest_us + length, first + WINDOW_US)))
