"""One query on its way through the sources: what each finds, and what could not be asked and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.errors import NotUnderstood, PluginError, Unsupported
from plugins.messages import Message
from plugins.queries import Concept, Evidence, Filters, Hit, LikeShot, Piece, Term, Text
from plugins.values import Image, Space, Span, Vectors
from search.arrange import Chain
from search.calibrate import Kind, Wanted
from search.fuse import Fused, Ranking, fuse
from search.moments import moments
from search.retrieve import WORDS, by_vectors, by_words, unwanted
from search.scoring import Scorer, Weighted
from search.teach import Taught

if TYPE_CHECKING:
    from search.engine import Engine

STANDING = 0.6
"""of how far the best shot stands out: what any shot must, to be one of several that follow each other"""
HALF_READ = 3
"""Who understands half of the words counts for an eighth."""
LEAST_STANDING = 1.0
"""deviations above what any shot scores"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers one step, best first."""

    fused: Sequence[Fused]
    scorers: Mapping[str, Scorer]
    """how the sources that are encoders have scored"""
    is_judged: bool = False
    """whether something that must not be there was held against them"""
    partial: frozenset[str] = frozenset()
    """the sources that understood less of what was asked than another did"""

    def convincing(self) -> list[Fused]:
        """The shots that stand out, or of which words speak: any query ranks every shot. To who knows only
        colours a yellow square is a yellow circle, so a source convinces only if none has understood more."""
        top: dict[str, float] = {}
        for item in self.fused:
            for source, standing in self._standings(item):
                top[source] = max(top.get(source, LEAST_STANDING), standing)
        return [
            item
            for item in self.fused
            if any(
                standing >= max(LEAST_STANDING, STANDING * top[source])
                for source, standing in self._standings(item)
            )
        ]

    def _standings(self, item: Fused) -> Iterator[tuple[str, float]]:
        for evidence in item.evidence:
            if evidence.source not in self.partial:
                yield evidence.source, self.standing(evidence)

    def standing(self, evidence: Evidence) -> float:
        """How far a shot stands out in a source: deviations above what any shot scores."""
        scorer = self.scorers.get(evidence.source)
        if scorer is None:
            return LEAST_STANDING
        if self.is_judged or not scorer.is_plain:
            return evidence.score
        mean, deviation = scorer.background
        return (evidence.score - mean) / deviation


