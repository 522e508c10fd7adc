"""Which words name a colour, a mood or a place, and what a sentence of them wishes to see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from plugins.encoders._colours import COLOURS, SHADES

PLACES = ("anywhere", "left", "right", "top", "bottom", "centre")
MOODS = ("dark", "bright", "night", "vivid", "pale", "black and white")

SYNONYMS = {
    "gray": "grey", "silver": "light grey", "charcoal": "dark grey", "crimson": "red", "scarlet": "red",
    "maroon": "dark red", "burgundy": "dark red", "ruby": "red", "magenta": "dark pink",
    "fuchsia": "dark pink", "salmon": "pink", "amber": "orange", "gold": "dark yellow",
    "golden": "dark yellow", "mustard": "dark yellow", "cream": "beige", "tan": "light brown",
    "sand": "beige", "sandy": "beige", "chocolate": "dark brown", "lime": "light green", "emerald": "green",
    "mint": "light green", "khaki": "olive", "cyan": "turquoise", "aqua": "turquoise", "navy": "dark blue",
    "azure": "light blue", "indigo": "dark purple", "violet": "purple", "lavender": "light purple",
    "lilac": "light purple", "mauve": "light purple", "center": "centre", "middle": "centre",
    "upper": "top", "above": "top", "lower": "bottom", "below": "bottom", "rose": "flower",
    "tulip": "flower", "poppy": "flower", "blossom": "flower", "lawn": "grass", "flame": "fire",
    "ground": "bottom", "floor": "bottom", "ceiling": "top", "nightly": "night", "nighttime": "night",
    "gloomy": "dark", "dim": "dark", "colourful": "vivid", "colorful": "vivid", "saturated": "vivid",
    "pastel": "pale", "faded": "pale", "monochrome": "black and white",
    "bluish": "blue", "purplish": "purple", "bw": "black and white",
}  # fmt: skip


GREYS = ("black", "dark grey", "grey", "light grey", "white")
"""what black and white pictures have some of each"""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something whose colour or place goes without saying."""

    colour: str = ""
    """if the sentence names none"""
    place: str = "anywhere"
    among: str = ""
    """the colour that usually surrounds it"""


THINGS = {
    "sky": Thing("blue", "top"),
    "grass": Thing("green", "bottom"),
    "meadow": Thing("green", "bottom"),
    "forest": Thing("green"),
    "leaf": Thing("green"),
    "leaves": Thing("green"),
    "tree": Thing("green"),
    "flower": Thing("", "centre", among="green"),
    "snow": Thing("white"),
    "fire": Thing("orange"),
    "blood": Thing("dark red"),
    "sea": Thing("blue"),
    "ocean": Thing("blue"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that a picture should have, and how much that matters."""

    name: str
    """a colour, a shade or a mood"""
    place: str | None = None
    """where a colour should be; None for a shade or mood of the whole picture"""
    weight: float = 1.0


@dataclass(slots=True)
class Clause:
    """A part of a sentence, in which the places belong to the colours."""

    colours: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)


_BLACK_AND_WHITE = re.compile(r"\bblack(?:\s+and\s+|\s*&\s*|\s*/\s*|-and-|-)white\b|\bb\s*(?:&|/)\s*w\b")
_BREAK = re.compile(r"[,;.:]|\b(?:and|with|over|under|beside|before|behind|next|in|on|at|against)\b")
_WORD = re.compile(r"[a-z]+")
_TONES = {"dark": "dark", "deep": "dark", "light": "light", "pale": "light", "bright": "", "vivid": ""}
"""words that say which shade of the colour after them; without one they are moods"""
_MOOD_OF_TONE = {"light": "bright", "deep": "dark"}
_NAMES = {*COLOURS, *SHADES, *MOODS, *PLACES, *THINGS}
_EMPTY = frozenset(
    re.findall(
        r"\w+", "a an the of to and or with is are it its that this there some something anything in on at"
    )
)
"""words that say nothing of what is seen"""


def share_known(text: str) -> float:
    """The share of a sentence's words that name a colour, a mood, a place or a thing of known colour."""
    lower = _BLACK_AND_WHITE.sub(" monochrome ", text.lower())
    words = [_known(word) for word in _WORD.findall(lower) if word not in _EMPTY]
    known = sum(word in _NAMES or word in _TONES for word in words)
    return known / len(words) if words else 1.0


def wishes(text: str) -> Iterator[Wish]:
    """What a sentence asks for; nothing if no word of it is known."""
    lower = _BLACK_AND_WHITE.sub(" monochrome ", text.lower())
    for clause in _joined([_clause(part) for part in _BREAK.split(lower)]):
        yield from map(Wish, clause.moods)
        if "black and white" in clause.moods:
            yield from (Wish(grey, None, 0.3) for grey in GREYS)
        for thing in clause.things:
            if thing.among and clause.colours:  # alone it would find whatever is green
                yield Wish(thing.among, "anywhere", 0.5)
        for name in clause.colours:
            if name not in COLOURS:
                yield Wish(name)
            if name in COLOURS or clause.places:
                yield from (Wish(name, place) for place in clause.places or ["anywhere"])


def _clause(text: str) -> Clause:
    """What the words of one part of a sentence name."""
    clause, tone = Clause(), ""
    for word in [*map(_known, _WORD.findall(text)), ""]:
        if word in SHADES or word in COLOURS:
            shade = f"{_TONES.get(tone, '')} {word}".strip()
            clause.colours.append(shade if shade in SHADES else word)
        elif tone:
            clause.moods.append(_MOOD_OF_TONE.get(tone, tone))
        tone = word if word in _TONES else ""
        if word in PLACES:
            clause.places.append(word)
        elif word in THINGS:
            clause.things.append(THINGS[word])
        elif word in MOODS and not tone:
            clause.moods.append(word)
    for thing in clause.things:
        if thing.colour and not clause.colours:
            clause.colours.append(thing.colour)
        if thing.place != "anywhere" and not clause.places:
            clause.places.append(thing.place)
    return clause


def _known(word: str) -> str:
    """A word as this vocabulary writes it, without the ending of ``greens``, ``bluish`` or ``reddish``."""
    for stem in (word, word.removesuffix("s"), word.removesuffix("ish"), word.removesuffix("dish")):
        if stem in SYNONYMS:
            return SYNONYMS[stem]
        if stem in _NAMES:
            return stem
    return word


def _joined(clauses: list[Clause]) -> list[Clause]:
    """Clauses that only say where, put to the one before them, or after the first."""
    joined: list[Clause] = []
    where: list[str] = []
    for clause in clauses:
        if clause.colours or clause.moods or clause.things:
            clause.places += [] if clause.places else where
            where = []
            joined.append(clause)
        elif joined and not joined[-1].places:
            joined[-1].places += clause.places
        else:
            where = clause.places
    return joined
