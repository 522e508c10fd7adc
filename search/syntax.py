"""The language of the search box: words, and a few signs that say how they belong together.

a red ball                     what it shows, or where it is said
beach -people                  and not this
2*sunset sea                   the one counts twice
2*(red car) -(at night)        brackets make one thing of several words
"good morning"                 these words, just so, said or shown
a dog >> a ball                first this, and soon that (the setting ``within``); ``>>5s`` in five seconds
concept:"my dog"               what was taught, see docs/teaching.md
folder:/films  video:x.mp4  after:2024-05-01  before:2025  longer:5s  shorter:1m
size:>=720  codec:hevc  has:speech  tag:holiday  label:beach  like:SHOT
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import Any

from plugins.errors import QuerySyntax
from plugins.messages import Message
from plugins.queries import Concept, Filters, LikeShot, Step, Term, Text
from plugins.values import SECOND, as_path_text

MAX_WEIGHT = 100.0
MAX_LENGTH_S = 1e9
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<then>>>(?:(?P<within>\d+(?:\.\d+)?)(?P<unit>s|min|m|h)(?=\s|$))?)
      | (?P<weight>\d+(?:\.\d+)?)\*(?=[^\s*])
      | (?P<no>-)(?=[\w"(])
      | (?P<field>[A-Za-z]+):(?=\S)(?!//)
      | (?P<quote>")
      | (?P<open>\()
      | (?P<close>\))
      | (?P<word>(?:(?!>>)[^\s"()])+)
    )""",
    re.VERBOSE,
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|)$")
_SIZE = re.compile(r"(>=|<=|<|>|)(\d+)p?$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text asks for."""

    terms: tuple[Term, ...]
    filters: Filters
    then: tuple[Step, ...]
    videos: tuple[str, ...]
    """names of videos to search in, to be looked up in the library"""
    places: tuple["Place", ...] = ()
    """of the filters, in order"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a filter stands in a text."""

    name: str
    value: str
    start: int
    end: int


def parse(text: str) -> Parsed:
    """Reads a query.

    Raises:
        QuerySyntax: it cannot be read; says at which character and what was expected there
    """
    return _Parser(text).parsed()


@dataclass(slots=True)
class _Parser:
    text: str
    _at: int = 0
    _terms: list[Term] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    """that follow one another and make one sentence"""
    _filters: Filters = field(default_factory=Filters)
    _videos: list[str] = field(default_factory=list)
    _steps: list[tuple[tuple[Term, ...], int | None]] = field(default_factory=list)
    _within_us: int | None = None
    _places: list[Place] = field(default_factory=list)

    def parsed(self) -> Parsed:
        while token := self._token():
            self._take(token)
        self._end_step(len(self.text))
        (terms, _), *rest = self._steps
        then = tuple(Step(terms, within) for terms, within in rest)
        return Parsed(terms, self._filters, then, tuple(self._videos), tuple(self._places))

    def _token(self) -> re.Match[str] | None:
        if not self.text[self._at :].strip():
            return None
        found = _TOKEN.match(self.text, self._at)
        assert found, "every character is one of the kinds"
        self._at = found.end()
        return found

    def _take(self, token: re.Match[str]) -> None:
        start = token.start(token.lastgroup or 0)
        if token["then"]:
            self._end_step(start)
            self._within_us = _microseconds(token["within"], token["unit"]) if token["within"] else None
        elif token["word"]:
            self._words.append(token["word"])
        elif token["field"] and not (token["field"].lower() in _FIELDS or token["field"].lower() in _TERMS):
            self._refuse_field(token["field"], start)
        elif token["field"] and token["field"].lower() in _FIELDS:
            self._filter(token["field"].lower(), start)
        elif token["close"]:
            raise QuerySyntax("this bracket was never opened", start)
        else:
            self._end_sentence()
            self._terms.append(self._weighed(token))

    def _weighed(self, token: re.Match[str]) -> Term:
        """A term with the weight and the minus before it."""
        weight, start = 1.0, token.start()
        for name in ("weight", "no"):
            if token[name]:
                weight *= -1.0 if name == "no" else self._weight(token["weight"], start)
                here, following = self._at, self._token()
                if following is None or following["then"] or following["close"]:
                    raise QuerySyntax("something must follow here", here)
                inner = self._weighed(following) if not following["word"] else Text(following["word"])
                return replace(inner, weight=inner.weight * weight)
        if token["quote"]:
            return Text(self._until('"', token.start("quote")), exact=True)
        if token["open"]:
            return Text(self._until(")", token.start("open")))
        if token["field"]:
            name, start = token["field"].lower(), token.start("field")
            if name not in _TERMS:
                raise QuerySyntax(
                    "%(name)s: filters, and cannot be weighed; leave it alone", start, name=name
                )
            return _TERMS[name](self._value(), start)
        return Text(token["word"])

    @staticmethod
    def _weight(number: str, at: int) -> float:
        if not 0 < float(number) <= MAX_WEIGHT:
            raise QuerySyntax(
                "a weight lies above 0 and up to %(most)s, not at %(number)s",
                at,
                most=f"{MAX_WEIGHT:g}",
                number=number,
            )
        return float(number)

    def _until(self, end: str, opened: int) -> str:
        """What stands between a sign and its counterpart."""
        close = self.text.find(end, self._at)
        if close < 0:
            raise QuerySyntax("%(text)s is never closed", opened, text=self.text[opened])
        inside = " ".join(self.text[self._at : close].split())
        if not inside:
            raise QuerySyntax("there is nothing in here", opened)
        self._at = close + 1
        return inside

    def _value(self) -> str:
        """What stands behind a colon: up to the next space, or in quotes."""
        if self.text[self._at] == '"':
            self._at += 1
            return self._until('"', self._at - 1)
        end = self._at + len(self.text[self._at :].split(maxsplit=1)[0])
        value, self._at = self.text[self._at : end], end
        return value

    def _filter(self, name: str, start: int) -> None:
        self._end_sentence()
        value = self._value()
        self._places.append(Place(name, value, start, self._at))
        if name == "video":
            self._videos.append(value)
        else:
            self._filters = replace(self._filters, **_FIELDS[name](value, start, self._filters))

    def _refuse_field(self, name: str, start: int) -> None:
        known = sorted([*_FIELDS, *_TERMS])
        near = get_close_matches(name.lower(), known, 1)
        hint = (
            Message("did you mean %(name)s:", name=near[0])
            if near
            else Message("there are %(names)s", names=", ".join(known))
        )
        raise QuerySyntax(
            "nothing is called %(name)s:; %(hint)s; a colon that is meant stands in quotes",
            start,
            name=name,
            hint=hint,
        )

    def _end_sentence(self) -> None:
        if any(any(map(str.isalnum, word)) for word in self._words):
            self._terms.append(Text(" ".join(self._words)))
        self._words.clear()

    def _end_step(self, at: int) -> None:
        self._end_sentence()
        if (self._steps or at < len(self.text)) and not self._terms:
            raise QuerySyntax(">> needs something on either side", at)
        self._steps.append((tuple(self._terms), self._within_us))
        self._terms = []


def _microseconds(number: str, unit: str) -> int:
    return round(float(number) * _UNITS[unit] * SECOND)


def _length(value: str, at: int) -> int:
    found = _DURATION.match(value)
    if found is None or float(found[1]) * _UNITS[found[2]] > MAX_LENGTH_S:
        raise QuerySyntax("a length is given as 5s, 1.5m or 1h, not %(given)s", at, given=value)
    return _microseconds(found[1], found[2])


def _day(value: str, at: int) -> datetime:
    """The beginning of a day, a month or a year, UTC."""
    try:
        return datetime.combine(date.fromisoformat(value + "-01-01"[len(value) - 4 :]), time(), UTC)
    except ValueError as error:
        raise QuerySyntax(
            "a day is given as 2024-05-01, 2024-05 or 2024, not %(given)s", at, given=value
        ) from error


def size(value: str, at: int = 0) -> dict[str, int]:
    """The fields of `Filters` that ``720p``, ``>=720`` or ``<480`` stands for.

    Raises:
        QuerySyntax: it is none of them
    """
    found = _SIZE.match(value)
    if found is None or int(found[2]) > 100_000:
        raise QuerySyntax("a size is given as 720p, >=720 or <480, not %(given)s", at, given=value)
    sign, lines = found[1], int(found[2])
    least = {"min_height": lines + (sign == ">")} if sign in ("", ">=", ">") else {}
    most = {"max_height": lines - (sign == "<")} if sign in ("", "<=", "<") else {}
    return least | most


def _like(value: str, at: int) -> Term:
    if not (value.isascii() and value.isdigit() and int(value) < 1 << 63):
        raise QuerySyntax("like: takes the number of a shot, not %(given)s", at, given=value)
    return LikeShot(int(value))


_FIELDS: dict[str, Callable[[str, int, Filters], dict[str, Any]]] = {
    "after": lambda value, at, _: {"after": _day(value, at)},
    "before": lambda value, at, _: {"before": _day(value, at)},
    "codec": lambda value, _at, old: {"codecs": (*old.codecs, value.lower())},
    "folder": lambda value, _at, old: {"folders": (*old.folders, as_path_text(value))},
    "has": lambda value, _at, old: {"sources": (*old.sources, value.lower())},
    "label": lambda value, _at, old: {"labels": (*old.labels, value)},
    "longer": lambda value, at, _: {"min_duration_us": _length(value, at)},
    "shorter": lambda value, at, _: {"max_duration_us": _length(value, at)},
    "size": lambda value, at, _: size(value, at),
    "tag": lambda value, _at, old: {"labels": (*old.labels, value)},
    "video": lambda _value, _at, _old: {},
}
_TERMS: dict[str, Callable[[str, int], Term]] = {
    "concept": lambda value, _: Concept(value),
    "like": _like,
}
