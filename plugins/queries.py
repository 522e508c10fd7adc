"""What is asked: terms, filters, what must follow. And what is answered: where, how sure and why."""

import math
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

from plugins.errors import InvalidValue
from plugins.messages import Message
from plugins.values import SECOND, Image, Shot, Span, Video

WITHIN_US = 30 * SECOND
"""in which the next step of a query must begin, where neither it nor who answers says otherwise"""


@dataclass(frozen=True, slots=True)
class Text:
    """Find what these words describe, and where they are said or shown."""

    text: str
    weight: float = 1.0
    """how much it counts beside the others; below 0: what must not be there"""
    exact: bool = False
    """a phrase, to be said, shown or written just so; no encoder is asked"""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Find what looks like this picture."""

    image: Image
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Clip:
    """Find what looks like this piece of video."""

    path: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Find what looks like this piece of a video of the library, and where else it is."""

    video_id: int
    span: Span
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LikeShot:
    """Find what looks like this shot of the library."""

    shot_id: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Concept:
    """Find what looks like the examples that a person has given under a name."""

    name: str
    weight: float = 1.0


Term: TypeAlias = Text | Picture | Clip | Piece | LikeShot | Concept


@dataclass(frozen=True, slots=True)
class Step:
    """What must follow, in the same video."""

    terms: tuple[Term, ...]
    within_us: int | None = None
    """after the moment before it, at most, microseconds; None for the setting ``within``"""

    def __post_init__(self) -> None:
        _check_terms(self.terms)
        if self.within_us is not None and self.within_us <= 0:
            raise InvalidValue(f"what follows must be given time, got {self.within_us} us")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must satisfy, applied inside the search. Absent means anything."""

    videos: tuple[int, ...] = ()
    """any of these videos"""
    folders: tuple[str, ...] = ()
    """inside any of these folders; absolute"""
    min_duration_us: int | None = None
    """of the shot"""
    max_duration_us: int | None = None
    """of the shot"""
    after: datetime | None = None
    """video created at or after; UTC"""
    before: datetime | None = None
    """video created before; UTC"""
    codecs: tuple[str, ...] = ()
    """any of these, as FFmpeg names them: ``h264``"""
    min_height: int | None = None
    """of the video's shorter side, pixels"""
    max_height: int | None = None
    """of the same"""
    sources: tuple[str, ...] = ()
    """the video has annotations of each of these sources: ``speech``"""
    labels: tuple[str, ...] = ()
    """the shot has each of these labels or tags, whatever their case"""
    shots: frozenset[int] | None = None
    """any of these shots; None for all, and of an empty set none"""

    def __and__(self, other: "Filters") -> "Filters":
        """Both together: lists are joined, sets intersected, and of two bounds the other's holds."""
        joined: dict[str, Any] = {}
        for item in fields(self):
            one, two = getattr(self, item.name), getattr(other, item.name)
            joined[item.name] = tuple(dict.fromkeys(one + two)) if isinstance(one, tuple) else two or one
        if self.shots is not None or other.shots is not None:
            sets = [item for item in (self.shots, other.shots) if item is not None]
            joined["shots"] = frozenset.intersection(*sets)
        return Filters(**joined)


@dataclass(frozen=True, slots=True)
class Query:
    """Terms whose answers are fused, and filters that every hit satisfies."""

    terms: tuple[Term, ...]
    filters: Filters = field(default_factory=Filters)
    then: tuple[Step, ...] = ()
    """what must follow, one after the other"""

    def __post_init__(self) -> None:
        _check_terms(self.terms)


def _check_terms(terms: tuple[Term, ...]) -> None:
    for term in terms:
        if not math.isfinite(term.weight) or term.weight == 0:
            raise InvalidValue(f"a weight must be a number other than 0, got {term.weight}")


class Confidence(IntEnum):
    """How sure it is that a hit answers the query; more is surer."""

    WEAK = 1
    """nothing sets it apart from what any query finds"""
    LIKELY = 2
    STRONG = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a shot was found: one ranked list it stood in."""

    source: str
    """an encoder's reference, ``words``, or ``alignment``"""
    rank: int
    """1 is best"""
    score: float
    """in the source's own measure: cosine for encoders, matched words' weight for ``words``"""
    at_us: int
    """the moment that scored"""
    snippet: str | None = None
    """the text that matched, with the matching words between U+E000 and U+E001; only from ``words``"""
    end_us: int | None = None
    """when what matched ends, where the source knows it"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One shot that answers a query."""

    shot: Shot
    video: Video
    at_us: int
    """where to start playing: the best frame, or the matching words"""
    span: Span
    """the moment: the part of the shot that answers, or of the video where several steps were asked for"""
    score: float
    """fused; orders hits of one query and compares with nothing else"""
    evidence: tuple[Evidence, ...]
    """best first"""
    confidence: Confidence | None = None
    """None where nothing is known to compare with"""


class Order(StrEnum):
    """How hits are put in order."""

    SCORE = "score"
    """best first"""
    DATE = "date"
    """of those that were found, the latest video first"""


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a query."""

    hits: tuple[Hit, ...]
    """best first"""
    notes: tuple[Message, ...] = ()
    """what was left out and why (an encoder that reads no text, words none knows), one line each"""
    ranked: tuple[int, ...] = ()
    """the ids of all shots that were put in order, of which the hits are a part"""

    @property
    def convincing(self) -> bool:
        """Whether any hit is more than weak; one of which nothing is known counts as such."""
        return any(hit.confidence is not Confidence.WEAK for hit in self.hits)
