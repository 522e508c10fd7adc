"""How sure a hit is: its score beside the best scores that unrelated queries get in the same library.

A cosine says little by itself: every query has a nearest shot. So each space is asked a background of queries
that nobody meant: sentences that ship with the package, and shots of the library in place of pictures. Their
best scores, what a query gets that nothing answers, make a distribution; a hit is strong or likely when it
stands out of that. Cosines are spread by Fisher's transformation (Biometrika, 1915), since they crowd near 1.
Some of the background is answered by the library after all; so the middle is a median, and the deviation that
of the lower half (an empirical null: Efron, JASA 2004). What else was tried is in docs/knowing.md.
"""

import logging
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from indexer.catalog import Watermark
from indexer.library import Library
from plugins.errors import NotUnderstood, PluginError, Unsupported
from plugins.queries import Confidence
from plugins.values import Matrix, Space, Vectors
from search import background
from search.background import Background
from search.fuse import Fused
from search.retrieve import WORDS

log = logging.getLogger(__name__)

LIKELY, STRONG = 1.0, 2.0
"""Deviations above the middle of the background: what one unrelated query of six reaches, one of forty."""
LEAST_SENTENCES, LEAST_PICTURES = 30, 8
"""of the background, below which nothing can be said"""
PICTURES = 200
"""shots that are asked with"""
NEIGHBOURS = 32
"""of such a shot, among which the nearest of another video is looked for"""
COPY = 0.99
"""cosine from which a row of another video is taken for a copy, and tells nothing of what is unrelated"""
CHANGED = 0.2
"""the share of a space's rows that come or go until its background is made again"""
LARGEST = 1 - 1e-6
"""cosine; that of a picture with itself would be infinitely sure"""

EncodeTexts = Callable[[Space, Sequence[str]], Vectors]
"""Sentences as rows of a space; raises what `Engine.encode` raises."""


class Kind(StrEnum):
    """What is asked with; each has a background of its own."""

    TEXT = "text"
    PICTURE = "picture"
    """also a shot, a clip and a concept"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How the best scores of a background lie."""

    middle: float
    """inverse hyperbolic tangent of the cosine"""
    deviation: float
    """in the same measure"""

    @classmethod
    def of(cls, tops: Iterable[float], least: int) -> Self | None:
        """Of the best cosine of each query of a background; None for fewer than ``least``."""
        spread = np.array([_spread(top) for top in tops])
        if len(spread) < least:
            return None
        middle, below = np.quantile(spread, [0.5, 0.16])
        return cls(float(middle), max(float(middle - below), 1e-3))

    def standing(self, cosine: float) -> float:
        """Deviations above the middle."""
        return (_spread(cosine) - self.middle) / self.deviation

    def confidence(self, cosine: float) -> Confidence:
        standing = self.standing(cosine)
        if standing >= STRONG:
            return Confidence.STRONG
        return Confidence.LIKELY if standing >= LIKELY else Confidence.WEAK


