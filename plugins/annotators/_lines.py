"""Lines of text that are read again and again while they are shown, as one."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from plugins.values import Span

ALIKE = 0.8
"""share of characters that two readings of one line have in common, at least"""

Box = tuple[float, float, float, float]
"""left, top, right, bottom as fractions of the picture"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it was read once."""

    text: str
    confidence: float
    """0 to 1"""
    box: Box


@dataclass(slots=True)
class _Shown:
    """A line and how long it was seen."""

    best: Line
    start_us: int
    end_us: int | None = None
    """when it was not there any more; None while it is"""

    def is_like(self, line: Line) -> bool:
        return _is_alike(_letters(self.best.text), _letters(line.text))


class Lines:
    """The lines of one shot, put together from its readings."""

    def __init__(self, end_us: int) -> None:
        """
        Args:
            end_us: of the shot
        """
        self._end_us = end_us
        self._shown: list[_Shown] = []

    def see(self, time_us: int, lines: Sequence[Line]) -> None:
        """Takes the next reading: a line that is not in it is gone, and one that comes back is another."""
        there = [item for item in self._shown if item.end_us is None]
        for line in lines:
            known = next((item for item in there if item.is_like(line)), None)
            if known is None:
                self._shown.append(_Shown(line, time_us))
                continue
            there.remove(known)
            if line.confidence > known.best.confidence:
                known.best = line
        for item in there:
            item.end_us = time_us

    def all(self) -> Iterator[tuple[Line, Span]]:
        """Every line, as it was read with the most confidence."""
        for item in self._shown:
            end_us = self._end_us if item.end_us is None else item.end_us
            yield item.best, Span(item.start_us, max(end_us, item.start_us + 1))


def _letters(text: str) -> str:
    """What counts of a line: spaces and accents are what readings differ in."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if part.isalnum())


def _is_alike(one: str, other: str) -> bool:
    """Numbers must be the same: a clock that goes on shows another text."""
    if _digits(one) != _digits(other):
        return False
    return one == other or SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
