"""Ranked lists -> one list with its evidence. Pure functions.

Weighted reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009. Ranks can be fused where scores
cannot: a cosine of one space says nothing about a cosine of another, or about words.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.queries import Evidence

RRF_K = 15
"""How much a first rank outweighs a tenth. The paper has 60, for lists of a thousand; of a page of hits the
head counts, and a source that knows the answer must not be outvoted there by two that guess."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One shot that one source found."""

    shot_id: int
    at_us: int
    """the moment that scored"""
    score: float
    """in the source's own measure, higher is better"""
    snippet: str | None = None
    end_us: int | None = None
    """when what matched ends, where the source knows it"""
    weight: float = 1.0
    """how much it counts beside the others of its list"""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one source found for one term, best first, each shot once."""

    source: str
    candidates: Sequence[Candidate]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fused:
    """One shot with every reason why it was found."""

    shot_id: int
    score: float
    evidence: tuple[Evidence, ...]
    """the weightiest first"""

    @property
    def at_us(self) -> int:
        """Where it scored best."""
        return self.evidence[0].at_us


def best_per_shot(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each shot once, by its best moment; best first, earlier shots first among equals."""
    best: dict[int, Candidate] = {}
    for item in candidates:
        if item.shot_id not in best or item.score > best[item.shot_id].score:
            best[item.shot_id] = item
    return sorted(best.values(), key=lambda item: (-item.score, item.shot_id))


def fuse(rankings: Sequence[Ranking]) -> list[Fused]:
    """Every shot of every ranking, best first; the order does not depend on that of the rankings."""
    gathered: dict[int, list[tuple[float, Evidence]]] = defaultdict(list)
    for ranking in rankings:
        for rank, item in enumerate(ranking.candidates, start=1):
            share = ranking.weight * item.weight / (RRF_K + rank)
            evidence = Evidence(ranking.source, rank, item.score, item.at_us, item.snippet, item.end_us)
            gathered[item.shot_id].append((share, evidence))
    fused = [_fused(shot_id, shares) for shot_id, shares in gathered.items()]
    return sorted(fused, key=lambda item: (-item.score, item.shot_id))


def _fused(shot_id: int, shares: list[tuple[float, Evidence]]) -> Fused:
    # matching words point at a moment more exactly than a picture does, so they lead among equals
    shares.sort(key=lambda pair: (-pair[0], pair[1].snippet is None, pair[1].source, pair[1].at_us))
    # rounded, so that adding in another order cannot turn equals around
    return Fused(shot_id, round(sum(share for share, _ in shares), 12), tuple(item for _, item in shares))