@dataclass(frozen=True, slots=True)
class Wanted:
    """A term that is to be there, in every space that can say it."""

    kind: Kind
    rows: Sequence[Vectors] = ()
    """each of one space; none for a phrase that is only read"""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of a space."""

    watermark: Watermark
    scales: dict[Kind, Scale | None]


class Calibrator:
    """Says of the hits of one library how sure they are. Safe to use from many threads."""

    def __init__(self, library: Library, encode_texts: EncodeTexts) -> None:
        self._library = library
        self._encode_texts = encode_texts
        self._held: dict[Space, _Held] = {}
        self._lock = threading.Lock()

    def scale(self, space: Space, kind: Kind) -> Scale | None:
        """Against which scores of a space are held; None where too little is known.

        Reads it, or makes and keeps it where it is not there or the library has changed much.
        """
        now = self._library.catalog.watermark(space)
        with self._lock:
            held = self._held.get(space)
            if held is None or held.watermark != now:
                held = self._held[space] = _Held(now, self._scales(space))
            return held.scales[kind]

    def prepare(self, spaces: Iterable[Space]) -> None:
        """Makes the backgrounds that are absent or out of date, so that no search has to wait for them."""
        for space in spaces:
            self.scale(space, Kind.TEXT)

    def judge(self, wanted: Sequence[Wanted], items: Sequence[Fused]) -> dict[int, Confidence | None]:
        """How sure it is that shots answer all of some terms, by id of the shot.

        A shot is as sure as its least sure term, and a term as sure as the surest space says; words that
        match are strong. None where no source can say anything.
        """
        ids = [item.shot_id for item in items]
        terms = [self._term(term, ids) for term in wanted]
        texts = sum(term.kind is Kind.TEXT for term in wanted)
        return {
            item.shot_id: _overall([term.get(item.shot_id) for term in terms], texts, item) for item in items
        }

    def _term(self, wanted: Wanted, shot_ids: Sequence[int]) -> dict[int, Confidence]:
        """How sure one term is of shots; without those that no space knows anything of."""
        found: dict[int, Confidence] = {}
        for rows in wanted.rows:
            if (scale := self.scale(rows.space, wanted.kind)) is None:
                continue
            shots, _, there = self._library.catalog.rows_of(rows.space, shot_ids)
            cosines = (there @ rows.data.T).max(axis=1, initial=-1.0)
            for shot, cosine in zip(shots, cosines.tolist(), strict=True):
                found[shot] = max(scale.confidence(cosine), found.get(shot, Confidence.WEAK))
        return found

    def _scales(self, space: Space) -> dict[Kind, Scale | None]:
        path = background.path_of(self._library, space)
        known = background.read(path, space, _digest())
        if known is None or self._has_changed(space, known):
            known, whole = self._made(space, known)
            if whole:
                background.write(path, known)
        return {
            Kind.TEXT: Scale.of(known.text_tops.tolist(), LEAST_SENTENCES),
            Kind.PICTURE: Scale.of(known.picture_tops.tolist(), LEAST_PICTURES),
        }

    def _has_changed(self, space: Space, known: Background) -> bool:
        added = self._library.catalog.count_rows(space, after_id=known.highest_id)
        removed = known.rows + added - self._library.catalog.count_rows(space)
        return added + removed > CHANGED * known.rows

    def _made(self, space: Space, before: Background | None) -> tuple[Background, bool]:
        """A new background, and whether it is all there: an encoder that is gone may come back."""
        catalog, store = self._library.catalog, self._library.store(space)
        rows, highest = catalog.count_rows(space), catalog.watermark(space).highest_id
        texts, whole = (before.texts, True) if before is not None else self._sentences(space)
        found = store.search(Vectors(space, texts), 1).scores[:, 0] if len(texts) else np.zeros(0, np.float32)
        tops = found[np.isfinite(found)]
        return Background(space, _digest(), rows, highest, texts, tops, self._picture_tops(space)), whole

    def _sentences(self, space: Space) -> tuple[Matrix, bool]:
        """The sentences that an encoder understands, (n, dim), and whether it could be asked."""
        try:
            return self._understood(space, sentences()), True
        except Unsupported:
            return np.zeros((0, space.dim), np.float32), True
        except PluginError as error:
            log.warning("%s; until then nothing is said of how sure its hits are", error)
            return np.zeros((0, space.dim), np.float32), False

    def _understood(self, space: Space, texts: Sequence[str]) -> Matrix:
        try:
            return self._encode_texts(space, texts).data
        except NotUnderstood:
            if len(texts) == 1:
                return np.zeros((0, space.dim), np.float32)
            half = len(texts) // 2
            return np.concatenate([self._understood(space, part) for part in (texts[:half], texts[half:])])

    def _picture_tops(self, space: Space) -> Matrix:
        """The nearest row in another video that is no copy, (n,), of some rows. Where no neighbour is such a
        one it is the farthest of them: there is none that is nearer."""
        catalog = self._library.catalog
        videos, rows = catalog.sample_rows(space, PICTURES)
        matches = self._library.store(space).search(Vectors.normalised(space, rows), NEIGHBOURS)
        places = catalog.videos_of(matches.ids[matches.ids >= 0].tolist())
        tops = []
        for video, ids, scores in zip(videos, matches.ids.tolist(), matches.scores.tolist(), strict=True):
            pairs = zip(ids, scores, strict=True)
            others = [score for id_, score in pairs if places.get(id_, video) != video and score < COPY]
            if others or ids[-1] >= 0:
                tops.append(others[0] if others else scores[-1])
        return np.array(tops, np.float32)


@cache
def sentences() -> tuple[str, ...]:
    """The background of sentences."""
    text = Path(__file__).with_name("background.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line)


@cache
def _digest() -> str:
    return background.digest(sentences())


def _overall(terms: Sequence[Confidence | None], texts: int, item: Fused) -> Confidence | None:
    """Of all terms, each as sure as vectors say, and of a shot's other evidence."""
    matched = sum(evidence.source == WORDS for evidence in item.evidence)
    if matched and matched >= max(texts, 1) and texts == len(terms):
        return Confidence.STRONG
    known = [term for term in terms if term is not None]
    if known:
        return min(known)
    return Confidence.STRONG if matched else None


def _spread(cosine: float) -> float:
    return math.atanh(max(-LARGEST, min(cosine, LARGEST)))
