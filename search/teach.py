"""What a person has said of answers makes the next ones better: marks refine a query, examples a concept.

A query is a direction in a space. Moments called right or wrong turn it: toward what sets the right ones
apart from the library's own rows, away from what sets the wrong ones apart. That is the linear discriminant
of Fisher (1936) with the covariance of the library, shrunk; adding it to the query is Rocchio (1971).
Measured against plain Rocchio and others in `benchmarks.teach`.
"""

from collections.abc import Sequence
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import ConceptRecord, Mark, Moment
from plugins.errors import InvalidQuery, NotUnderstood, Unsupported
from plugins.queries import Concept, LikeShot, Term, Text
from plugins.values import Matrix, Space, Vectors, printable
from search.query import picture
from search.syntax import parse

if TYPE_CHECKING:
    from search.engine import Engine

Row = NDArray[np.float32]
"""(dim,)"""

RIGHT, WRONG = 0.75, 0.5
"""how far marks turn a query, which counts 1"""
SHRINKAGE = 0.3
"""of the covariance toward a sphere"""
ROWS = 500
"""of the library, from which the covariance is taken"""
_NOTHING = 1e-6
"""Shorter directions, and smaller variances, are rounding."""


def refined(query: Matrix | None, right: Matrix, wrong: Matrix, sample: Matrix) -> Matrix | None:
    """A query turned by what was called right and wrong.

    Args:
        query: float32 (1, dim); None where the space knows nothing of the words
        right, wrong: rows of the space, (n, dim), n may be 0
        sample: rows of the library, n at least 1

    Returns:
        float32 (1, dim) of unit length; None where nothing says what is wanted
    """
    if query is None and not len(right):
        return None
    sides = [(rows.mean(axis=0), weight) for rows, weight in ((right, RIGHT), (wrong, -WRONG)) if len(rows)]
    turned = np.zeros(sample.shape[1], np.float32) if query is None else _unit(query[0])
    for direction, (_, weight) in zip(_apart([mean for mean, _ in sides], sample), sides, strict=True):
        turned = turned + weight * _unit(direction)
    if not turned.any():  # every row of the library is the same
        turned = right.mean(axis=0) if query is None else query[0]
    return _unit(turned)[None]


