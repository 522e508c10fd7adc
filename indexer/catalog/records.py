"""What the catalog answers with, beyond the values that every room shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugins.values import Space, Video


class State(StrEnum):
    """How a stage, or all that was done for a video, has ended."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StageRecord:
    """How one stage of one file has ended."""

    stage: str
    """``scan``, ``encode:<reference>``, ``annotate:<source>``"""
    state: State
    reason: str = ""
    """a `Reason` code unless done"""
    detail: str = ""
    """one line for a person"""
    revision: str = ""
    """of the plugin that did it"""
    seconds: float = 0.0
    """that it took"""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file the catalog has met, whether or not it became a video."""

    id: int
    """that of the video as well"""
    path: str
    size: int
    """bytes"""
    mtime_ns: int
    fingerprint: str
    """empty when the file could not be read"""
    missing: bool
    stages: Mapping[str, StageRecord]


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a file on disk is taken for unchanged."""

    size: int
    """bytes"""
    mtime_ns: int
    missing: bool
    """at the last look"""


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """A folder, or single file, that is looked at for videos."""

    id: int
    path: str
    watched: bool
    """new files in it are indexed by themselves"""
    looked_at: datetime | None
    """UTC; None before the first look"""
    videos: int
    failed: int
    """files that could not become a video"""
    missing: int
    """videos whose files were not there at the last look"""
    size: int
    """bytes of all files"""


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file that is left out when its folder is indexed."""

    id: int
    path: str


@dataclass(frozen=True, slots=True)
class VideoSummary:
    """One line of a list of videos."""

    video: Video
    shots: int
    state: State
    """done when every stage is, else partial"""
    indexed_at: datetime
    """UTC"""


@dataclass(frozen=True, slots=True)
class Problem:
    """A stage of a file that did not end well."""

    path: str
    stage: str
    state: State
    reason: str
    detail: str
    at: datetime
    """UTC"""
    file_id: int = 0
    """by which it is tried again"""


class VideoOrder(StrEnum):
    """In which order videos are listed."""

    PATH = "path"
    RECORDED = "recorded"
    """the latest first"""
    ADDED = "added"
    """those that were indexed last first"""
    LENGTH = "length"
    """the longest first"""


class VideoState(StrEnum):
    """Which videos are listed."""

    DONE = "done"
    """all was done"""
    PARTIAL = "partial"
    """some of it failed"""
    MISSING = "missing"
    """the file was not there at the last look"""


@dataclass(frozen=True, slots=True)
class SpaceRecord:
    """A space that has vectors."""

    id: int
    space: Space
    rows: int
    videos: int
    asked: bool
    """by searches that name no encoder"""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the vectors of a space have got. Two equal ones mean that nothing has changed between them."""

    generation: int
    """raised whenever a store has published a snapshot"""
    highest_id: int
    """of the vectors; 0 where there are none"""
    removed: int
    """the last removal; 0 where none is remembered"""


@dataclass(frozen=True, slots=True)
class Row:
    """Where a vector belongs, before its shot has an id."""

    shot_index: int
    time_us: int


@dataclass(frozen=True, slots=True)
class Found:
    """Where a vector belongs."""

    vector_id: int
    shot_id: int
    time_us: int


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A shot in which all the words of a query are said, shown or named."""

    shot_id: int
    """the shot in which the matching annotation starts"""
    at_us: int
    """where it starts, inside the shot"""
    end_us: int
    """where it ends, inside the shot"""
    score: float
    """BM25, higher is better; 0 where there was nothing to weigh"""
    source: str
    """of the annotation"""
    snippet: str
    """around the matching words, each between U+E000 and U+E001"""
    whole: bool
    """whether the words are there as they were asked for, and not only inside longer ones"""
    near: bool = True
    """whether the words stand close together, in the order in which they were asked"""
