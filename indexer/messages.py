"""What goes between the decoding process and its parent: jobs one way, messages the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.media import Limits
from indexer.scan import ScannedShot
from indexer.task import Task
from plugins.contracts import Context
from plugins.errors import Reason
from plugins.values import Annotation, Span, Video

TRUSTED = frozenset(
    [
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("fractions", "Fraction"),
        ("indexer.cuts", "Cut"),
        ("indexer.cuts", "Made"),
        ("indexer.cuts", "Timecode"),
        ("indexer.messages", "AnnotatorEnded"),
        ("indexer.messages", "Done"),
        ("indexer.messages", "Failed"),
        ("indexer.messages", "Position"),
        ("indexer.messages", "Ready"),
        ("indexer.messages", "Scanned"),
        ("indexer.playback", "Chapter"),
        ("indexer.playback", "Playback"),
        ("indexer.proxy", "Segment"),
        ("indexer.keyframes", "Keyframe"),
        ("indexer.scan", "ScannedShot"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.numeric", "_frombuffer"),
        ("plugins.errors", "Reason"),
        ("plugins.values", "Annotation"),
        ("plugins.values", "Frame"),
        ("plugins.values", "Span"),
        ("plugins.values", "Video"),
    ]
)
"""What a message may be made of."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far the pass has come, in microseconds."""

    done_us: int
    total_us: int
    """0 where the container does not say"""
    annotator: str = ""
    """reference of the one that is at work, after the shots were found"""


@dataclass(frozen=True, slots=True)
class AnnotatorEnded:
    """An annotator is through with this video."""

    name: str
    """its reference"""
    error: str
    """one line; empty when it succeeded"""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The end of a scan."""

    video: Video
    """with its measured duration"""
    frames: int
    decoded: int
    """frames that were decoded to find the shots; some of them twice"""
    lost: int
    """packets that could not be decoded: any makes the video partial"""

    @property
    def detail(self) -> str:
        """One line on how it was done and what is missing."""
        skimmed = self.decoded < self.frames
        how = (
            f"{self.decoded} of {self.frames} frames decoded" if skimmed else f"{self.frames} frames decoded"
        )
        packets = "1 packet" if self.lost == 1 else f"{self.lost} packets"
        return f"{how}, {packets} damaged" if self.lost else how


@dataclass(frozen=True, slots=True)
class Failed:
    """The process's way to raise a `MediaError` here."""

    reason: Reason
    detail: str
    path: str = ""
    """of the file, where it is not the one that the job names"""


@dataclass(frozen=True, slots=True)
class Ready:
    """The process has started."""


@dataclass(frozen=True, slots=True)
class Done:
    """The process is ready for the next job."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Asks for everything there is to know of a file."""

    path: str
    roots: Sequence[str]
    limits: Limits
    detector: str
    annotators: Sequence[str]
    max_shot_us: int
    frames_per_shot: int
    exact: bool
    context: Context | None


@dataclass(frozen=True, slots=True)
class Pick:
    """Asks for the frames shown at some times."""

    path: str
    roots: Sequence[str]
    limits: Limits
    times_us: Sequence[int]
    short_side: int | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Asks for the frames of a piece of video."""

    path: str
    roots: Sequence[str]
    limits: Limits
    span: Span | None
    fps: float
    short_side: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """Asks how a file is stored."""

    path: str
    roots: Sequence[str]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Make:
    """Asks for some segments of a proxy."""

    path: str
    roots: Sequence[str]
    limits: Limits
    numbers: range
    duration_us: int
    has_sound: bool
    copied: bool


Job = Scan | Pick | Watch | Look | Make | Task
Message = Video | ScannedShot | Annotation | AnnotatorEnded | Position | Scanned
