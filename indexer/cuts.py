"""What the decoding process is asked to cut: single moments, and a reel of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from indexer.media import Limits, open_media
from indexer.task import Outbox, Task
from plugins.errors import MediaError
from plugins.values import Span


@dataclass(frozen=True, slots=True)
class Made:
    """How much of a film there is."""

    share: float
    """0 to 1"""


@dataclass(frozen=True, slots=True)
class Cut:
    """A film that was cut out of a video."""

    path: str
    copied: bool
    """the stream was taken as it is; else it was encoded again"""
    why: str
    """it was encoded again, one line; empty where it was copied"""
    frames: int
    """pictures in it"""


@dataclass(frozen=True, slots=True)
class Timecode:
    """What a file says that its first frame is called."""

    path: str
    text: str
    """``01:00:00:00``; empty where it says nothing"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A moment of a reel."""

    path: str
    start_us: int
    frames: int
    """of the reel"""
    title: str


@dataclass(frozen=True, slots=True)
class Trim(Task):
    """Asks for one moment as a file of its own."""

    path: str
    roots: Sequence[str]
    limits: Limits
    span: Span
    target: str
    """where it is to be written; the suffix is appended"""

    def run(self, outbox: Outbox) -> None:
        from indexer.cut import trim

        with open_media(self.path, self.roots, self.limits) as media:
            outbox.watch(media)
            outbox.put(trim(media, self.span, self.target, lambda share: outbox.put(Made(share))))


@dataclass(frozen=True, slots=True)
class Join(Task):
    """Asks for moments one after the other in one film."""

    path: str
    """where it is to be written"""
    pieces: Sequence[Piece]
    roots: Sequence[str]
    limits: Limits
    size: tuple[int, int]
    """(width, height) of every picture, even"""
    rate: Fraction
    """frames a second"""
    title: str

    def run(self, outbox: Outbox) -> None:
        from indexer.reel import join

        outbox.put(join(self, outbox))


@dataclass(frozen=True, slots=True)
class AskTimecodes(Task):
    """Asks what files call their first frames; those that cannot be opened say nothing."""

    paths: Sequence[str]
    roots: Sequence[str]
    limits: Limits
    path: str = "timecodes"

    def run(self, outbox: Outbox) -> None:
        for path in self.paths:
            try:
                with open_media(path, self.roots, self.limits) as media:
                    text = media.timecode
            except MediaError:
                text = ""
            outbox.put(Timecode(path, text))
