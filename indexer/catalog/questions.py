"""What is asked of the full-text index, in steps from what was meant to what comes near."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.catalog.folding import folded, is_unspaced

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


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side, whatever stands between them."""

    text: str
    """with at least one word in it"""
    begins: bool = False
    """whether the last word may go on"""


@dataclass(frozen=True, slots=True)
class Question:
    """What an annotation must have."""

    phrases: tuple[Phrase, ...] = ()
    """all of them; none where only parts of words are looked for"""
    within: int | None = None
    """words between the phrases, at most; None for any number"""
    parts: tuple[str, ...] = ()
    """of words, folded: all of them"""
    whole: bool = True
    """whether this is what was asked for, and not what comes near it"""
    near: bool = True
    """whether the words stand close together"""


def clean(text: str) -> str:
    """A text without what no database can hold or `OPEN` and `CLOSE` could be mistaken for."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.translate({0: " ", ord(OPEN): " ", ord(CLOSE): " "})


def questions(asked: str, exact: bool) -> Iterator[Question]:
    """What is asked of the indexes, one after the other, the best first."""
    said = [term for term in asked.split() if any(map(is_of_word, term))]
    terms = list(dict.fromkeys(said))
    if exact and terms:
        phrase = " ".join(asked.split())
        yield Question(parts=(folded(phrase),)) if is_unspaced(phrase) else Question((Phrase(phrase),))
    if exact or not terms:
        return
    terms = [term for term in terms if term.casefold() not in FUNCTION_WORDS] or terms
    words = tuple(Phrase(term, term.endswith(ANY)) for term in terms if not term.startswith(ANY))
    inside = tuple(_part(term) for term in terms if term.startswith(ANY))
    if len(words) > 1:
        between = sum(term not in terms for term in said)  # as in "sunset at the beach"
        yield Question(words, 2 * len(words) - 3 + between, inside)
    yield Question(words, None, inside, near=len(words) < 2)
    parts = tuple(map(_part, terms))
    if words and any(len(part) >= SHORTEST or is_unspaced(part) for part in parts):
        yield Question(parts=parts, whole=False)


def is_of_word(char: str) -> bool:
    """Whether a character is a part of words, and not between them."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "Co"


def _part(term: str) -> str:
    return folded(term.strip(ANY))
