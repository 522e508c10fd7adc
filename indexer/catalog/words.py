"""Full-text search of annotations. The one part that needs SQLite: FTS5, kept in step by triggers.

The tables ``words`` (whole words) and ``fragments`` (any three characters in a row) are made by migrations.
They hold no text of their own: they index that of ``annotations``, in the transaction that changes it.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, column, func, literal, literal_column, select, table, text

from indexer.catalog.conditions import conditions
from indexer.catalog.connection import Connected
from indexer.catalog.folding import composed, folded, is_unspaced, located
from indexer.catalog.models import Annotation, File, Shot, Video
from indexer.catalog.naming import LABEL
from indexer.catalog.records import WordMatch
from plugins.queries import Filters

OPEN, CLOSE = "\ue000", "\ue001"
"""Stand around a matching word in a snippet; private characters that no annotation keeps."""
ANY = "*"
"""At the end of a word: however it goes on. At its beginning: anywhere inside a word."""
SHORTEST = 3
"""characters of a part of a word that its index can look up, and that is looked for unasked"""
FUNCTION_WORDS = frozenset(
    (
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "by",
        "for",
        "from",
        "with",
        "is",
        "are",
        "was",
    )
)
"""need not be in an annotation, unless nothing else or a phrase is asked for: who says *a dog* to an encoder
finds *dog* in a file's name"""
_SNIPPET_WORDS = 16
_AROUND = 48
"""characters of a snippet on either side of the first part of a word in it"""

INDEXES = ("words", "fragments")
_WORDS, _FRAGMENTS = (table(name, column("rowid"), column("rank")) for name in INDEXES)
CHECK = "INSERT INTO {0} ({0}, rank) VALUES ('integrity-check', 1)"
"""Fails when an index does not agree with the annotations."""
REBUILD = "INSERT INTO {0} ({0}) VALUES ('rebuild')"


@dataclass(frozen=True, slots=True)
class _Question:
    """What an annotation must have."""

    words: str = ""
    """as an FTS5 query; empty where only parts of words are looked for"""
    parts: tuple[str, ...] = ()
    """of words, folded: all of them"""
    whole: bool = True
    """whether this is what was asked for, and not what comes near it"""
    near: bool = True
    """whether the words stand close together"""


class WordReader(Connected):
    """Finds shots by what is said, shown or named in them."""

    def words(self, text: str, filters: Filters, limit: int, *, exact: bool = False) -> list[WordMatch]:
        """Shots of which one annotation has all the words, each by its best annotation, best first. If there
        is none, those of which one has them inside longer words, as ``B-12`` is a part of ``AB-123``.

        Any text is a valid question. Case and accents do not count, nor do `FUNCTION_WORDS` beside others.
        Only ``*`` has a meaning: ``sun*`` is any word that begins so, ``*B-12*`` and ``*B-12`` are found
        anywhere inside words.

        Args:
            limit: shots, at most
            exact: the words stand side by side in this order, and nothing else will do
        """
        found: dict[int, WordMatch] = {}
        with self._reading() as connection:
            for question in _questions(clean(text), exact):
                if found and not question.whole:
                    break
                for id_, at, end, score, source, shown in connection.execute(_matches(question, filters)):
                    if id_ in found:
                        continue
                    snippet = _marked(shown, question.parts) if question.parts else shown
                    found[id_] = WordMatch(
                        id_, at, end, score, source, snippet, question.whole, question.near
                    )
                    if len(found) == limit:
                        return list(found.values())
        return list(found.values())


def clean(text: str) -> str:
    """A text without what SQLite cannot hold or `OPEN` and `CLOSE` could be mistaken for."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.translate({0: " ", ord(OPEN): " ", ord(CLOSE): " "})


def _questions(asked: str, exact: bool) -> Iterator[_Question]:
    """What is asked of the indexes, one after the other, the best first."""
    terms = [term for term in dict.fromkeys(asked.split()) if _has_token(term)]
    if exact and terms:
        phrase = " ".join(asked.split())
        yield _Question(parts=(folded(phrase),)) if is_unspaced(phrase) else _Question(_quoted(phrase))
    if exact or not terms:
        return
    terms = [term for term in terms if term.casefold() not in FUNCTION_WORDS] or terms
    words = [_word(term) for term in terms if not term.startswith(ANY)]
    inside = tuple(_part(term) for term in terms if term.startswith(ANY))
    if len(words) > 1:
        yield _Question(f"NEAR({' '.join(words)}, {2 * len(words) - 3})", inside)
    yield _Question(" ".join(words), inside, near=len(words) < 2)
    parts = tuple(map(_part, terms))
    if words and any(len(part) >= SHORTEST or is_unspaced(part) for part in parts):
        yield _Question(parts=parts, whole=False)


def _part(term: str) -> str:
    return folded(term.strip(ANY))


def _word(term: str) -> str:
    """A word, or where it ends in a star the beginning of one, as FTS5 asks for it."""
    return f"{_quoted(term)}*" if term.endswith(ANY) else _quoted(term)


def _quoted(part: str) -> str:
    """A string of FTS5: its words side by side, whatever stands between them."""
    return '"' + part.replace('"', '""') + '"'


def _has_token(part: str) -> bool:
    """Whether FTS5's tokenizer sees a word in it."""
    return any(unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "Co" for char in part)


def _matches(question: _Question, filters: Filters) -> Select[Any]:
    """Rows as the fields of a `WordMatch` without the last, the best first; where parts of words are asked
    for, with the whole text in place of a snippet."""
    at = func.min(func.max(Annotation.start_us, Shot.start_us), Shot.end_us - 1)
    end = func.max(func.min(Annotation.end_us, Shot.end_us), at + 1)
    snippet = func.snippet(literal_column("words"), 0, OPEN, CLOSE, "…", _SNIPPET_WORDS)
    index, asked = (_WORDS, question.words) if question.words else (_FRAGMENTS, _looked_up(question.parts))
    score = -index.c.rank if asked else literal(0.0)
    shown = Annotation.text if question.parts else snippet
    query = select(Annotation.shot_id, at, end, score, Annotation.source, shown).select_from(Annotation)
    if asked:
        matches = text(f"{index.name} MATCH :asked").bindparams(asked=asked)
        query = query.join(index, index.c.rowid == Annotation.id).where(matches).order_by(index.c.rank)
    return (
        query.where(Annotation.source != LABEL)  # what an encoder thinks, which it says by itself
        .join(Shot, Shot.id == Annotation.shot_id)
        .join(Video, Video.id == Shot.video_id)
        .join(File, File.id == Video.id)
        .where(*(func.instr(Annotation.folded, part) > 0 for part in question.parts), *conditions(filters))
    )


def _looked_up(parts: Sequence[str]) -> str:
    """Those parts of words that are long enough for their index, as FTS5 asks for all of them."""
    return " ".join(_quoted(part) for part in parts if len(part) >= SHORTEST)


def _marked(text: str, parts: Sequence[str]) -> str:
    """A snippet around the first of these folded parts, each of them between `OPEN` and `CLOSE`."""
    text = composed(text)
    spans = located(text, parts)
    at = max(0, spans[0][0] - _AROUND)
    last = min(len(text), spans[0][1] + _AROUND)
    pieces = ["…"] if at else []
    for start, end in spans:
        if end <= last:
            pieces += [text[at:start], OPEN, text[start:end], CLOSE]
            at = end
    return "".join([*pieces, text[at:last], "…" if last < len(text) else ""])
