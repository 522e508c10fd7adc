"""How ``starter`` reads a query: known words as pieces of a fixed vocabulary; what it never met is left out.

Pieces are found by greedy longest match (WordPiece; Wu et al., Google's Neural Machine Translation, 2016).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plugins.errors import NotUnderstood

PAD = "[PAD]"
UNKNOWN = "[UNK]"
INSIDE = "##"
"""begins a piece that continues a word"""
LENGTH = 24
"""pieces of one text that are read"""
LEAST = 3
"""letters of the shortest part that a compound is taken apart into"""
_WORD = re.compile(r"[a-z0-9]+")
_FUNCTION = """
a an the of in on at by to with without and or near under over above below behind beside next from into for
is are be its it this that some any one two three four photo picture image video clip shot scene film
there i my his her their show me find left right top bottom close up view
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""Words that say how things stand to each other, or nothing; a query of these alone names nothing."""


class Vocabulary:
    """The pieces that the text tower knows, and the words that it met in training."""

    def __init__(self, pieces: Sequence[str], words: Mapping[str, str]) -> None:
        """``words``: every known word, and what is read for it: itself, or its nearest kin with pictures."""
        self.pieces = list(pieces)
        self._number = {piece: number for number, piece in enumerate(self.pieces)}
        self._longest = max(map(len, self.pieces))
        self.words = words

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """From ``pieces.txt``, one a line, and ``words.txt``: a word a line, perhaps a tab and its kin."""
        pieces, words = (
            (folder / name).read_text("utf-8").splitlines() for name in ("pieces.txt", "words.txt")
        )
        return cls(pieces, {word: kin or word for word, _, kin in (line.partition("\t") for line in words)})

    def understood(self, text: str) -> str:
        """What is read of a text: known words, kin instead of words without pictures, compounds in two.

        Raises:
            NotUnderstood: no word is left that names anything
        """
        words = [(word, _names_nothing(word)) for word in split(text)]
        read = [word if empty else self._read(word) for word, empty in words]
        if not any(one and not empty for one, (_, empty) in zip(read, words, strict=True)):
            raise NotUnderstood("starter does not know any word of %(text)s", text=repr(text[:60]))
        return " ".join(one for one in read if one)

    def _read(self, word: str) -> str:
        """The word, its kin, or its two halves; nothing where it was never met."""
        if word in self.words:
            return self.words[word]
        for one in singulars(word):
            if one in self.words:
                return word if self.words[one] == one else self.words[one]
        for cut in range(LEAST, len(word) - LEAST + 1):
            if word[:cut] in self.words and word[cut:] in self.words:
                return f"{word[:cut]} {word[cut:]}"
        return ""

    def numbers(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """The pieces of texts, int64 (len(texts), longest); 0 where a text is shorter."""
        rows = [[n for word in split(text) for n in self._cut(word)][:LENGTH] or [1] for text in texts]
        table = np.zeros((len(rows), max(map(len, rows))), np.int64)
        for row, numbers in zip(table, rows, strict=True):
            row[: len(numbers)] = numbers
        return table

    def _cut(self, word: str) -> list[int]:
        found, start = [], 0
        while start < len(word):
            prefix = INSIDE if start else ""
            for end in range(min(len(word), start + self._longest), start, -1):
                if (number := self._number.get(prefix + word[start:end])) is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return [self._number[UNKNOWN]]
        return found


def split(text: str) -> list[str]:
    """Its words: lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _names_nothing(word: str) -> bool:
    return not FUNCTION_WORDS.isdisjoint((word, *singulars(word)))


def singulars(word: str) -> Iterable[str]:
    """What the word may be the plural of."""
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("s"):
        yield word[:-1]
