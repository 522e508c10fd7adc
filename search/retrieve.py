"""One ranked list a source: the vectors of a space, and the words of annotations."""

from collections.abc import Callable, Collection, Mapping, Sequence

from indexer.library import Library
from plugins.queries import Filters, Text
from plugins.values import Ids, Vectors
from search.fuse import Candidate, best_per_shot
from search.scoring import Scorer

WORDS = "words"
"""The source of everything that is said, shown or named."""
ROWS_PER_SHOT = 4
"""A shot has about so many vectors, so this many rows are asked for where one shot is wanted."""
SCATTERED = 0.3
"""what words are worth that are all there, but not together in their order, or only inside longer ones"""
NOTICED = 0.5
"""deviations above what any shot scores, from which on something speaks against a shot"""
DEEPER = 4
"""times as many shots are looked at where several terms must meet"""


Against = Callable[[Sequence[int]], Mapping[int, float]]
"""How much speaks against each of some shots, 0 and more, in deviations."""


def by_vectors(
    library: Library,
    scorer: Scorer,
    filters: Filters,
    depth: int,
    *,
    without: Collection[int] = (),
    against: Against | None = None,
) -> list[Candidate]:
    """The shots of a space that answer best, each by its best frame.

    Args:
        depth: how many shots are wanted; at least so many are looked at
        without: shots that are the question and so no answer
        against: what speaks against a shot, if anything can
    """
    allowed = library.catalog.allowed(scorer.space, filters)
    if scorer.is_plain and against is None:
        found = nearest(library, scorer.wanted[0].rows, depth + len(without), allowed)
        return [item for item in found if item.shot_id not in without][:depth]
    near: set[int] = set()
    for item in scorer.wanted:
        near |= {found.shot_id for found in nearest(library, item.rows, DEEPER * depth, allowed)}
    return _scored(library, scorer, sorted(near.difference(without)), against)[:depth]


def unwanted(library: Library, scorers: Sequence[tuple[Scorer, float]]) -> Against:
    """What must not be there, wherever it stands out in a frame of a shot, in whichever space sees it best.

    Args:
        scorers: each with how much it counts
    """

    def against(shot_ids: Sequence[int]) -> dict[int, float]:
        worst = dict.fromkeys(shot_ids, 0.0)
        for scorer, weight in scorers:
            shots, _, rows = library.catalog.rows_of(scorer.space, shot_ids)
            for shot, standing in zip(shots, scorer.standing(rows).tolist(), strict=True):
                worst[shot] = max(worst[shot], weight * (standing - NOTICED))
        return worst

    return against


def nearest(library: Library, query: Vectors, depth: int, allowed: Ids | None) -> list[Candidate]:
    """The nearest shots. Where each has more rows than was thought, more rows are asked for."""
    rows = (depth + 1) * ROWS_PER_SHOT
    while True:
        matches = library.store(query.space).search(query, rows, allowed)
        found = matches.ids >= 0
        ids, scores = matches.ids[found].tolist(), matches.scores[found].tolist()
        places = library.catalog.locate(sorted(set(ids)))
        best = best_per_shot(
            [
                Candidate(places[id_].shot_id, places[id_].time_us, score)
                for id_, score in zip(ids, scores, strict=True)
                if id_ in places
            ]
        )
        if len(best) >= depth or not found.all():
            return best[:depth]
        rows *= ROWS_PER_SHOT


def _scored(
    library: Library, scorer: Scorer, shot_ids: Sequence[int], against: Against | None
) -> list[Candidate]:
    """Shots by all that is asked: the best frame counts for them, what speaks against them for the whole."""
    shots, times, rows = library.catalog.rows_of(scorer.space, shot_ids)
    less = against(shot_ids) if against else {}
    scores = zip(shots, times, scorer.standing(rows).tolist(), strict=True)
    return best_per_shot([Candidate(shot, time, score - less.get(shot, 0.0)) for shot, time, score in scores])


def by_words(library: Library, term: Text, filters: Filters, depth: int) -> list[Candidate]:
    """The shots in which all of the words are said, shown or named. What must not be is no part of a word."""
    matches = library.catalog.words(term.text, filters, depth, exact=term.exact)
    kept = [match for match in matches if match.whole or term.weight > 0]
    weights = {match.shot_id: 1.0 if match.near and match.whole else SCATTERED for match in kept}
    found = [Candidate(m.shot_id, m.at_us, m.score, m.snippet, m.end_us, weights[m.shot_id]) for m in kept]
    return sorted(best_per_shot(found), key=lambda item: -item.weight)
