"""From ranked shots to what a page shows: one shot or several that follow each other, in an order."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from indexer.catalog import Catalog
from plugins.queries import Order
from plugins.values import Shot, Video
from search.fuse import Fused

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
"""of a video that does not say when it was made"""

Known = Mapping[int, tuple[Shot, Video]]
"""Shots with their videos, by id of the shot."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Shots of one video, one for each step that was asked for."""

    parts: tuple[Fused, ...]
    score: float


def chains(steps: Sequence[Sequence[Fused]], within_us: Sequence[int], known: Known) -> list[Chain]:
    """What follows one another: of every shot that answers the last step, the best way to it. Best first.

    Args:
        steps: the shots that answer each step
        within_us: how soon each step after the first must begin
    """
    found = [Chain((item,), item.score) for item in steps[0] if item.shot_id in known]
    for following, within in zip(steps[1:], within_us, strict=True):
        before: dict[int, list[Chain]] = defaultdict(list)
        for chain in found:
            before[known[chain.parts[-1].shot_id][1].id].append(chain)
        found = []
        for item in following:
            if item.shot_id in known:
                ways = before[known[item.shot_id][1].id]
                fitting = [way for way in ways if 0 < _gap(way.parts[-1], item, known) <= within + 1]
                if fitting:
                    way = max(fitting, key=lambda way: (way.score, -_gap(way.parts[-1], item, known)))
                    found.append(Chain((*way.parts, item), round(way.score + item.score, 12)))
    return sorted(found, key=lambda chain: (-chain.score, [part.shot_id for part in chain.parts]))


def _gap(one: Fused, other: Fused, known: Known) -> int:
    """Microseconds from the end of one shot to the beginning of another, and one more, so that touching shots
    follow; inside one shot, from moment to moment. Below 1 where the other does not come after."""
    first, second = known[one.shot_id][0], known[other.shot_id][0]
    if first.id == second.id:
        return _moments_apart(one, other)
    return second.span.start_us - first.span.end_us + 1


def _moments_apart(one: Fused, other: Fused) -> int:
    """Microseconds between two answers in one shot, by the weightiest source that has found both: a sentence
    begins where it is said and a frame lies where it is sharp, which is no order of what they show."""
    times = {evidence.source: evidence.at_us for evidence in reversed(one.evidence)}
    apart = (item.at_us - times[item.source] for item in other.evidence if item.source in times)
    return next(apart, other.at_us - one.at_us)


def arranged(
    found: Sequence[Chain], catalog: Catalog, order: Order, per_video: int | None
) -> Sequence[Chain]:
    """The same in the order that is wanted, with no more of each video than that."""
    if order is Order.SCORE and per_video is None:
        return found
    known = catalog.shots_with_videos([chain.parts[0].shot_id for chain in found])
    kept, count = [], Counter[int]()
    for chain in found:
        _, video = known.get(chain.parts[0].shot_id, (None, None))
        if video is not None:
            count[video.id] += 1
            if per_video is None or count[video.id] <= per_video:
                kept.append((video.created or LONG_AGO, chain))
    if order is Order.DATE:
        kept.sort(key=lambda item: item[0], reverse=True)  # stable: the best of a video stay in front
    return [chain for _, chain in kept]
