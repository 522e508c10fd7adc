"""Where in the library a clip may come from, by the vectors alone.

A vector stands for a shot that may last twenty seconds, so it tells which video and roughly where, but not
when. Each picture of the clip votes for an interval of times at which the clip may begin; where most of
them agree the files are looked at first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.library import Library
from plugins.queries import Filters
from plugins.values import Shot, Vectors, Video

NEIGHBOURS = 48
"""vectors that are looked at for each picture"""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one picture of the clip says."""

    video: Video
    earliest_us: int
    """the clip begins then or later"""
    latest_us: int
    weight: float
    """1 for the shot most like it, 1/2 for the next"""


@dataclass(frozen=True, slots=True)
class Place:
    """When a clip may begin in a video."""

    video: Video
    earliest_us: int
    latest_us: int
    weight: float


def votes(library: Library, rows: Vectors, times_us: Sequence[int], filters: Filters) -> Iterator[Vote]:
    """What the pictures of a clip say in one space.

    Args:
        rows: of pictures of the clip, each picture and its mirror image, say
        times_us: of each row in the clip
    """
    allowed = library.catalog.allowed(rows.space, filters)
    matches = library.store(rows.space).search(rows, NEIGHBOURS, allowed)
    places = library.catalog.locate(sorted({id_ for id_ in matches.ids.ravel().tolist() if id_ >= 0}))
    known = library.catalog.shots_with_videos({place.shot_id for place in places.values()})
    for time_us, ids in zip(times_us, matches.ids.tolist(), strict=True):
        shot_ids = dict.fromkeys(places[id_].shot_id for id_ in ids if id_ in places)
        found = [known[shot_id] for shot_id in shot_ids if shot_id in known]
        for rank, (shot, video) in enumerate(found, start=1):
            yield _vote(shot, video, time_us, 1 / rank)


def _vote(shot: Shot, video: Video, time_us: int, weight: float) -> Vote:
    return Vote(video, shot.span.start_us - time_us, shot.span.end_us - time_us, weight)


def places(cast: Sequence[Vote], count: int, slack_us: int) -> list[Place]:
    """Where most votes agree, the best first; they do not overlap.

    Args:
        slack_us: by which votes for one place may miss each other
    """
    by_video: dict[int, list[Vote]] = defaultdict(list)
    for vote in cast:
        wide = replace(vote, earliest_us=vote.earliest_us - slack_us, latest_us=vote.latest_us + slack_us)
        by_video[vote.video.id].append(wide)
    found: list[Place] = []
    for of_video in by_video.values():
        left = of_video
        while left and len(found) < count * len(by_video):
            place = _fullest(left)
            found.append(place)
            left = [rest for vote in left for rest in _beyond(vote, place, 2 * slack_us)]
    return sorted(found, key=lambda place: (-place.weight, place.video.id, place.earliest_us))[:count]


def _beyond(vote: Vote, place: Place, least_us: int) -> Iterator[Vote]:
    """What a vote says of times outside a place, where that is long enough to be looked at."""
    least_us = max(1, least_us)
    if place.earliest_us - vote.earliest_us >= least_us:
        yield replace(vote, latest_us=min(vote.latest_us, place.earliest_us))
    if vote.latest_us - place.latest_us >= least_us:
        yield replace(vote, earliest_us=max(vote.earliest_us, place.latest_us))


def _fullest(cast: Sequence[Vote]) -> Place:
    """The times on which the most votes of one video agree."""
    edges = sorted(
        [(vote.earliest_us, 1, vote.weight) for vote in cast]
        + [(vote.latest_us, 0, -vote.weight) for vote in cast]
    )
    total = best = 0.0
    earliest = latest = edges[0][0]
    for at, (time_us, is_start, weight) in enumerate(edges):
        total += weight
        if is_start and total > best + 1e-9:
            best, earliest, latest = total, time_us, edges[at + 1][0]
    return Place(cast[0].video, earliest, latest, best)
