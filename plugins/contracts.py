"""The four contracts a plugin can fulfil. `plugins.testing` ships the tests that say whether it does.

A plugin is a class named by an entry point; the host makes it with `plugins.registry.create`. What it is made
with stands in `Plugin`; nothing else is passed, so a class without ``__init__`` is complete.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, Self

from plugins.errors import Unsupported
from plugins.values import (
    Annotation,
    Frame,
    Ids,
    Image,
    Matrix,
    Shot,
    Sound,
    Space,
    Span,
    Vectors,
    Video,
)


@dataclass(frozen=True, slots=True)
class Context:
    """What the host tells every plugin about where it runs."""

    models: Path | None = None
    """folder of fetched weights; None where there is none"""
    device: str = "auto"
    """``auto``, ``cpu``, ``cuda``, ``cuda:1``"""
    runtime: str = "auto"
    """how models run on a processor, see `plugins.runtimes`"""


class Plugin:
    """What encoders, detectors and annotators have in common."""

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        """
        Args:
            argument: what followed the name: ``resnet50`` of ``cnn:resnet50``; each plugin says what it takes
            reference: name and argument as the host writes them down; the class itself when made by hand
            context: where it runs
        """
        self.argument = argument
        by_class = f"{type(self).__module__}:{type(self).__qualname__}"
        self.reference = reference or (f"{by_class}:{argument}" if argument else by_class)
        self.context = context or Context()

    def check(self) -> None:
        """Says before any work is done what keeps it from working here: nothing by default.

        Raises:
            WeightsMissing
            Unsupported: a package is not installed; names the command
        """

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.reference}>"


class Encoder(Plugin, ABC):
    """Turns pictures, and where it can also words, into vectors of one space.

    The one thing to write is `encode_images`; ``dim`` and ``revision`` are class attributes or properties and
    must be answered without loading weights. Rows need not have unit length: the host sees to that.
    """

    batch_size: ClassVar[int] = 32
    """how many pictures the host hands over at once, at most"""
    frames_per_shot: ClassVar[int] = 4
    """how many keyframes of a shot the host hands over, at most"""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @property
    @abstractmethod
    def revision(self) -> str:
        """Changes whenever the same picture would get another vector."""

    @property
    def space(self) -> Space:
        """The space of this encoder's vectors."""
        return Space(self.reference, self.revision, self.dim)

    @abstractmethod
    def encode_images(self, images: Sequence[Image]) -> Matrix:
        """Vectors of pictures.

        Args:
            images: uint8 (height, width, 3) RGB, upright, of any and differing sizes; may be empty

        Returns:
            float32 (len(images), dim), finite, no zero row
        """

    def encode_shots(self, shots: Sequence[Sequence[Image]]) -> Matrix:
        """One vector a shot: here the mean of its frames' unit vectors. A video model overrides this, and
        then gets every shot's frames together and stores one vector a shot instead of one a frame.

        Returns:
            float32 (len(shots), dim)
        """
        import numpy as np

        if not shots:
            return np.zeros((0, self.dim), np.float32)
        frames = self.encode_images([image for shot in shots for image in shot])
        frames = frames / np.linalg.norm(frames, axis=1, keepdims=True)
        ends = np.cumsum([len(shot) for shot in shots])
        return np.stack([part.mean(axis=0) for part in np.split(frames, ends[:-1])]).astype(np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Vectors of sentences, comparable with those of pictures.

        Raises:
            Unsupported: this encoder reads no text (the default)
            NotUnderstood: it reads text, but none of the words of one of these
        """
        raise Unsupported(
            "encoder %(reference)s reads no text; use one that does (`shotseek plugins`)",
            reference=self.reference,
        )

    def understanding(self, text: str) -> float:
        """The share of a sentence's words, 0 to 1, that mean something to it, 1 by default: who knows half of
        what was asked counts for little beside who knows all of it."""
        return 1.0

    @property
    def reads_text(self) -> bool:
        return type(self).encode_texts is not Encoder.encode_texts

    @property
    def sees_motion(self) -> bool:
        return type(self).encode_shots is not Encoder.encode_shots

    @property
    def sees_parts(self) -> bool:
        """Whether the host hands over the parts of every keyframe too, as pictures with rows of their own:
        what is small, or one of many, is found then, for five times the work and the rows. No by default."""
        return False


class Media(Protocol):
    """An open video, as detectors and annotators are given it."""

    @property
    def video(self) -> Video: ...

    def frames(
        self,
        span: Span | None = None,
        *,
        fps: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> Iterator[Frame]:
        """Frames in order of time.

        Args:
            span: only frames shown inside it; all by default
            fps: at most so many a second, the first of each period; all by default
            size: (width, height) to scale to; the video's own by default. Asking for what is needed is what
                makes a detector fast: small frames never become full-size pictures.
        """
        ...

    def audio(self, span: Span | None = None, *, rate: int = 16_000) -> Iterator[Sound]:
        """Sound in order of time, in pieces of about a second; nothing where there is none. Pieces touch,
        except where the file has a gap.

        Args:
            span: only what is heard inside it; all by default
            rate: samples a second
        """
        ...

    def subtitles(self) -> Iterator[Annotation]:
        """Text streams inside the file, ``source`` "subtitles"."""
        ...


class ShotDetector(Plugin, ABC):
    """Says where a new shot begins."""

    piece_size: ClassVar[tuple[int, int] | None] = None
    """(width, height) of the frames that it asks for, where `cuts` may be asked for pieces of a video, one
    after the other, instead of for all of it at once: the host then leaves out what shows no change, which is
    most of it, and keeps only frames of this size of the rest. None: it is given all, at any size."""

    @abstractmethod
    def cuts(self, media: Media) -> Iterator[int]:
        """Times of the first frame of each new shot, microseconds, strictly ascending, without the start of
        the video. For a gradual transition: its middle. The host makes shots of them that touch and cover the
        video, so a detector need not care for the ends.

        The first call of ``media.frames()`` without a span shares the one pass over the file with the rest of
        the host; a cut must be yielded at most ten seconds, or 128 frames, after its frame has been seen,
        whichever is later, so that memory stays bounded.
        """


class Annotator(Plugin, ABC):
    """Writes timed text about a video."""

    source: ClassVar[str]
    """short name that every annotation of this annotator carries"""

    @abstractmethod
    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        """Annotations in any order."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What a store found, best first. Rows with fewer than k matches end in id -1 and score -inf."""

    ids: Ids
    """int64 (queries, k)"""
    scores: Matrix
    """float32 (queries, k), inner product of unit rows, descending"""


class VectorStore(ABC):
    """Finds the nearest rows of one space. A cache: the catalog can fill it again at any time.

    Ids are the catalog's row numbers: positive, never reused, ascending with time. Searching from many
    threads while one thread adds is allowed; two processes that open one folder each have their own store,
    and only one of them flushes.
    """

    space: Space

    @classmethod
    @abstractmethod
    def open(cls, folder: Path, space: Space) -> Self:
        """The store kept in a folder, empty if there is none.

        Raises:
            DamagedIndex: a file is not what its manifest says, or belongs to another space
        """

    @abstractmethod
    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Adds rows of ascending ids above `highest_id`. Searchable at once, kept by `flush`."""

    @abstractmethod
    def remove(self, ids: Ids) -> None:
        """Forgets rows; ids it does not have are ignored."""

    @abstractmethod
    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> Matches:
        """The k best rows of each query, among the allowed ids (all by default)."""

    @abstractmethod
    def flush(self) -> None:
        """Keeps what was added and removed, atomically: a reader sees all of it or what was before."""

    @abstractmethod
    def __len__(self) -> int:
        """Rows that can be found."""

    @property
    @abstractmethod
    def highest_id(self) -> int:
        """The highest id ever added, 0 when empty: rows above it are still to be added."""
