"""The texts that go with a batch of pictures, and the truth of every text for every picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from random import Random

import numpy as np
from numpy.typing import NDArray

from plugins.encoders.starter.training.concepts import FALSE, TRUE, UNKNOWN, Concepts
from plugins.encoders.starter.training.drawn import Scene, Thing
from plugins.encoders.starter.training.looks import LOOKS
from plugins.encoders.starter.training.questions import NEVER, WITHHELD
from plugins.encoders.starter.training.sentences import plural
from plugins.encoders.starter.words import split

TEMPLATES = (
    "{}", "{}", "{}", "{}", "a {}", "a {}", "the {}", "some {}", "a photo of a {}", "a video of a {}",
    "a picture of a {}", "a close up of a {}", "there is a {}", "a {} in the scene", "{s}", "{s}", "two {s}",
    "many {s}",
)  # fmt: skip
OWN, WIDER = 0.5, 0.85
"""the share of a picture's own words; up to the second, of words above them; then of kinds below them"""
COLOURED = 0.25
"""how often a true colour or light is named with the thing"""
ALONE = 0.15
"""and how often of these it is named without the thing"""
CLOSE = 0.6
"""the share of a caption's things from which it may be true of another picture"""
NUMBERS = {1: "one", 2: "two", 3: "three"}
SIDES: dict[str, Callable[[Thing], bool]] = {
    "left": lambda thing: thing.x < 0.5,
    "right": lambda thing: thing.x > 0.5,
    "top": lambda thing: thing.y < 0.5,
    "bottom": lambda thing: thing.y > 0.5,
}
RELATIONS: dict[str, Callable[[Thing, Thing], bool]] = {
    "and": lambda one, other: True,
    "left of": lambda one, other: one.x < other.x,
    "right of": lambda one, other: one.x > other.x,
    "above": lambda one, other: one.y < other.y,
    "below": lambda one, other: one.y > other.y,
}

Truth = NDArray[np.int8]
Judge = Callable[[Scene], bool]
"""Whether a text about drawings is true of a scene."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text about photographs: a look, a word, or both; or the caption of one of them."""

    text: str
    look: int | None
    """place in `LOOKS`"""
    word: int | None
    """place among the words of the concepts"""
    of: int | None = None
    """the picture that it is the caption of"""


def photograph_phrases(
    concepts: Concepts,
    kinds: NDArray[np.int64],
    seen: Truth,
    said: Sequence[Sequence[str]],
    random: Random,
    each: int,
) -> list[Phrase]:
    """Some texts for every picture that is no drawing.

    ``kinds`` (n,), -1 for drawings; ``seen`` (n, len(LOOKS)), from `looks.looks`; ``said``, n times captions.
    """
    found = []
    for number, (kind, row, captions) in enumerate(zip(kinds.tolist(), seen, said, strict=True)):
        if kind < 0:
            continue
        if captions:
            found.append(Phrase(random.choice(captions), None, None, number))
        true = np.flatnonzero(row == TRUE).tolist()
        for _ in range(each):
            word = _word(concepts, kind, random)
            look = random.choice(true) if true and random.random() < COLOURED else None
            if word is None and look is None:
                continue
            if look is not None and random.random() < ALONE:
                word = None
            found.append(Phrase(_worded(concepts, word, look, random), look, word))
    return found


def photograph_truth(
    concepts: Concepts, phrases: Sequence[Phrase], kinds: NDArray[np.int64], seen: Truth
) -> Truth:
    """int8 (pictures, phrases). Drawn pictures have the kind -1: they show no thing."""
    truth = np.full((len(kinds), len(phrases)), TRUE, np.int8)
    photographs = np.flatnonzero(kinds >= 0)
    for column, phrase in enumerate(phrases):
        if phrase.of is not None:
            truth[:, column] = FALSE
            close = concepts.covered(int(kinds[phrase.of]), kinds[photographs]) > CLOSE
            truth[photographs[close], column] = UNKNOWN
            truth[phrase.of, column] = TRUE
        if phrase.word is not None:
            truth[:, column] = np.where(kinds >= 0, concepts.truth[kinds, phrase.word], FALSE)
        if phrase.look is not None:
            thing, look = truth[:, column], seen[:, phrase.look]
            either = np.where((thing == FALSE) | (look == FALSE), FALSE, UNKNOWN)
            truth[:, column] = np.where((thing == TRUE) & (look == TRUE), TRUE, either)
    return truth


