"""Which part of a shot answers: by the scores of its frames, or by when the words are said."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from indexer.catalog import Catalog
from plugins.values import Span
from search.fuse import Fused
from search.scoring import Scorer

KEPT = 0.5
"""of how far the best frame stands out, that its neighbours must, to belong to the moment"""


def moments(
    catalog: Catalog, found: Iterable[Fused], shots: Mapping[int, Span], scorers: Mapping[str, Scorer]
) -> dict[int, Span]:
    """The moment of each shot that was found, by its id.

    Args:
        shots: the spans of the shots, by id
        scorers: how the sources that are encoders have scored
    """
    spans: dict[int, Span] = {}
    by_source: dict[str, list[int]] = {}
    for item in found:
        lead = item.evidence[0]
        if lead.source in scorers:
            by_source.setdefault(lead.source, []).append(item.shot_id)
        elif lead.end_us is not None:
            spans[item.shot_id] = Span(lead.at_us, max(lead.end_us, lead.at_us + 1))
        else:
            spans[item.shot_id] = shots[item.shot_id]
    for source, ids in by_source.items():
        scorer = scorers[source]
        owners, times, rows = catalog.rows_of(scorer.space, ids)
        standing = scorer.standing(rows)
        frames: dict[int, dict[int, float]] = {id_: {} for id_ in ids}
        for owner, time_us, above in zip(owners, times, standing.tolist(), strict=True):
            seen = frames[owner]
            seen[time_us] = max(above, seen.get(time_us, above))  # of a frame and its parts the best
        spans |= {id_: around(shots[id_], list(frames[id_].items())) for id_ in ids}
    return spans


def around(shot: Span, frames: Sequence[tuple[int, float]]) -> Span:
    """The part of a shot around its best frame in which every frame stands out half as far as that one.

    Args:
        frames: times and how far they stand out, ascending in time. Each speaks for the time that is nearest
            to it
    """
    if len(frames) < 2:
        return shot
    best = max(range(len(frames)), key=lambda at: frames[at][1])
    least = frames[best][1] * KEPT if frames[best][1] > 0 else frames[best][1]
    first = last = best
    while first > 0 and frames[first - 1][1] >= least:
        first -= 1
    while last + 1 < len(frames) and frames[last + 1][1] >= least:
        last += 1
    borders = [shot.start_us, *((one + other) // 2 for (one, _), (other, _) in pairwise(frames)), shot.end_us]
    return Span(borders[first], borders[last + 1])