class Asked:
    """One query."""

    def __init__(
        self, engine: "Engine", filters: Filters, weights: Mapping[str, float], *, strict: bool, marks: bool
    ) -> None:
        """
        Args:
            weights: how much sources count, 1 where it does not say
            strict: an encoder that cannot be asked is an error and no note
            marks: whether what a person called right and wrong counts
        """
        self._engine = engine
        self._library = engine.library
        self._filters = filters
        self._weights = weights
        self._strict = strict
        self._marks = marks
        self._scorers: dict[str, Scorer] = {}
        self._steps: list[list[Wanted]] = []
        self.notes: list[Message] = []

    def answer(self, terms: Sequence[Term], spaces: Sequence[Space], depth: int) -> Answer:
        """What answers some terms together.

        Args:
            depth: how many shots each source is asked for
        """
        shown = [(term, self._engine.pictures(term)) for term in terms]
        said: list[list[Vectors]] = [[] for _ in terms]
        taught = Taught(self._engine, terms, marks=self._marks)
        likes = [id_ for term in terms for id_ in self._own(term)]
        scorers: dict[str, Scorer] = {}
        not_wanted: list[tuple[Scorer, float]] = []
        for space in spaces:
            if self._weight(space.encoder):
                wanted = self._rows(space, shown, said, taught)
                sample = self._engine.sample(space)
                not_wanted += [
                    (Scorer(space, [item], sample), -item.weight * self._understood(space, [term]))
                    for term, item in wanted
                    if item.weight < 0
                ]
                if positive := [item for _, item in wanted if item.weight > 0]:
                    scorers[space.encoder] = Scorer(space, positive, sample)
        against = unwanted(self._library, not_wanted) if not_wanted else None
        asking = [term for term in terms if term.weight > 0]
        understood = {name: self._understood(scorer.space, asking) for name, scorer in scorers.items()}
        most = max(understood.values(), default=0.0)
        partial = frozenset(name for name, share in understood.items() if share < most)
        rankings = [
            Ranking(
                name,
                by_vectors(self._library, scorer, self._filters, depth, without=likes, against=against),
                self._weight(name) * understood[name],
            )
            for name, scorer in scorers.items()
        ]
        self._steps.append(
            [
                Wanted(Kind.TEXT if isinstance(term, Text) else Kind.PICTURE, rows)
                for term, rows in zip(terms, said, strict=True)
                if term.weight > 0
            ]
        )
        rankings += self._words(terms, depth)
        self._scorers |= scorers
        refused = taught.refused
        fused = [item for item in fuse(rankings) if item.shot_id not in refused]
        return Answer(self._without(terms, fused, depth), scorers, against is not None, partial)

    def hits(self, page: Sequence[Chain]) -> Iterator[Hit]:
        """What a page shows of them."""
        catalog = self._library.catalog
        ids = {part.shot_id for chain in page for part in (chain.parts[0], chain.parts[-1])}
        known = catalog.shots_with_videos(ids)
        parts = {part.shot_id: part for chain in page for part in chain.parts if part.shot_id in known}
        spans = moments(
            catalog, parts.values(), {id_: shot.span for id_, (shot, _) in known.items()}, self._scorers
        )
        sure = [
            self._engine.calibrator.judge(wanted, [chain.parts[step] for chain in page])
            for step, wanted in enumerate(self._steps)
        ]
        for chain in page:
            first, last = chain.parts[0], chain.parts[-1]
            if first.shot_id in known and last.shot_id in known:  # else removed in this very moment
                shot, video = known[first.shot_id]
                span = Span(spans[first.shot_id].start_us, spans[last.shot_id].end_us)
                evidence = tuple(item for part in chain.parts for item in part.evidence)
                steps = [by_shot[part.shot_id] for by_shot, part in zip(sure, chain.parts, strict=True)]
                confidence = min((one for one in steps if one is not None), default=None)
                yield Hit(shot, video, first.at_us, span, chain.score, evidence, confidence)

    def _own(self, term: Term) -> list[int]:
        """The shots that a term is made of, and nobody wants to be shown again."""
        if isinstance(term, LikeShot):
            return [self._library.catalog.shot(term.shot_id).id]
        return self._engine.pieces.own_shots(term) if isinstance(term, Piece) else []

    def _weight(self, source: str) -> float:
        return self._weights.get(source, 1.0)

    def _understood(self, space: Space, terms: Sequence[Term]) -> float:
        """What an encoder's answer is worth that knew only some of the words."""
        texts = [term.text for term in terms if isinstance(term, Text) and not term.exact]
        read = [self._engine.encoder(space.encoder).understanding(text) for text in texts]
        return min(read, default=1.0) ** HALF_READ

    def _rows(
        self,
        space: Space,
        shown: Sequence[tuple[Term, list[list[Image]]]],
        said: Sequence[list[Vectors]],
        taught: Taught,
    ) -> list[tuple[Term, Weighted]]:
        """The terms in a space, those that can be said in it.

        Args:
            said: for each term its rows, to which those of this space are added unless they were taught: then
                nothing is known to compare with
        """
        found = []
        for (term, pictures), before in zip(shown, said, strict=True):
            rows = self._encoded(space, term, pictures, taught)
            if rows is not None:
                if not taught.turns(term):
                    before.append(rows)
                found.append((term, Weighted(rows, term.weight)))
        return found

    def _encoded(
        self, space: Space, term: Term, pictures: Sequence[Sequence[Image]], taught: Taught
    ) -> Vectors | None:
        """The term as rows of a space; None, and a note, where that cannot be."""
        if isinstance(term, Text) and term.exact:
            return None
        if isinstance(term, LikeShot):
            rows = self._library.catalog.shot_vectors(space, term.shot_id)
            return Vectors.normalised(space, rows) if len(rows) else None
        try:
            if isinstance(term, Concept):
                return taught.concept(space, term)
            return taught.refined(space, term, self._engine.encode(space, term, pictures))
        except (Unsupported, NotUnderstood, PluginError) as error:
            if (learnt := taught.refined(space, term, None)) is not None:
                return learnt  # from marks alone
            if self._strict:
                raise
            self.notes.append(error.message)
            return None

    def _words(self, terms: Sequence[Term], depth: int) -> Iterator[Ranking]:
        """Where the wanted words are said, and the unwanted are not."""
        if not self._weight(WORDS):
            return
        texts = [term for term in terms if isinstance(term, Text)]
        ruled_out = {
            item.shot_id
            for term in texts
            if term.weight < 0
            for item in by_words(self._library, term, self._filters, depth)
        }
        for term in texts:
            if term.weight > 0:
                found = by_words(self._library, term, self._filters, depth)
                kept = [item for item in found if item.shot_id not in ruled_out]
                yield Ranking(WORDS, kept, term.weight * self._weight(WORDS))

    def _without(self, terms: Sequence[Term], fused: list[Fused], depth: int) -> list[Fused]:
        """Leaves out where a phrase is said that must not be, and shots that are not wanted themselves."""
        phrases = [term for term in terms if isinstance(term, Text) and term.exact and term.weight < 0]
        said = {
            item.shot_id
            for term in phrases
            for item in by_words(self._library, term, self._filters, max(depth, len(fused)))
        }
        unwanted = {term.shot_id for term in terms if isinstance(term, LikeShot) and term.weight < 0}
        return [item for item in fused if item.shot_id not in said | unwanted]
