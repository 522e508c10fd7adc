"""The nouns of WordNet 3.0, read from its own files (wndb(5WN)): Debian's package wordnet-base."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PHYSICAL = "n00001930"
"""physical entity: what can be seen"""
PERSON = "n00007846"
HYPERNYM = ("@", "@i")


@dataclass(frozen=True, slots=True)
class Synset:
    """One meaning and the words that have it."""

    id: str
    """as in ImageNet: ``n02084071``"""
    lemmas: tuple[str, ...]
    """``domestic dog``; the most usual word first"""
    hypernyms: tuple[str, ...]
    gloss: str


class WordNet:
    """Meanings by their id and by their words."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.synsets = {synset.id: synset for synset in map(_synset, _lines(folder / "data.noun"))}
        self.senses: dict[str, tuple[str, ...]] = {}
        """a word's meanings, the most frequent first"""
        self.tagged: dict[str, int] = {}
        """how many of a word's meanings occur in the corpus that WordNet was tagged with"""
        for line in _lines(folder / "index.noun"):
            head = line.split()
            count = int(head[2])
            word = head[0].replace("_", " ")
            self.senses[word] = tuple("n" + offset for offset in head[-count:])
            self.tagged[word] = int(head[-count - 1])

    @cached_property
    def plurals(self) -> dict[str, str]:
        """Irregular plurals and their singulars: ``children`` is ``child``."""
        pairs = (line.split()[:2] for line in _lines(self._folder / "noun.exc"))
        return {plural.replace("_", " "): one.replace("_", " ") for plural, one in pairs}

    def visible(self, word: str, among: int | None = None) -> list[str]:
        """Those of a word's first ``among`` meanings (of all) that can be seen, the most frequent first."""
        return [sense for sense in self.senses.get(word, ())[:among] if sense in self.physical]

    def ancestors(self, synset: str) -> set[str]:
        """The meaning itself and everything above it."""
        return _reached(synset, lambda one: self.synsets[one].hypernyms)

    def descendants(self, synset: str) -> set[str]:
        """The meaning itself and everything below it."""
        return _reached(synset, lambda one: self.hyponyms[one])

    @cached_property
    def hyponyms(self) -> dict[str, list[str]]:
        """Directly below each meaning."""
        below: dict[str, list[str]] = {one: [] for one in self.synsets}
        for synset in self.synsets.values():
            for above in synset.hypernyms:
                below[above].append(synset.id)
        return below

    @cached_property
    def physical(self) -> set[str]:
        """Everything that can be seen."""
        return self.descendants(PHYSICAL)


def _reached(start: str, beyond: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(beyond(one))
    return found


def _lines(path: Path) -> Iterator[str]:
    """Without the licence, whose lines begin with a space."""
    with path.open(encoding="utf-8") as file:
        yield from (line for line in file if not line.startswith(" "))


def _synset(line: str) -> Synset:
    entry, _, gloss = line.partition(" | ")
    fields = entry.split()
    words = int(fields[3], 16)
    lemmas = tuple(word.replace("_", " ") for word in fields[4 : 4 + 2 * words : 2])
    pointers = fields[5 + 2 * words :]
    above = tuple(
        "n" + pointers[at + 1]
        for at in range(0, len(pointers) - 3, 4)
        if pointers[at] in HYPERNYM and pointers[at + 2] == "n"
    )
    return Synset("n" + fields[0], lemmas, above, gloss.strip())
