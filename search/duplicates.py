"""Copies and overlaps inside the library: pieces of two videos that show the same.

Candidates come from the vectors alone, the nearest of every shot in other videos, so that what is decoded
grows with the library and not with its square. Then a piece of the one video is a clip that is aligned with
the other, and from there on both are followed to either side for as long as they agree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plugins.errors import MediaError
from plugins.values import SECOND, Shot, Space, Span, Vectors, Video
from search.match import Match, match
from search.sketch import Strip

if TYPE_CHECKING:
    from search.engine import Engine

NEAREST = 5
"""other videos that are candidates for each shot"""
NEIGHBOURS = 32
"""vectors among which they are sought"""
NEAR = 0.4
"""of the distance at which any other shot usually is: candidates are nearer"""
LEAST_DISTANCE = 0.01
"""Of a library that shows one thing only."""
ATTEMPTS = 3
"""for each pair of videos, and each overlap of theirs that was found"""
PIECE_US = 8 * SECOND
"""of the one video that is sought in the other"""
STRIDE_US = 20 * SECOND
"""by which an overlap is followed"""
SLACK_US = SECOND


@dataclass(frozen=True, slots=True)
class Overlap:
    """The same content in two videos."""

    one: Video
    one_span: Span
    other: Video
    other_span: Span
    score: float
    """0 to 1"""
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Videos that share something, each with another of them."""

    videos: tuple[Video, ...]
    """by path"""
    overlaps: tuple[Overlap, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A shot that may show what another video shows."""

    at_us: int
    """the moment of the one video that was compared"""
    other: Video
    shot: Shot
    distance: float
    """1 for any other shot"""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All that was found."""

    groups: tuple[Group, ...]
    """the largest first"""
    notes: tuple[str, ...]
    """which files could not be compared, one line each"""


class Looking:
    """Looks for them, video by video."""

    def __init__(self, engine: "Engine", encoders: Sequence[str] = (), *, all_pairs: bool = False) -> None:
        """
        Args:
            encoders: whose vectors name the candidates; all in use by default
            all_pairs: also with videos of lower id; without, looking at every video meets each pair once
        """
        self.notes: list[str] = []
        self._library = engine.library
        self._strips = engine.aligner.strips
        self._samples = {space: engine.sample(space) for space in engine.spaces(encoders)}
        self._all_pairs = all_pairs
        self._looked: set[int] = set()

    def of(self, video: Video) -> Iterator[Overlap]:
        """What a video shares with others."""
        self._looked.add(video.id)
        by_video: dict[int, list[_Candidate]] = defaultdict(list)
        for space in self._samples:
            for candidate in self._candidates(video, space):
                by_video[candidate.other.id].append(candidate)
        for found in by_video.values():
            other = found[0].other
            if other.fingerprint == video.fingerprint:
                whole = Span(0, max(1, video.duration_us))
                yield Overlap(video, whole, other, Span(0, max(1, other.duration_us)), 1.0)
                continue
            try:
                yield from self._shared(video, sorted(found, key=lambda item: item.distance))
            except MediaError as error:
                self.notes.append(f"not compared: {error}")

    def _candidates(self, video: Video, space: Space) -> Iterator[_Candidate]:
        """The nearest shots of other videos, for every vector of a video."""
        shots = [shot.id for shot in self._library.catalog.shots(video.id)]
        _, times, rows = self._library.catalog.rows_of(space, shots)
        if not len(rows):
            return
        matches = self._library.store(space).search(Vectors.normalised(space, rows), NEIGHBOURS)
        places = self._library.catalog.locate({id_ for id_ in matches.ids.ravel().tolist() if id_ >= 0})
        known = self._library.catalog.shots_with_videos({place.shot_id for place in places.values()})
        usual = 1 - np.median(rows @ self._samples[space].T, axis=1)
        for row, time_us in enumerate(times):
            near: dict[int, _Candidate] = {}
            for id_, score in zip(matches.ids[row].tolist(), matches.scores[row].tolist(), strict=True):
                shot, other = known.get(places[id_].shot_id, (None, None)) if id_ in places else (None, None)
                distance = (1 - score) / max(float(usual[row]), LEAST_DISTANCE)
                if shot and other and self._is_pair(video, other) and distance <= NEAR:
                    near.setdefault(other.id, _Candidate(time_us, other, shot, distance))
            yield from list(near.values())[:NEAREST]

    def _is_pair(self, video: Video, other: Video) -> bool:
        if self._all_pairs:
            return other.id not in self._looked
        return other.id > video.id

    def _shared(self, video: Video, candidates: Sequence[_Candidate]) -> list[Overlap]:
        """The overlaps of two videos."""
        found: list[Overlap] = []
        attempts = 0
        for item in candidates:
            if attempts >= ATTEMPTS * (1 + len(found)) or any(item.at_us in one.one_span for one in found):
                continue
            attempts += 1
            piece = _around(item.at_us, video)
            length = piece.duration_us
            near = Span(max(0, item.shot.span.start_us - length), item.shot.span.end_us + length)
            seed = self._match(video, piece, item.other, near)
            if seed is not None:
                _add(found, self._followed(video, item.other, seed))
        return found

    def _match(self, video: Video, piece: Span, other: Video, near: Span) -> Match | None:
        """Where a piece of a video lies in another, in the times of both."""
        clip = _cut(self._strips.read(video, piece), piece)
        found = match(clip, _cut(self._strips.read(other, near), near))
        return found if found and found.is_convincing else None

    def _followed(self, video: Video, other: Video, seed: Match) -> Overlap:
        """The whole of an overlap of which a piece is known."""
        after = self._ends(video, other, seed, 1)
        before = self._ends(video, other, seed, -1)
        # what is left at the end of either video is too short to be compared
        early = min(before.clip.start_us, round(before.other.start_us / before.rate))
        late = min(
            video.duration_us - after.clip.end_us,
            round((other.duration_us - after.other.end_us) / after.rate),
        )
        early, late = (rest if 0 < rest < SLACK_US else 0 for rest in (early, late))
        return Overlap(
            video,
            Span(before.clip.start_us - early, after.clip.end_us + late),
            other,
            Span(
                max(0, before.other.start_us - round(early * before.rate)),
                after.other.end_us + round(late * after.rate),
            ),
            seed.score,
            seed.mirrored,
        )

    def _ends(self, video: Video, other: Video, seed: Match, way: int) -> Match:
        """The last piece of an overlap, later (1) or earlier (-1)."""
        while True:
            edge = seed.clip.end_us if way > 0 else seed.clip.start_us
            begin, end = sorted((edge - way * PIECE_US // 2, edge + way * STRIDE_US))
            begin, end = max(0, begin), min(video.duration_us, end)
            if abs(edge - (end if way > 0 else begin)) < SLACK_US:
                return seed
            first = seed.other.start_us + seed.rate * (begin - seed.clip.start_us)
            near = Span(
                max(0, round(first) - SLACK_US),
                max(1, round(first + 1.1 * (end - begin)) + SLACK_US),
            )
            again = self._match(video, Span(begin, end), other, near)
            if again is None:
                return seed
            moved = again.clip.end_us - edge if way > 0 else edge - again.clip.start_us
            if moved < SLACK_US:
                return seed
            seed = again


def groups(overlaps: Iterable[Overlap]) -> list[Group]:
    """Overlaps by the videos that they join, directly or through others; the largest groups first."""
    leader: dict[int, int] = {}

    def find(id_: int) -> int:
        while leader.setdefault(id_, id_) != id_:
            id_ = leader[id_]
        return id_

    found = list(overlaps)
    for item in found:
        leader[find(item.other.id)] = find(item.one.id)
    by_leader: dict[int, list[Overlap]] = defaultdict(list)
    for item in found:
        by_leader[find(item.one.id)].append(item)
    made = [Group(_videos(items), tuple(items)) for items in by_leader.values()]
    return sorted(made, key=lambda group: (-len(group.videos), group.videos[0].path))


def _videos(overlaps: Sequence[Overlap]) -> tuple[Video, ...]:
    videos = {video.id: video for item in overlaps for video in (item.one, item.other)}
    return tuple(sorted(videos.values(), key=lambda video: video.path))


def _add(found: list[Overlap], new: Overlap) -> None:
    """Of two that are nearly the same, found by different shots, the better one is kept."""
    for at, one in enumerate(found):
        if one.one_span.overlaps(new.one_span) and one.other_span.overlaps(new.other_span):
            found[at] = max(one, new, key=lambda item: item.score)
            return
    found.append(new)


def _around(us: int, video: Video) -> Span:
    """A piece of a video around a moment."""
    start = max(0, min(us - PIECE_US // 2, video.duration_us - PIECE_US))
    return Span(start, max(start + 1, min(start + PIECE_US, video.duration_us)))


def _cut(strip: Strip, span: Span) -> Strip:
    """What of a strip lies in a span."""
    inside = (strip.times_us >= span.start_us) & (strip.times_us < span.end_us)
    return strip.picked(np.flatnonzero(inside))
