"""Full-text search in PostgreSQL: `tsvector`, and `pg_trgm` where the server has it.

The column ``words`` of ``annotations`` is made by the database of ``folded``, by a function that migrations
make. What a word is, is decided here and there by the same rule, and not by the server's locale.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, cast, func, literal, literal_column
from sqlalchemy.dialects.postgresql import TSQUERY

from indexer.catalog.dialects.found import found
from indexer.catalog.dialects.fts5 import SNIPPET_WORDS
from indexer.catalog.dialects.snippets import Wanted, marked, wanted_of, windowed
from indexer.catalog.models import Annotation
from indexer.catalog.questions import SHORTEST, Question
from plugins.queries import Filters

MOST_NEAR = 8
"""phrases that are looked for close together; of more it would have to try too many orders"""
_SHORTER_FIRST = 1
"""a rank is divided by one and the logarithm of the number of words"""
_WORDS: ColumnElement[Any] = literal_column("annotations.words")


class Tsvector:
    """Asks the column ``words``, and for parts of words the folded text."""

    def matches(self, question: Question, filters: Filters) -> Select[Any]:
        """With the whole text in place of a snippet."""
        wanted = wanted_of(question.phrases)
        is_too_much = question.within is not None and len(wanted) > MOST_NEAR
        if is_too_much or (question.phrases and not wanted):
            return found(question, filters, literal(0.0), Annotation.text).where(literal(False))
        score = _rank(wanted) if wanted else 1.0 / (1.0 + cast(func.length(Annotation.folded), Float))
        query = found(question, filters, score.label("score"), Annotation.text)
        if wanted:
            query = query.where(_WORDS.op("@@")(_query(_asked(wanted, question.within))))
        for part in question.parts:
            if len(part) >= SHORTEST:  # says what `found` says, in a form that the index of trigrams knows
                query = query.where(Annotation.folded.contains(part, autoescape=True))
        return query.order_by(score.desc(), Annotation.id)

    def snippet(self, text: str, question: Question) -> str:
        if question.parts:
            return marked(text, question.parts)
        return windowed(text, wanted_of(question.phrases), question.within, SNIPPET_WORDS)


def _query(text: str) -> Any:
    return cast(literal(text), TSQUERY)


def _rank(wanted: Sequence[Wanted]) -> Any:
    """How often the phrases' words are said, and in how few others. Any of them counts: all are there."""
    return func.ts_rank(_WORDS, _query(" | ".join(map(_phrase, wanted))), _SHORTER_FIRST)


def _asked(wanted: Sequence[Wanted], within: int | None) -> str:
    """All phrases; with at most so many words between the end of each and the beginning of the last, in any
    order."""
    if within is None or len(wanted) < 2:
        return " & ".join(map(_phrase, wanted))
    return " | ".join(f"({_before(wanted, last, within)})" for last in range(len(wanted)))


def _before(wanted: Sequence[Wanted], last: int, within: int) -> str:
    """Every other phrase before one of them. That it is the same one before which they all are, is said by
    ``<0>``: all must end where its last word is."""
    anchor = _phrase(wanted[last])
    end = _word(wanted[last].words[-1], wanted[last].begins)
    others = (_phrase(item) for at, item in enumerate(wanted) if at != last)
    each = (" | ".join(f"({other} <{gap}> {anchor})" for gap in range(within + 2)) for other in others)
    return f"({' & '.join(f'({ways})' for ways in each)}) <0> {end}"


def _phrase(wanted: Wanted) -> str:
    return f"({' <-> '.join(_lexemes(wanted))})"


def _lexemes(wanted: Wanted) -> Iterator[str]:
    *before, last = wanted.words
    for word in before:
        yield _word(word)
    yield _word(last, wanted.begins)


def _word(word: str, begins: bool = False) -> str:
    """Letters and digits alone, so that quoting it is safe."""
    return f"'{word}'{':*' if begins else ''}"
