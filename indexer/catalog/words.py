"""Finds shots by their annotations. How, is for the database: see `indexer.catalog.dialects`."""

from indexer.catalog.connection import Connected
from indexer.catalog.dialects.snippets import together
from indexer.catalog.questions import clean, questions
from indexer.catalog.records import WordMatch
from plugins.queries import Filters


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
        index = self.database.words
        found: dict[int, WordMatch] = {}
        with self._reading() as connection:
            for question in questions(clean(text), exact):
                if found and not question.whole:
                    break
                asked = index.matches(question, filters).execution_options(stream_results=True)
                with connection.execute(asked) as rows:
                    for id_, at, end, score, source, shown, said in rows:
                        near = together(said, question)
                        if id_ in found and (found[id_].near or not near):
                            continue
                        snippet = index.snippet(shown, question)
                        found[id_] = WordMatch(id_, at, end, score, source, snippet, question.whole, near)
                        if len(found) == limit:
                            return list(found.values())
        return list(found.values())
