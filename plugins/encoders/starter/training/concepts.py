"""What a label means in words: which words are true of a kind of picture, which are not, which may be.

Truth comes from WordNet: a picture of a cat shows a feline and an animal, does not show a car, and may show a
tabby. What labels leave open (a beach may hold people) counts as unknown and is left out of the loss. A kind
that has no pictures of its own passes for a kind above it that has: a picture of a car shows a hatchback.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from plugins.encoders.starter.training.questions import NEVER, WITHHELD
from plugins.encoders.starter.training.wordnet import PERSON, WordNet
from plugins.encoders.starter.words import split

TRUE, FALSE, UNKNOWN = 1, 0, -1
TOO_GENERAL = frozenset({
    "entity", "physical entity", "object", "whole", "unit", "matter", "substance", "part", "portion", "thing",
    "relation", "abstraction", "causal agent", "cause", "causal agency", "artifact", "artefact",
    "instrumentality", "instrumentation", "commodity", "good", "article", "trade good", "consumer goods",
    "covering", "device", "creation", "product", "production", "work", "system", "solid", "medium",
    "print media", "being", "conveyance", "implement", "structure", "construction", "organism",
    "living thing", "animate thing", "unknown", "match", "equal", "peer", "individual", "someone", "somebody",
    "mortal", "soul", "whole thing", "physical object", "support", "connection", "attachment", "restraint",
    "ware", "ingredient", "participant", "component part", "component", "durables", "formation", "press",
    "mechanism", "establishment", "protection", "abstract entity", "process", "phenomenon", "location",
    "region", "area", "piece of work",
})  # fmt: skip
"""Words so wide that they say nothing of a picture."""
CONTEXT = {
    "n00007846": "person",
    "n10287213": "man",
    "n10787470": "woman",
    "n09917593": "child",
    "n10285313": "boy",
    "n10129825": "girl",
    "n05600637": "face",
    "n05538625": "head",
    "n05564590": "hand",
    "n09436708": "sky",
    "n09247410": "cloud",
    "n00017222": "plant",
    "n13104059": "tree",
    "n11669335": "flower",
    "n13152742": "leaf",
    "n12102133": "grass",
    "n09225146": "water",
    "n09426788": "sea",
    "n09328904": "lake",
    "n09411430": "river",
    "n09376198": "ocean",
    "n09397391": "pond",
    "n02913152": "building",
    "n03544360": "house",
    "n04546855": "wall",
    "n03365592": "floor",
    "n04587648": "window",
    "n03221720": "door",
    "n04105893": "room",
    "n04096066": "road",
    "n04334599": "street",
    "n08569998": "field",
    "n03417345": "garden",
    "n09359803": "mountain",
    "n09303008": "hill",
    "n09416076": "rock",
    "n15019030": "sand",
    "n14844693": "soil",
    "n15043763": "snow",
    "n03051540": "clothing",
}
"""What any picture may show besides what its label names, and what is above that.

Nothing rarer: a word left open for most pictures is never told from them, and comes to fit them all."""
SENSES_READ = 4
"""meanings of a word that leave it open whether a picture shows it"""
PHRASE = "~"
"""begins a label that is a phrase and no meaning of WordNet: ``~riding a horse``"""
STYLES = frozenset({"~cartoon", "~painting", "~drawing"})
"""phrases that say how a picture was made; the others say what a person does in it"""
CHUNK = 1024
"""kinds that are judged at a time"""
USUAL = 6
"""how much more often a word of the tagged corpus stands for a label than one that only the dictionary has"""
PROXY_KINDS = 40
"""A word below a label stands for the label's pictures only where the label is that narrow."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase with what it can mean."""

    text: str
    main: frozenset[str]
    """synsets that make it true of a picture"""
    other: frozenset[str]
    """synsets that leave it open"""
    proxy: bool = False
    """whether it stands for a label above it, and so says nothing of pictures with a label of their own"""


