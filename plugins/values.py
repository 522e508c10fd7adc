"""The values that flow between the rooms: frozen, slotted, validated when made.

Times are whole microseconds of presentation time, counted from the first frame a player would show; spans are
half-open. Frame numbers are never used as time: rates vary, and only the container's clock tells.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from plugins.errors import InvalidValue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image: TypeAlias = NDArray[np.uint8]
    """(height, width, 3) RGB, upright."""
    Matrix: TypeAlias = NDArray[np.float32]
    """(n, dim)."""
    Ids: TypeAlias = NDArray[np.int64]
    """(n,)."""
    Samples: TypeAlias = NDArray[np.float32]
    """(n,), from -1 to 1."""
else:
    Image = Matrix = Ids = Samples = Any

SECOND = 1_000_000
"""Microseconds in a second."""


def timecode(us: int) -> str:
    """``H:MM:SS.mmm`` of a time in microseconds, rounded down so that it never points past its frame."""
    ms = us // 1000
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def printable(path: str) -> str:
    """A path as text that any encoder, page or terminal takes: bytes that are not UTF-8 and control
    characters become U+FFFD. For showing only; never for opening."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open piece of time."""

    start_us: int
    """microseconds, inclusive"""
    end_us: int
    """microseconds, exclusive; after ``start_us``"""

    def __post_init__(self) -> None:
        if self.end_us <= self.start_us:
            raise InvalidValue(f"a span must end after it starts, got {self.start_us}..{self.end_us}")

    @property
    def duration_us(self) -> int:
        return self.end_us - self.start_us

    def overlaps(self, other: "Span") -> bool:
        return self.start_us < other.end_us and other.start_us < self.end_us

    def __contains__(self, us: int) -> bool:
        return self.start_us <= us < self.end_us


