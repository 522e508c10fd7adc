"""What was found in texts: pieces around it, and its order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from indexer.catalog.folding import composed, located, unfolded
from indexer.catalog.questions import CLOSE, OPEN, Phrase, Question, is_of_word

LONGEST = 500
"""characters of a word that count; PostgreSQL takes 2,046 bytes"""

_AROUND = 48
"""characters of a snippet on either side of the first part of a word in it"""
_FIRST, _AGAIN, _SENTENCE, _BEGINNING = 1000, 1, 100, 120
"""What a piece is worth for each phrase that is in it, each that is there again, and for its place; as FTS5
has it."""
_LOOKED_AT = 500
"""places in a text that count"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text."""

    start: int
    """in the composed text"""
    end: int
    folded: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Folded words, one after the other."""

    words: tuple[str, ...]
    begins: bool
    """whether the last may go on"""

    def is_at(self, text: Sequence[Word], at: int) -> bool:
        there = [word.folded for word in text[at : at + len(self.words)]]
        if self.begins and len(there) == len(self.words):
            there[-1] = there[-1][: len(self.words[-1])]
        return tuple(there) == self.words


@dataclass(frozen=True, slots=True)
class _Instance:
    """A place where something wanted is."""

    which: int
    first: int
    """word of the text"""
    beyond: int


def wanted_of(phrases: Sequence[Phrase]) -> list[Wanted]:
    """Phrases as texts are looked through for them, those that have words."""
    made = (
        Wanted(tuple(word.folded[:LONGEST] for word in words(item.text)), item.begins) for item in phrases
    )
    return [wanted for wanted in made if wanted.words]


def words(text: str) -> list[Word]:
    """The words of a text, by what is left of it when it is folded."""
    flat, origin = unfolded(composed(text))
    found = []
    for is_word, run in groupby(range(len(flat)), key=lambda at: is_of_word(flat[at])):
        if is_word:
            places = list(run)
            first, last = places[0], places[-1]
            found.append(Word(origin[first], origin[last] + 1, flat[first : last + 1]))
    return found


def marked(text: str, parts: Sequence[str]) -> str:
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


def windowed(text: str, wanted: Sequence[Wanted], within: int | None, size: int) -> str:
    """A piece of a text where most of what is wanted is, each between `OPEN` and `CLOSE`: the piece that FTS5
    would take.

    Args:
        within: see `Question`; what stands farther away is not marked
        size: words
    """
    text, found = composed(text), words(text)
    instances = [
        _Instance(which, at, at + len(item.words))
        for at in range(len(found))
        for which, item in enumerate(wanted)
        if item.is_at(found, at)
    ][:_LOOKED_AT]
    if within is not None:
        instances = _together(instances, len(wanted), within)
    first = _best(instances, found, text, size)
    last = min(first + size, len(found))
    at = found[first].start if first else 0
    stop = len(text) if last == len(found) else found[last - 1].end
    pieces = ["…"] if first else []
    for start, beyond in _joined(instances):
        if first <= start < last:
            end = found[min(beyond, last) - 1].end
            pieces += [text[at : found[start].start], OPEN, text[found[start].start : end], CLOSE]
            at = end
    return "".join([*pieces, text[at:stop], "…" if last < len(found) else ""])


def together(text: str, question: Question) -> bool:
    """Whether the words of a question stand close together in a text that has them, and as they were asked:
    *a red square and a green ball* has no *green square*."""
    if question.within is None:
        return question.near
    found, wanted = words(text), wanted_of(question.phrases)
    starts = [at for at in range(len(found)) if wanted and wanted[0].is_at(found, at)]
    return any(_follow(found, at, wanted, question.within) for at in starts[:_LOOKED_AT])


def _follow(found: Sequence[Word], at: int, wanted: Sequence[Wanted], within: int) -> bool:
    """Whether what is wanted stands in order from this word on."""
    first, *others = wanted
    at += len(first.words)
    last = at + within
    for item in others:
        here = next((place for place in range(at, last + 1) if item.is_at(found, place)), None)
        if here is None:
            return False
        at = here + len(item.words)
    return True


def _together(instances: Sequence[_Instance], kinds: int, within: int) -> list[_Instance]:
    """Those that stand close together with one of every kind, in any order."""
    kept: set[_Instance] = set()
    for last in instances:
        near = [item for item in instances if item.first <= last.first <= item.beyond + within]
        if len({item.which for item in near}) == kinds:
            kept.update(near)
    return [item for item in instances if item in kept]


def _best(instances: Sequence[_Instance], found: Sequence[Word], text: str, size: int) -> int:
    """The word with which the best piece begins."""
    sentences = list(_sentences(found, text))
    best, best_worth = 0, 0
    for instance in instances:
        inside = [item for item in instances if instance.first <= item.first < instance.first + size]
        length = inside[-1].beyond - inside[0].first
        middle = instance.first - _half(size - length)
        ways = [(max(0, min(middle, len(found) - size)), _worth(inside))]
        begun = max((at for at in sentences if at <= instance.first), default=0)
        if begun < instance.first and len(found) > size:
            there = [item for item in instances if begun <= item.first < begun + size]
            ways.append((begun, _worth(there) + (_SENTENCE if begun else _BEGINNING)))
        for first, worth in ways:
            if worth > best_worth:
                best, best_worth = first, worth
    return best


def _half(number: int) -> int:
    return int(number / 2)


def _worth(instances: Sequence[_Instance]) -> int:
    kinds = len({item.which for item in instances})
    return kinds * _FIRST + (len(instances) - kinds) * _AGAIN


def _sentences(found: Sequence[Word], text: str) -> Iterator[int]:
    """The words with which sentences begin."""
    for at, word in enumerate(found):
        between = text[found[at - 1].end : word.start] if at else ""
        before = between.rstrip(" \t\n\r")
        if not at or (before != between and before.endswith((".", ":"))):
            yield at


def _joined(instances: Sequence[_Instance]) -> Iterator[tuple[int, int]]:
    """First word and the one beyond, those that overlap as one."""
    spans: list[tuple[int, int]] = []
    for item in instances:
        if spans and item.first < spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], item.beyond)
        else:
            spans.append((item.first, item.beyond))
    yield from spans
