"""Two spaces of one library beside each other: do they find the same, and which finds what is right."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from plugins.errors import NotUnderstood, PluginError, Unsupported
from plugins.queries import Text
from plugins.values import Ids, Space, Vectors
from search.calibrate import sentences
from search.engine import Engine
from search.evaluate import Evaluation, evaluate
from search.judgements import Judgements
from search.retrieve import nearest

FIRST = 10
"""hits of each answer that are compared, fewer where that would be more than half of the library"""
QUERIES = 50
"""of each kind that are asked"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of the first hits two spaces have in common."""

    queries: int
    """that both could answer; 0 where none could"""
    share: float
    """0 to 1, mean over the queries"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two spaces find."""

    first: int
    """hits of each answer that were compared"""
    shots: Overlap
    """with shots of the library as queries"""
    sentences: Overlap
    """with sentences: those that were marked, and of the background"""
    marks: Evaluation | None
    """None where nothing was marked, or both are of one encoder and cannot be asked side by side"""


def compare(engine: Engine, one: Space, other: Space, marked: Judgements | None) -> Comparison:
    """Asks both the same.

    Args:
        marked: what a person has called right

    Raises:
        Unsupported: something was marked, and ir-measures is not installed
    """
    texts = [topic.name for topic in marked.topics] if marked else []
    spread = sentences()[:: max(1, len(sentences()) // QUERIES)]
    both = (one, other)
    known = engine.library.catalog.shots_in(both)
    first = max(1, min(FIRST, len(known) // 2))
    return Comparison(
        first,
        _overlap(engine, first, _shots(engine, both, known)),
        _overlap(engine, first, _texts(engine, both, dict.fromkeys((*texts, *spread)))),
        evaluate(engine, marked, [one.encoder, other.encoder])
        if marked and one.encoder != other.encoder
        else None,
    )


def _shots(
    engine: Engine, spaces: Sequence[Space], known: Ids
) -> Iterator[tuple[list[Vectors], tuple[int, ...]]]:
    """Shots that both know, as queries of each space, and as what must not be found."""
    catalog = engine.library.catalog
    chosen = known[np.linspace(0, len(known) - 1, min(QUERIES, len(known)), dtype=np.int64)]
    for shot in chosen.tolist():
        yield [Vectors.normalised(space, catalog.shot_vectors(space, shot)) for space in spaces], (shot,)


def _texts(
    engine: Engine, spaces: Sequence[Space], texts: Iterable[str]
) -> Iterator[tuple[list[Vectors], tuple[int, ...]]]:
    """Sentences that both understand."""
    for text in texts:
        try:
            yield [engine.encode(space, Text(text), []) for space in spaces], ()
        except NotUnderstood:
            continue
        except (Unsupported, PluginError):
            return  # one of them reads no text, or is not on this machine


def _overlap(
    engine: Engine,
    count: int,
    queries: Iterable[tuple[Sequence[Vectors], tuple[int, ...]]],
) -> Overlap:
    shares = []
    for rows, without in queries:
        first, second = (_first(engine, count, query, without) for query in rows)
        if first or second:
            shares.append(len(first & second) / max(len(first), len(second)))
    return Overlap(len(shares), float(np.mean(shares)) if shares else 0.0)


def _first(engine: Engine, count: int, rows: Vectors, without: tuple[int, ...]) -> set[int]:
    """The shots nearest to a query, by their best rows."""
    shots = [item.shot_id for item in nearest(engine.library, rows, count + len(without), None)]
    return set([shot for shot in shots if shot not in without][:count])