@dataclass(frozen=True, slots=True)
class Video:
    """A video file as its container describes it, plus what a pass over it has measured."""

    id: int
    """row of the catalog; 0 before it has one"""
    path: str
    """absolute; surrogateescape text, so that any name the file system allows survives"""
    fingerprint: str
    """of the content (see `indexer.media.fingerprint`); empty when not computed"""
    duration_us: int
    """of the video stream, microseconds; an estimate until the file has been decoded"""
    width: int
    """pixels, after rotation"""
    height: int
    """pixels, after rotation"""
    frame_rate: Fraction | None
    """frames a second; a hint only, absent where the container does not say or says nonsense"""
    codec: str
    has_audio: bool
    created: datetime | None = None
    """UTC; from the container's tags, else from the file's modification time"""
    missing: bool = False
    """the file was not there at the last look; what is known of it is kept"""

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InvalidValue(f"a video must have pixels, got {self.width}x{self.height}")
        if self.duration_us < 0:
            raise InvalidValue(f"a duration must not be negative, got {self.duration_us}")

    @property
    def name(self) -> str:
        """The file's name for showing, see `printable`."""
        return printable(Path(self.path).name)


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture and its time."""

    image: Image
    """uint8 (height, width, 3), RGB, upright"""
    pts: int
    """presentation time in units of ``time_base``, counted from the video's first frame"""
    time_base: Fraction
    """seconds"""

    def __post_init__(self) -> None:
        shape, dtype = self.image.shape, self.image.dtype
        if len(shape) != 3 or shape[2] != 3 or dtype != "uint8":
            raise InvalidValue(f"a frame must be uint8 (h, w, 3), got {dtype} {shape}")

    @property
    def time_us(self) -> int:
        return self.pts * self.time_base.numerator * SECOND // self.time_base.denominator

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame({width}x{height} at {timecode(self.time_us)})"


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A piece of sound and its time."""

    start_us: int
    """microseconds from the video's first frame"""
    samples: Samples
    """float32 (n,), one channel, from -1 to 1, at least one"""
    rate: int
    """samples a second"""

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != "float32" or not len(self.samples):
            raise InvalidValue(f"sound must be float32 (n,), got {self.samples.dtype} {self.samples.shape}")

    @property
    def span(self) -> Span:
        return Span(self.start_us, self.start_us + max(1, len(self.samples) * SECOND // self.rate))

    def __repr__(self) -> str:
        return f"Sound({len(self.samples)} samples at {timecode(self.start_us)})"


@dataclass(frozen=True, slots=True)
class Shot:
    """An unbroken piece of a video. The shots of a video touch, never overlap, and cover it."""

    id: int
    """row of the catalog; 0 before it has one"""
    video_id: int
    index: int
    """0-based, in order of time"""
    span: Span
    keyframes_us: tuple[int, ...]
    """times of the frames that stand for the shot, ascending, at least one, all inside ``span``"""

    def __post_init__(self) -> None:
        if not self.keyframes_us:
            raise InvalidValue(f"shot {self.index} has no keyframe")
        if list(self.keyframes_us) != sorted(set(self.keyframes_us)):
            raise InvalidValue(f"keyframes must ascend, got {self.keyframes_us}")
        if self.keyframes_us[0] not in self.span or self.keyframes_us[-1] not in self.span:
            raise InvalidValue(f"keyframes {self.keyframes_us} lie outside {self.span}")


@dataclass(frozen=True, slots=True)
class Space:
    """What makes two vectors comparable. Stored beside every vector and checked at every query."""

    encoder: str
    """the reference that makes the encoder again: ``palette``, ``cnn:resnet50@/models/mine.safetensors``"""
    revision: str
    """changes whenever the same picture would get another vector: a version, or the digest of the weights"""
    dim: int
    """length of a vector"""

    def __post_init__(self) -> None:
        if not self.encoder or not self.revision:
            raise InvalidValue(f"a space needs an encoder and a revision, got {self}")
        if not 1 <= self.dim <= 65_536:
            raise InvalidValue(f"a space must have 1 to 65536 dimensions, got {self.dim}")


@dataclass(frozen=True, slots=True)
class Vectors:
    """Rows of one space: the one gate that the output of every encoder passes."""

    space: Space
    data: Matrix
    """float32 (n, dim), finite, unit length, C-contiguous"""

    def __post_init__(self) -> None:
        import numpy as np

        if self.data.dtype != np.float32 or self.data.ndim != 2 or self.data.shape[1] != self.space.dim:
            raise InvalidValue(
                f"vectors of {self.space.encoder} must be float32 (n, {self.space.dim}),"
                f" got {self.data.dtype} {self.data.shape}"
            )
        if not np.isfinite(self.data).all():
            raise InvalidValue(f"vectors of {self.space.encoder} must be finite, got NaN or infinity")
        norms = np.linalg.norm(self.data, axis=1)
        if not np.allclose(norms, 1, atol=1e-3):
            raise InvalidValue(
                f"vectors of {self.space.encoder} must have unit length,"
                f" got {norms.min():.4g} to {norms.max():.4g}"
            )

    @classmethod
    def normalised(cls, space: Space, data: Matrix) -> "Vectors":
        """Rows of any positive length, brought to unit length.

        Raises:
            InvalidValue: a row is zero or not finite, or the shape is wrong.
        """
        import numpy as np

        if data.ndim != 2:
            raise InvalidValue(f"vectors of {space.encoder} must be (n, {space.dim}), got shape {data.shape}")
        norms = np.linalg.norm(data, axis=1, keepdims=True)
        if not np.isfinite(norms).all() or (norms == 0).any():
            raise InvalidValue(f"vectors of {space.encoder} must be finite and not zero")
        return cls(space, np.ascontiguousarray(data / norms, dtype=np.float32))

    def __len__(self) -> int:
        return int(self.data.shape[0])

    def __repr__(self) -> str:
        return f"Vectors({self.space.encoder}, {self.data.shape[0]}x{self.data.shape[1]})"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Timed text of any kind: speech, screen, subtitle, label, object, face."""

    span: Span
    source: str
    """which annotator wrote it: ``subtitles``"""
    text: str
    confidence: float = 1.0
    """0 to 1"""
    language: str | None = None
    """BCP 47, where known"""
    box: tuple[float, float, float, float] | None = None
    """left, top, right, bottom as fractions of the upright picture"""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidValue(f"an annotation of {self.source} needs text")
        if not 0 <= self.confidence <= 1:
            raise InvalidValue(f"confidence must be 0 to 1, got {self.confidence}")


@dataclass(frozen=True, slots=True)
class Progress:
    """What the pipeline has done so far for one video; it yields these, terminal and page draw them."""

    path: str
    stage: str
    """``scan``, ``encode``, ``done``, ``partial``, ``failed``, ``unchanged``, ``moved``, ``missing``,
    ``cancelled``; ``waiting`` for another process, and then ``path`` is the library"""
    done: int
    """microseconds of the video, or frames, or files: of ``total``"""
    total: int
    """0 where unknown"""
    detail: str = ""
    """one line for a person"""
    reason: str = ""
    """a `Reason` code when ``stage`` is ``failed`` or ``partial``"""


def as_path_text(path: str | os.PathLike[str]) -> str:
    """An absolute path with links resolved, as the catalog writes it."""
    return str(Path(path).expanduser().resolve())