def _apart(means: Sequence[Row], sample: Matrix) -> Sequence[Row]:
    """For each of some means the direction that sets it apart from the library."""
    if not means:
        return []
    sample = sample[:: max(1, len(sample) // ROWS)]
    middle = sample.mean(axis=0)
    spread = (sample - middle).T @ (sample - middle) / len(sample)
    size = float(np.trace(spread)) / len(middle)
    spread += np.eye(len(middle), dtype=np.float32) * (SHRINKAGE * size if size > _NOTHING else 1.0)
    return list(np.linalg.solve(spread, np.stack(means, axis=1) - middle[:, None]).T)


def key(terms: Sequence[Term]) -> str | None:
    """The name that marks of a query are kept by: its words without filters, case and needless spaces, in the
    language of the search box; shots that are not wanted do not count either. None where a query has other
    things than words and concepts."""
    parts = []
    for term in terms:
        if isinstance(term, LikeShot) and term.weight < 0:
            continue  # says of an answer what a mark says
        if not isinstance(term, Text | Concept):
            return None
        parts.append(_sign(term.weight) + _body(term, alone=len(terms) == 1))
    return " ".join(parts) or None


def asked(text: str) -> str:
    """The `key` of a query that a person has typed.

    Raises:
        QuerySyntax: it cannot be read
        InvalidQuery: nothing, or a sequence, or not of words alone
    """
    parsed = parse(text)
    if parsed.then:
        raise InvalidQuery("mark the parts of a sequence one by one: what is on either side of >>")
    name = key(parsed.terms)
    if name is None:
        raise InvalidQuery("only queries of words and concepts can be marked; a concept takes any examples")
    return name


class Taught:
    """What a person has taught about the terms of one step."""

    def __init__(self, engine: "Engine", terms: Sequence[Term], *, marks: bool = True) -> None:
        """
        Args:
            marks: whether marks count; concepts always do

        Raises:
            NotFound: there is no such concept
        """
        self._engine = engine
        self._catalog = engine.library.catalog
        self._key = key(terms) if marks else None
        names = {term.name for term in terms if isinstance(term, Concept)}
        self._concepts: dict[str, ConceptRecord] = {name: self._catalog.concept(name) for name in names}

    def turns(self, term: Term) -> bool:
        """Whether the rows of a term come of what was taught, so that their scores compare with no others."""
        read = isinstance(term, Text) and term.weight > 0 and not term.exact
        return isinstance(term, Concept) or (read and bool(self._marks))

    def refined(self, space: Space, term: Term, rows: Vectors | None) -> Vectors | None:
        """The rows of a term that is wanted, turned by the marks of the query; as they were where there are
        none."""
        if isinstance(term, Concept) or not self.turns(term):
            return rows
        right = self._rows(space, [mark.moment for mark in self._marks if mark.right])
        wrong = self._rows(space, [mark.moment for mark in self._marks if not mark.right])
        return self._turned(space, rows, right, wrong)

    @property
    def refused(self) -> set[int]:
        """Shots that a person called wrong for the query, by id: no source should name them again."""
        return set(self._catalog.shots_at([mark.moment for mark in self._marks if not mark.right]))

    def concept(self, space: Space, term: Concept) -> Vectors:
        """A concept as a row of a space, from its examples and from its words where the encoder reads them.

        Raises:
            Unsupported: nothing of it can be said in this space
            PluginError: the encoder is needed, and cannot be had
        """
        record = self._concepts[term.name]
        sides = [self._examples(space, record, right) for right in (True, False)]
        turned = self._turned(space, self._words(space, record), *sides)
        if turned is None:
            raise Unsupported(
                "concept %(name)s has no example here that %(encoder)s could learn from; index its"
                " videos, or import it with pictures",
                name=repr(printable(record.name)),
                encoder=space.encoder,
            )
        return turned

    @cached_property
    def _marks(self) -> list[Mark]:
        return [] if self._key is None else self._catalog.marks(self._key)

    def _words(self, space: Space, record: ConceptRecord) -> Vectors | None:
        if not record.words:
            return None
        try:
            return self._engine.encode(space, Text(record.words), [])
        except (NotUnderstood, Unsupported):
            return None  # the examples say it to encoders that do not read

    def _examples(self, space: Space, record: ConceptRecord, right: bool) -> Matrix:
        """Rows of the library, and for videos that it does not have of the pictures that came with them."""
        chosen = [item for item in record.examples if item.right is right]
        here = [Moment(item.video_id, item.at_us) for item in chosen if item.video_id is not None]
        rows = [self._rows(space, here)]
        for item in chosen:
            if item.video_id is None and item.picture is not None:
                shown = picture(BytesIO(item.picture))
                rows.append(self._engine.encode(space, shown, self._engine.pictures(shown)).data)
        return np.concatenate(rows)

    def _rows(self, space: Space, moments: Sequence[Moment]) -> Matrix:
        return self._catalog.rows_at(space, moments)[1]

    def _turned(self, space: Space, rows: Vectors | None, right: Matrix, wrong: Matrix) -> Vectors | None:
        query = None if rows is None else rows.data
        turned = refined(query, right, wrong, self._engine.sample(space))
        return None if turned is None else Vectors.normalised(space, turned)


def _sign(weight: float) -> str:
    factor = "" if abs(weight) == 1 else f"{abs(weight):g}*"
    return ("-" if weight < 0 else "") + factor


def _body(term: Text | Concept, *, alone: bool) -> str:
    if isinstance(term, Concept):
        return f'concept:"{term.name}"'
    words = " ".join(term.text.lower().split())
    if term.exact:
        return f'"{words}"'
    return words if (alone and term.weight == 1) or " " not in words else f"({words})"


def _unit(row: Row) -> Row:
    length = float(np.linalg.norm(row))
    return row / np.float32(length) if length > _NOTHING else np.zeros_like(row)
