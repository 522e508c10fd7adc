"""What a piece of a library's video shows, read from the file and kept for the next page of the answer."""

import threading
from collections import OrderedDict

import numpy as np

from indexer.decoder import Decoder
from indexer.encode import spread
from indexer.library import Library
from plugins.queries import Piece
from plugins.values import SECOND, Frame, Image, Span, Video
from search.align import WINDOW_US
from search.clips import FRAMES_PER_SHOT, KEPT, SHOT_US, SHOTS, VOTERS, inside
from search.match import STEP_US
from search.sketch import Strip, inner, strip

SHORT_SIDE = 480
"""pixels of the pictures that encoders see, at most"""


class Pieces:
    """Reads pieces. Safe to use from many threads."""

    def __init__(self, library: Library, decoder: Decoder) -> None:
        self._library = library
        self._decoder = decoder
        self._seen: OrderedDict[tuple[str, Span], list[list[Frame]]] = OrderedDict()
        self._lock = threading.Lock()

    def shots(self, piece: Piece) -> list[list[Frame]]:
        """Some frames of each shot of the piece.

        Raises:
            NotFound: there is no such video
            MediaError: it cannot be decoded
        """
        video = self._library.catalog.video(piece.video_id)
        key = video.fingerprint, piece.span
        with self._lock:
            if key not in self._seen:
                self._seen[key] = self._read(video, piece.span)
            self._seen.move_to_end(key)
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
            return self._seen[key]

    def strip(self, piece: Piece) -> Strip:
        """The beginning of a piece, for aligning; times count from its start.

        Raises:
            NotFound, MediaError: see `shots`
        """
        video, start_us = self._library.catalog.video(piece.video_id), piece.span.start_us
        span = Span(start_us, min(piece.span.end_us, start_us + WINDOW_US))
        seen = strip(self._decoder, video.path, self._library.catalog.roots(), span, SECOND / STEP_US)
        return Strip(seen.times_us - start_us, seen.greys)

    def voters(self, piece: Piece, looked: Strip) -> tuple[list[Image], list[int]]:
        """Some pictures of the beginning without their borders, and the time of each from the start on.

        Raises:
            NotFound, MediaError: see `shots`
        """
        start_us = piece.span.start_us
        frames = [frame for shot in self.shots(piece) for frame in shot]
        chosen = spread([frame for frame in frames if frame.time_us - start_us < WINDOW_US], VOTERS)
        bare = inner(looked.greys)
        times = [max(0, frame.time_us - start_us) for frame in chosen]
        return [inside(frame.image, bare) for frame in chosen], times

    def own_shots(self, piece: Piece) -> list[int]:
        """The shots that the piece is cut from."""
        shots = self._library.catalog.shots(piece.video_id)
        return [shot.id for shot in shots if _overlap(shot.span, piece.span)]

    def _read(self, video: Video, span: Span) -> list[list[Frame]]:
        parts = [
            part
            for shot in self._library.catalog.shots(video.id)
            if (common := _overlap(shot.span, span))
            for part in _cut(common)
        ][:SHOTS]
        times = [list(_times(part)) for part in parts]
        flat = [time_us for part in times for time_us in part]
        frames = iter(
            self._decoder.frames(video.path, self._library.catalog.roots(), flat, short_side=SHORT_SIDE)
        )
        return [[next(frames) for _ in part] for part in times]


def _overlap(one: Span, other: Span) -> Span | None:
    start, end = max(one.start_us, other.start_us), min(one.end_us, other.end_us)
    return Span(start, end) if start < end else None


def _cut(span: Span) -> list[Span]:
    """In parts of `SHOT_US` at most."""
    return [
        Span(start, min(start + SHOT_US, span.end_us)) for start in range(span.start_us, span.end_us, SHOT_US)
    ]


def _times(span: Span) -> list[int]:
    """The middles of so many equal parts."""
    middles = (2 * np.arange(FRAMES_PER_SHOT) + 1) * span.duration_us // (2 * FRAMES_PER_SHOT)
    return [span.start_us + int(middle) for middle in middles]
