"""One ranked list a source: the vectors of a space, and the words of annotations."""

from collections.abc import Collection, Sequence

import numpy as np

from indexer.library import Library
from plugins.queries import Filters, Text
from plugins.values import Ids, Vectors
from search.fuse import Candidate, best_per_shot
from search.scoring import Scorer

WORDS = "words"
"""The source of everything that is said, shown or named."""
ROWS_PER_SHOT = 4
"""A shot has about so many vectors at most, so this many rows are asked for where one shot is wanted."""
DEEPER = 4
"""times as many shots are looked at where several terms must meet"""


def by_vectors(
    library: Library, scorer: Scorer, filters: Filters, depth: int, *, without: Collection[int] = ()
) -> list[Candidate]:
    """The shots of a space that answer best, each by its best frame.

    Args:
        depth: how many shots are wanted; at least so many are looked at
        without: shots that are the question and so no answer
    """
    allowed = library.catalog.allowed(scorer.space, filters)
    if scorer.is_plain:
        found = _nearest(library, scorer.wanted[0].rows, depth + len(without), allowed)
        return [item for item in found if item.shot_id not in without][:depth]
    near: set[int] = set()
    for item in scorer.wanted:
        near |= {found.shot_id for found in _nearest(library, item.rows, DEEPER * depth, allowed)}
    return _scored(library, scorer, sorted(near.difference(without)))[:depth]


def _nearest(library: Library, query: Vectors, depth: int, allowed: Ids | None) -> list[Candidate]:
    matches = library.store(query.space).search(query, (depth + 1) * ROWS_PER_SHOT, allowed)
    found = matches.ids >= 0
    ids, scores = matches.ids[found].tolist(), matches.scores[found].tolist()
    places = library.catalog.locate(sorted(set(ids)))
    return best_per_shot(
        [
            Candidate(places[id_].shot_id, places[id_].time_us, score)
            for id_, score in zip(ids, scores, strict=True)
            if id_ in places
        ]
    )[:depth]


def _scored(library: Library, scorer: Scorer, shot_ids: Sequence[int]) -> list[Candidate]:
    """Shots by all that is asked: the best frame counts for them, the worst against them."""
    shots, times, rows = library.catalog.rows_of(scorer.space, shot_ids)
    scores, against = scorer.score(rows), scorer.against(rows)
    worst: dict[int, float] = {}
    for shot, penalty in zip(shots, against.tolist(), strict=True):
        worst[shot] = max(worst.get(shot, 0.0), penalty)
    standing = scores if len(scorer.wanted) > 1 else scorer.standing(scores)
    total = standing - np.array([worst[shot] for shot in shots], np.float32)
    return best_per_shot([Candidate(*item) for item in zip(shots, times, total.tolist(), strict=True)])


def by_words(library: Library, term: Text, filters: Filters, depth: int) -> list[Candidate]:
    """The shots in which all of the words are said, shown or named. What must not be is no part of a word."""
    matches = library.catalog.words(term.text, filters, depth, exact=term.exact)
    kept = [match for match in matches if match.whole or term.weight > 0]
    return best_per_shot([Candidate(m.shot_id, m.at_us, m.score, m.snippet, m.end_us) for m in kept])
