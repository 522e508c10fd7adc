"""How good the answers of a library are, by what is known to be right: of each source, and of all together.

A figure says little where a few shots are right for every query, so a ranking that does not know the query
stands beside, the prior: first what is most often right for the *other* topics, then the library in order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from indexer.catalog import Catalog
from plugins.errors import NotUnderstood, PluginError, Unsupported
from plugins.extras import need
from search.engine import Engine
from search.judgements import Judgements, Topic, Unit
from search.query import MAX_HITS
from search.retrieve import WORDS

TOGETHER, PRIOR = "together", "prior"
MEASURES = ("nDCG@10", "P@10", "R@10", "R@100", "Judged@10")
"""as ir-measures names them; the last is the share of the first ten of which anything is known"""

Ranking = Sequence[int]
"""Ids of shots or videos, best first."""


@dataclass(frozen=True, slots=True)
class System:
    """How one way of searching did."""

    name: str
    """an encoder's reference, ``words``, ``together`` (all as the library weighs them) or ``prior``"""
    means: Mapping[str, float]
    """of each measure over all topics"""
    topics: Mapping[str, Mapping[str, float]]
    """each measure of each topic"""
    answered: int
    """topics for which it found anything"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a library did."""

    unit: Unit
    topics: int
    judged: int
    """judgements of those topics"""
    systems: tuple[System, ...]
    without_answer: tuple[str, ...]
    """topics that were left out, since nothing right is known for them"""


def evaluate(engine: Engine, judgements: Judgements, encoders: Sequence[str] = ()) -> Evaluation:
    """Measures every source of a library alone, all together, and the prior. Marks do not refine the queries
    here: a ranking that has seen the answers would measure nothing.

    Args:
        encoders: measure only these alone, by reference, in use or not

    Raises:
        NotFound: one of them has no vectors here
        Unsupported: ir-measures is not installed
    """
    need("measuring", "eval", ["ir_measures"])
    topics, unit = judgements.topics, judgements.unit
    names = [space.encoder for space in engine.spaces(encoders)]
    ways: dict[str, tuple[Sequence[str], Mapping[str, float]]] = {} if encoders else {TOGETHER: ((), {})}
    ways |= {name: ([name], {name: 1.0, WORDS: 0.0}) for name in names}
    if not encoders:
        ways[WORDS] = (), dict.fromkeys(names, 0.0) | {WORDS: 1.0}
    rankings: dict[str, dict[str, Ranking]] = {
        name: {topic.name: list(_found(engine, topic, unit, *way)) for topic in topics}
        for name, way in ways.items()
    }
    order = list(islice(_all(engine.library.catalog, unit), MAX_HITS))
    rankings[PRIOR] = {topic.name: prior(topic, topics, order) for topic in topics}
    return Evaluation(
        unit,
        len(topics),
        sum(len(topic.judged) for topic in topics),
        tuple(_measured(name, topics, ranked) for name, ranked in rankings.items()),
        judgements.without_answer,
    )


def prior(topic: Topic, topics: Iterable[Topic], order: Ranking) -> Ranking:
    """A ranking that does not know the query: by how often something is right for others, then in order."""
    often: Counter[int] = Counter()
    for other in topics:
        if other is not topic:
            often.update(id_ for id_, grade in other.judged.items() if grade > 0)
    popular = sorted(often, key=lambda id_: (-often[id_], id_))
    return list(dict.fromkeys((*popular, *order)))[:MAX_HITS]


def _found(
    engine: Engine, topic: Topic, unit: Unit, encoders: Sequence[str], weights: Mapping[str, float]
) -> Iterator[int]:
    per_video = 1 if unit is Unit.VIDEO else None
    ask = partial(engine.search, topic.query, k=MAX_HITS, per_video=per_video, marks=False)
    try:
        hits = ask(encoders=encoders, weights=weights).hits
    except (NotUnderstood, Unsupported, PluginError):
        return  # has no answer, which `System.answered` tells
    yield from dict.fromkeys(hit.video.id if unit is Unit.VIDEO else hit.shot.id for hit in hits)


def _all(catalog: Catalog, unit: Unit) -> Iterator[int]:
    """Everything there is, in the library's own order."""
    for summary in catalog.videos(limit=MAX_HITS):
        if unit is Unit.VIDEO:
            yield summary.video.id
        else:
            yield from (shot.id for shot in catalog.shots(summary.video.id))


def _measured(name: str, topics: Sequence[Topic], rankings: Mapping[str, Ranking]) -> System:
    import ir_measures

    measures = [ir_measures.parse_measure(measure) for measure in MEASURES]
    right = [
        ir_measures.Qrel(topic.name, str(id_), grade)
        for topic in topics
        for id_, grade in topic.judged.items()
    ]
    found = [
        ir_measures.ScoredDoc(topic, str(id_), -float(rank))
        for topic, ranking in rankings.items()
        for rank, id_ in enumerate(ranking)
    ]
    by_topic: dict[str, dict[str, float]] = {topic.name: {} for topic in topics}
    for metric in ir_measures.iter_calc(measures, right, found):
        by_topic[metric.query_id][str(metric.measure)] = float(metric.value)
    means = {
        measure: sum(values.get(measure, 0.0) for values in by_topic.values()) / len(by_topic)
        for measure in MEASURES
    }
    return System(name, means, by_topic, sum(map(bool, rankings.values())))
