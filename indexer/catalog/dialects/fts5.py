"""Full-text search in SQLite: FTS5, kept in step by triggers.

The tables ``words`` (whole words) and ``fragments`` (any three characters in a row) are made by migrations.
They hold no text of their own: they index that of ``annotations``, in the transaction that changes it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, column, func, literal, literal_column, table, text

from indexer.catalog.dialects.found import found
from indexer.catalog.dialects.snippets import marked
from indexer.catalog.models import Annotation
from indexer.catalog.questions import ANY, CLOSE, OPEN, SHORTEST, Phrase, Question
from plugins.queries import Filters

SNIPPET_WORDS = 16

INDEXES = ("words", "fragments")
_WORDS, _FRAGMENTS = (table(name, column("rowid"), column("rank")) for name in INDEXES)
CHECK = "INSERT INTO {0} ({0}, rank) VALUES ('integrity-check', 1)"
"""Fails when an index does not agree with the annotations."""
REBUILD = "INSERT INTO {0} ({0}) VALUES ('rebuild')"


class Fts5:
    """Asks the two tables."""

    def matches(self, question: Question, filters: Filters) -> Select[Any]:
        """Snippets come from the index; where parts of words are asked for, the whole text does."""
        snippet = func.snippet(literal_column("words"), 0, OPEN, CLOSE, "…", SNIPPET_WORDS)
        shown = Annotation.text if question.parts else snippet
        if question.phrases:
            index, asked = _WORDS, _words(question)
        else:
            index, asked = _FRAGMENTS, _looked_up(question.parts)
        query = found(question, filters, -index.c.rank if asked else literal(0.0), shown)
        if not asked:
            return query
        matches = text(f"{index.name} MATCH :asked").bindparams(asked=asked)
        return query.join(index, index.c.rowid == Annotation.id).where(matches).order_by(index.c.rank)

    def snippet(self, text: str, question: Question) -> str:
        return marked(text, question.parts) if question.parts else text


def _words(question: Question) -> str:
    words = " ".join(map(_phrase, question.phrases))
    return words if question.within is None else f"NEAR({words}, {question.within})"


def _phrase(phrase: Phrase) -> str:
    return f"{_quoted(phrase.text)}{ANY if phrase.begins else ''}"


def _quoted(part: str) -> str:
    """A string of FTS5: its words side by side, whatever stands between them."""
    return '"' + part.replace('"', '""') + '"'


def _looked_up(parts: Sequence[str]) -> str:
    """Those parts of words that are long enough for their index, as FTS5 asks for all of them."""
    return " ".join(_quoted(part) for part in parts if len(part) >= SHORTEST)
