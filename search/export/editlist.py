"""What every format is written from: the picked moments one after the other, in whole frames of one rate.

The rate of the list is the one that most of its time has, see `search.export.rates`. A moment lasts the
nearest whole number of its frames, at least one, and begins where the one before it ends: all formats, and
the reel, have their cuts at the same frames.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote_from_bytes

from indexer.catalog import CollectionItem
from plugins.errors import InvalidValue
from plugins.queries import Hit
from plugins.values import SECOND, Span, Video, printable
from search.export import rates


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment to be exported."""

    path: str
    span: Span
    video: Video | None
    """None where the library no longer has it"""
    label: str = ""
    """why it was picked"""
    note: str = ""

    @property
    def missing(self) -> bool:
        """Whether its file cannot be opened now."""
        return self.video is None or self.video.missing

    @property
    def name(self) -> str:
        """Of the file, for showing."""
        return printable(Path(self.path).name)

    @property
    def title(self) -> str:
        """One line: what was noted, else why it was picked, else the file's name."""
        return one_line(self.note) or one_line(self.label) or self.name


@dataclass(frozen=True, slots=True)
class Entry:
    """A moment in its place."""

    number: int
    """from 1"""
    moment: Moment
    rate: Fraction
    """at which its video is counted"""
    first: int
    """number of the video's first frame, at that rate: what the timecode in the file says, else 0"""
    start: int
    """frames of its own rate from the video's first frame to the moment"""
    at: int
    """where it begins in the list, in frames of the list's rate"""
    length: int
    """in frames of the list's rate, at least 1"""

    @property
    def available(self) -> int:
        """Frames that its video has, at its own rate; as many as the moment needs where it is not known."""
        video = self.moment.video
        known = rates.frames(video.duration_us, self.rate) if video else 0
        return max(known, self.end)

    @property
    def end(self) -> int:
        """The frame of its own rate, exclusive, at which the moment ends."""
        return max(self.start + 1, rates.frames(self.moment.span.end_us, self.rate))


@dataclass(frozen=True, slots=True)
class EditList:
    """Moments one after the other."""

    name: str
    rate: Fraction
    """frames a second"""
    entries: tuple[Entry, ...]
    """at least one"""

    @property
    def length(self) -> int:
        """Of all together, in frames."""
        last = self.entries[-1]
        return last.at + last.length

    def present(self) -> "EditList":
        """Only the moments whose videos are there, as films show them.

        Raises:
            InvalidValue: there is none
        """
        found: list[Entry] = []
        at = 0
        for entry in self.entries:
            if not entry.moment.missing:
                found.append(replace(entry, number=len(found) + 1, at=at))
                at += entry.length
        if not found:
            raise InvalidValue("%(name)s: every video of it is missing", name=self.name)
        return replace(self, entries=tuple(found))

    def us(self, frame: int) -> int:
        """The time of a frame of the list, microseconds."""
        return int(rates.seconds(frame, self.rate) * SECOND)


def edit_list(name: str, moments: Iterable[Moment], timecodes: dict[str, str] | None = None) -> EditList:
    """Puts moments one after the other.

    Args:
        timecodes: of the first frame of videos by path, for those that carry one

    Raises:
        InvalidValue: there is no moment
    """
    chosen = list(moments)
    if not chosen:
        raise InvalidValue("%(name)s is empty: there is nothing to export", name=name or "this list")
    own = [rates.standard(item.video.frame_rate if item.video else None) for item in chosen]
    known = [
        (rate, item.span.duration_us)
        for rate, item in zip(own, chosen, strict=True)
        if item.video is not None
    ]
    rate = rates.commonest(known)
    entries: list[Entry] = []
    at = 0
    for number, (item, its) in enumerate(zip(chosen, own, strict=True), 1):
        counted = its if item.video else rate
        length = max(1, rates.frames(item.span.duration_us, rate))
        first = _first(timecodes.get(item.path, "") if timecodes else "", counted)
        start = rates.frames(item.span.start_us, counted)
        entries.append(Entry(number, item, counted, first, start, at, length))
        at += length
    return EditList(one_line(name) or "Shotseek", rate, tuple(entries))


def _first(text: str, rate: Fraction) -> int:
    """A timecode that a file carries but its rate does not have says nothing."""
    try:
        return rates.parse_timecode(text, rate) if text else 0
    except InvalidValue:
        return 0


def of_items(items: Iterable[CollectionItem]) -> list[Moment]:
    """The moments of a collection."""
    return [Moment(item.path, item.span, item.video, item.label, item.note) for item in items]


def of_hits(hits: Iterable[Hit], label: str = "") -> list[Moment]:
    """The moments of an answer.

    Args:
        label: what was asked
    """
    return [Moment(hit.video.path, hit.span, hit.video, label) for hit in hits]


def one_line(text: str) -> str:
    """A text without line breaks and without what drives a terminal or ends a field."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def file_url(path: str) -> str:
    """A path as an address that any bytes survive in."""
    return "file://" + quote_from_bytes(os.fsencode(path))