class Concepts:
    """Kinds of pictures (sets of labels) against words."""

    def __init__(self, wordnet: WordNet, kinds: Sequence[tuple[str, ...]], complete: Sequence[bool]) -> None:
        """``complete``: whether the labels of a kind name everything of `CONTEXT` that its pictures show."""
        self.wordnet = wordnet
        self.kinds = kinds
        self.labels = {label for kind in kinds for label in kind}
        of_label = {label: self._above(label) for label in self.labels}
        self.above = [_union(of_label[label] for label in kind) for kind in kinds]
        self.words: list[Word] = []
        self.index: dict[str, int] = {}
        for label in sorted(_union(self.above)):
            self._add(self._names(label), label)
        self.proxies = self._add_proxies()
        context = _union(map(wordnet.ancestors, CONTEXT))
        self.truth = self._table(complete, context)

    def _above(self, label: str) -> set[str]:
        return {label} if label.startswith(PHRASE) else self.wordnet.ancestors(label)

    def _below(self, label: str) -> set[str]:
        return set() if label.startswith(PHRASE) else self.wordnet.descendants(label)

    def _names(self, label: str) -> tuple[str, ...]:
        return (label[1:],) if label.startswith(PHRASE) else self.wordnet.synsets[label].lemmas

    def _add(self, lemmas: Iterable[str], label: str) -> None:
        """The words of one label or of something above one."""
        for place, lemma in enumerate(lemmas):
            text = lemma.lower()
            if not usable(lemma, place) or text in TOO_GENERAL:
                continue
            senses = self.wordnet.visible(text)
            plain = (
                label in self.labels or label in senses[:2] or not senses
            )  # a reader thinks of this meaning
            first = senses[:1] if place or plain else []
            main = frozenset({label, *first} if plain else first)
            if text in self.index:
                old = self.words[self.index[text]]
                self.words[self.index[text]] = Word(text, old.main | main, old.other)
            else:
                self._append(Word(text, main, frozenset(senses[:SENSES_READ])))

    def _append(self, word: Word) -> int:
        self.index[word.text] = len(self.words)
        self.words.append(word)
        return len(self.words) - 1

    def _add_proxies(self) -> dict[str, list[int]]:
        """Words for kinds of a label that have no pictures of their own, by label: hatchback for car."""
        seen = _union(self.above)
        proxies: dict[str, list[int]] = {}
        for label in sorted(self.labels):
            below = self._below(label)
            if len(below & self.labels) > PROXY_KINDS:
                continue
            for synset in sorted(below - seen):
                for place, lemma in enumerate(self.wordnet.synsets[synset].lemmas):
                    text = lemma.lower()
                    senses = self.wordnet.visible(text)
                    if not usable(lemma, place) or text in self.index or synset not in senses[:1]:
                        continue
                    number = self._append(
                        Word(text, frozenset({label}), frozenset(senses[:SENSES_READ]), True)
                    )
                    often = USUAL if self.wordnet.tagged[text] else 1
                    proxies.setdefault(label, []).extend([number] * often)
        return proxies

    def _table(self, complete: Sequence[bool], context: set[str]) -> NDArray[np.int8]:
        """int8 (kinds, words): TRUE, FALSE or UNKNOWN."""
        shown = _union(self.above)
        alike: dict[
            tuple[frozenset[str], frozenset[str], bool], int
        ] = {}  # thousands of words stand for one label
        place = [
            alike.setdefault((word.main, word.other & shown, word.proxy), len(alike)) for word in self.words
        ]
        column = {one: at for at, one in enumerate(sorted(shown.union(*(main for main, _, _ in alike))))}
        main = _incidence([main for main, _, _ in alike], column)
        other = _incidence([other for _, other, _ in alike], column)
        proxy = np.array([pair[2] for pair in alike])
        around = np.array([bool(pair[0] & context) for pair in alike])
        phrase = np.array([any(map(_deed, pair[0])) for pair in alike])
        row = {label: at for at, label in enumerate(sorted(self.labels))}
        below = _incidence([self._below(label) - {label} for label in row], column)
        table = np.full((len(self.kinds), len(alike)), FALSE, np.int8)
        for first in range(0, len(self.kinds), CHUNK):
            rows = slice(first, first + CHUNK)
            above = _incidence(self.above[rows], column)
            under = np.minimum(_incidence(self.kinds[rows], row) @ below, 1)
            acting = [PERSON in a and not any(map(_deed, a)) for a in self.above[rows]]
            open_ = (above @ other.T > 0) | (under @ main.T > 0)
            open_ |= ~np.array(complete[rows])[:, None] & around | np.array(acting)[:, None] & phrase
            named, shows = _incidence(self.kinds[rows], column) @ main.T > 0, above @ main.T > 0
            true = np.where(proxy, named, shows)
            table[rows] = np.where(true, TRUE, np.where(open_ | shows, UNKNOWN, FALSE))
        return table[:, place]

    def covered(self, kind: int, kinds: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share of a kind's labels that other kinds show as well, (len(kinds),)."""
        mine = set(self.kinds[kind])
        return np.array([len(mine & self.above[other]) / max(1, len(mine)) for other in kinds.tolist()])

    @cached_property
    def own(self) -> list[list[int]]:
        """The words of each kind's own labels."""
        named = [{name.lower() for label in kind for name in self._names(label)} for kind in self.kinds]
        return [sorted(self.index[name] for name in names if name in self.index) for names in named]

    @cached_property
    def _rarity(self) -> NDArray[np.float64]:
        """The less often a word is true, the higher, (words,)."""
        rarity: NDArray[np.float64] = 1 / np.sqrt((self.truth == TRUE).mean(0) + 0.01)
        return rarity

    @cache  # noqa: B019 (one object a run)
    def wider(self, kind: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The words above a kind, and the chances to use each or an earlier one: rarer ones more often."""
        near = {
            *self.own[kind],
            *(word for label in self.kinds[kind] for word in self.proxies.get(label, ())),
        }
        words = np.array([w for w in np.flatnonzero(self.truth[kind] == TRUE) if w not in near], np.int64)
        return words, np.cumsum(self._rarity[words]) / max(self._rarity[words].sum(), 1e-9)


def _incidence(sets: Sequence[Iterable[str]], column: dict[str, int]) -> NDArray[np.float32]:
    """Which set holds what, as ones in a table (sets, columns)."""
    table = np.zeros((len(sets), len(column)), np.float32)
    for row, one in enumerate(sets):
        table[row, [column[member] for member in one if member in column]] = 1
    return table


def _deed(label: str) -> bool:
    return label.startswith(PHRASE) and label not in STYLES


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set().union(*sets)


def usable(lemma: str, place: int) -> bool:
    """Whether people use it: no Latin names, nothing that training must not see."""
    latin = place > 0 and lemma[0].isupper()
    text = lemma.lower()
    return not latin and not set(split(text)) & (NEVER | WITHHELD) and not any(c.isdigit() for c in text)
