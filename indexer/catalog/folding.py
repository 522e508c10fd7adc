"""Text as it is compared, without case, accents and forms of letters, and where a part of it stands in the
original."""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

_ACCENTS = range(0x0300, 0x0370)
"""of Latin, Greek and Cyrillic letters; other scripts have marks that make another word"""
_UNSPACED = ("CJK ", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")
"""how the names of letters begin that are written without spaces between words"""


def folded(text: str) -> str:
    """A text of which only what is read counts: ``Straße`` is ``STRASSE``, and ``Café`` is ``cafe``."""
    return text.lower() if text.isascii() else "".join(map(_folded, composed(text)))


def composed(text: str) -> str:
    """A text whose letters and their accents are one character where there is such a one."""
    return unicodedata.normalize("NFC", text)


def is_unspaced(text: str) -> bool:
    """Whether some of it is written without spaces, so that words of it cannot be told by looking at them."""
    return not text.isascii() and any(unicodedata.name(char, "").startswith(_UNSPACED) for char in text)


def unfolded(text: str) -> tuple[str, list[int]]:
    """A composed text folded, and for each character of that the place of the one it was made of."""
    return folded(text), [at for at, char in enumerate(text) for _ in _folded(char)]


def located(text: str, parts: Iterable[str]) -> list[tuple[int, int]]:
    """Where folded parts stand in a composed text: start and end, ascending, apart from each other."""
    flat, origin = unfolded(text)
    spans: list[tuple[int, int]] = []
    for start, stop in sorted((at, at + len(part)) for part in parts if part for at in _places(flat, part)):
        first, last = origin[start], origin[stop - 1] + 1
        if spans and first <= spans[-1][1]:
            first, last = spans[-1][0], max(last, spans.pop()[1])
        spans.append((first, last))
    return spans


def _places(flat: str, part: str) -> Iterator[int]:
    at = flat.find(part)
    while at >= 0:
        yield at
        at = flat.find(part, at + len(part))


@cache
def _folded(char: str) -> str:
    """One character. Composed again at the end, so that Korean syllables stay whole."""
    parts = unicodedata.normalize("NFKD", char.casefold())
    kept = "".join(part for part in parts if ord(part) not in _ACCENTS)
    return composed(kept.casefold())
