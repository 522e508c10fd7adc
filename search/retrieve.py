"""One ranked list a source: the vectors of a space, and the words of annotations."""

from indexer.library import Library
from plugins.queries import Filters
from plugins.values import Vectors
from search.fuse import Candidate, best_per_shot

WORDS = "words"
"""The source of everything that is said, shown or named."""
ROWS_PER_SHOT = 4
"""A shot has about so many vectors at most, so this many rows are asked for where one shot is wanted."""


def by_vectors(
    library: Library, query: Vectors, filters: Filters, depth: int, *, without_shot: int | None = None
) -> list[Candidate]:
    """The nearest shots of a space, each scored by its best frame against the best row of the query.

    Args:
        query: one row of a sentence or picture, several of a clip or shot
        depth: how many shots are wanted; at least so many are looked at
        without_shot: a shot that is the question and so no answer
    """
    space = query.space
    allowed = library.catalog.allowed(space, filters)
    matches = library.store(space).search(query, (depth + 1) * ROWS_PER_SHOT, allowed)
    found = matches.ids >= 0
    ids, scores = matches.ids[found].tolist(), matches.scores[found].tolist()
    places = library.catalog.locate(sorted(set(ids)))
    candidates = [
        Candidate(places[id_].shot_id, places[id_].time_us, score)
        for id_, score in zip(ids, scores, strict=True)
        if id_ in places and places[id_].shot_id != without_shot
    ]
    return best_per_shot(candidates)[:depth]


def by_words(library: Library, text: str, filters: Filters, depth: int) -> list[Candidate]:
    """The shots in which all of the words are said, shown or named."""
    matches = library.catalog.words(text, filters, depth)
    return best_per_shot([Candidate(m.shot_id, m.at_us, m.score, m.snippet) for m in matches])