def drawn_phrases(scenes: Sequence[Scene], random: Random, each: int) -> tuple[list[str], Truth]:
    """Texts for drawn scenes, ``each`` for one, and their truth, int8 (scenes, texts)."""
    made = [_drawn(scene, random) for scene in scenes for _ in range(each)]
    truth = np.array([[judge(scene) for _, judge in made] for scene in scenes], np.int8)
    return [text for text, _ in made], truth


def _word(concepts: Concepts, kind: int, random: Random) -> int | None:
    draw, own = random.random(), concepts.own[kind]
    below = [concepts.proxies[label] for label in concepts.kinds[kind] if label in concepts.proxies]
    if draw > WIDER and below:
        return random.choice(random.choice(below))
    words, chances = concepts.wider(kind)
    if (draw > OWN or not own) and len(words):
        return int(words[np.searchsorted(chances, random.random() * 0.999)])
    return random.choice(own) if own else None


def _worded(concepts: Concepts, word: int | None, look: int | None, random: Random) -> str:
    name = concepts.words[word].text if word is not None else random.choice(("", "something", "thing"))
    many = plural(name) if word is not None else name
    if set(split(many)) & (NEVER | WITHHELD):
        many = name
    if look is not None:
        name, many = (f"{LOOKS[look]} {text}".strip() for text in (name, many))
    return random.choice(TEMPLATES).format(name, s=many)


def _drawn(scene: Scene, random: Random) -> tuple[str, Judge]:
    """A text about one of a scene's things, or about several."""
    one = random.choice(scene.things)
    match random.randrange(8 if len(scene.things) > 1 else 5):
        case 0 | 1 | 2:
            template = random.choice(("{} {}", "a {} {}", "{} {}", "a picture of a {} {}"))
            return template.format(one.colour, one.shape), lambda other: _shows(other, one)
        case 3:
            text = f"{one.colour} {one.shape} on {scene.ground} background"
            return text, lambda other: _shows(other, one) and other.ground == scene.ground
        case 4:
            side = _side(one)
            text = f"{one.colour} {one.shape} on the {side}"
            return text, lambda other: any(_same(thing, one) and SIDES[side](thing) for thing in other.things)
        case 5:
            return _count(scene, one.shape)
        case _:
            return _relation(scene, random)


def _count(scene: Scene, shape: str) -> tuple[str, Judge]:
    count = sum(thing.shape == shape for thing in scene.things)
    text = f"{NUMBERS[count]} {shape if count == 1 else plural(shape)}"
    return text, lambda other: sum(thing.shape == shape for thing in other.things) == count


def _relation(scene: Scene, random: Random) -> tuple[str, Judge]:
    one, other = random.sample(scene.things, 2)
    if abs(one.x - other.x) > abs(one.y - other.y):
        place = "left of" if one.x < other.x else "right of"
    else:
        place = "above" if one.y < other.y else "below"
    relation = random.choice(("and", place))
    holds = RELATIONS[relation]

    def judge(scene: Scene) -> bool:
        pairs = permutations(scene.things, 2)
        return any(_same(a, one) and _same(b, other) and holds(a, b) for a, b in pairs)

    return f"{one.colour} {one.shape} {relation} {other.colour} {other.shape}", judge


def _shows(scene: Scene, one: Thing) -> bool:
    return any(_same(thing, one) for thing in scene.things)


def _same(one: Thing, other: Thing) -> bool:
    return one.colour == other.colour and one.shape == other.shape


def _side(thing: Thing) -> str:
    """The side of the picture that a thing is nearest to."""
    if abs(thing.x - 0.5) > abs(thing.y - 0.5):
        return "left" if thing.x < 0.5 else "right"
    return "top" if thing.y < 0.5 else "bottom"
