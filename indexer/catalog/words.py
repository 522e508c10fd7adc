"""Full-text search of annotations. The one part that needs SQLite: FTS5, kept in step by triggers.

The table ``words`` is made by the first migration. It holds no text of its own: it indexes that of
``annotations``, in the transaction that changes it.
"""

import unicodedata

from sqlalchemy import Select, column, func, literal_column, select, table, text

from indexer.catalog.conditions import conditions
from indexer.catalog.connection import Connected
from indexer.catalog.models import Annotation, File, Shot, Video
from indexer.catalog.records import WordMatch
from plugins.queries import Filters

OPEN, CLOSE = "\ue000", "\ue001"
"""Stand around a matching word in a snippet; private characters that no annotation keeps."""
_SNIPPET_WORDS = 16

CHECK = "INSERT INTO words (words, rank) VALUES ('integrity-check', 1)"
"""Fails when the index does not agree with the annotations."""
REBUILD = "INSERT INTO words (words) VALUES ('rebuild')"

_words = table("words", column("rowid"), column("rank"))


class WordReader(Connected):
    """Finds shots by what is said, shown or named in them."""

    def words(self, text: str, filters: Filters, limit: int) -> list[WordMatch]:
        """Shots of which one annotation has all the words, each by its best annotation, best first.

        Any text is a valid question: no character has a meaning of its own. Case and accents do not count.
        """
        phrases = quoted(text)
        found: dict[int, WordMatch] = {}
        if not phrases:
            return []
        with self._reading() as connection:
            for shot_id, at_us, score, snippet, source in connection.execute(_matches(phrases, filters)):
                found.setdefault(shot_id, WordMatch(shot_id, at_us, score, snippet, source))
                if len(found) == limit:
                    break
        return list(found.values())


def quoted(text: str) -> str:
    """The words of a text as an FTS5 query that asks for all of them, empty if there is none."""
    words = [word for word in clean(text).split() if any(map(_is_token, word))]
    return " ".join('"' + word.replace('"', '""') + '"' for word in dict.fromkeys(words))


def clean(text: str) -> str:
    """A text without what SQLite cannot hold or `OPEN` and `CLOSE` could be mistaken for."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.translate({0: " ", ord(OPEN): " ", ord(CLOSE): " "})


def _is_token(char: str) -> bool:
    """Whether FTS5's tokenizer sees a part of a word in it."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "Co"


def _matches(phrases: str, filters: Filters) -> Select[int, int, float, str, str]:
    at = func.min(func.max(Annotation.start_us, Shot.start_us), Shot.end_us - 1)
    snippet = func.snippet(literal_column("words"), 0, OPEN, CLOSE, "…", _SNIPPET_WORDS)
    return (
        select(Annotation.shot_id, at, -_words.c.rank, snippet, Annotation.source)
        .select_from(_words)
        .join(Annotation, Annotation.id == _words.c.rowid)
        .join(Shot, Shot.id == Annotation.shot_id)
        .join(Video, Video.id == Shot.video_id)
        .join(File, File.id == Video.id)
        .where(text("words MATCH :phrases").bindparams(phrases=phrases), *conditions(filters))
        .order_by(_words.c.rank)
    )
