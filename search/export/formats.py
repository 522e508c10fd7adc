"""Every format that picked moments can be exported in, and what each is for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from plugins import durable
from plugins.errors import InvalidValue, NotFound
from plugins.values import printable
from search.export import fcpxml, players, sheets, timeline
from search.export.editlist import EditList
from search.export.studio import Studio

Write = Callable[[EditList], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write picked moments."""

    name: str
    title: str
    about: str
    """what it is for, one line"""
    suffix: str
    """of the file; no two formats have the same"""
    media_type: str
    write: Write | None = None
    """makes the file without opening a video"""

    @property
    def is_slow(self) -> bool:
        """Whether videos must be decoded for it."""
        return self.write is None


FORMATS: tuple[Format, ...] = (
    Format(
        "edl",
        "Edit decision list",
        "For DaVinci Resolve, Premiere Pro, Avid and nearly every other editing program: cuts by timecode.",
        ".edl",
        "text/plain",
        timeline.to_edl,
    ),
    Format(
        "fcpxml",
        "Final Cut Pro XML",
        "For Final Cut Pro and DaVinci Resolve: cuts with exact times, notes as markers.",
        ".fcpxml",
        "application/xml",
        fcpxml.to_fcpxml,
    ),
    Format(
        "otio",
        "OpenTimelineIO",
        "For Resolve, Kdenlive, Blender and pipelines: opens there or becomes another format.",
        ".otio",
        "application/json",
        timeline.to_otio,
    ),
    Format(
        "csv",
        "Spreadsheet",
        "For Excel, LibreOffice and Numbers: one row a moment, with times and notes.",
        ".csv",
        "text/csv",
        sheets.to_csv,
    ),
    Format(
        "json",
        "JSON",
        "For programs: everything that is known of the moments.",
        ".json",
        "application/json",
        sheets.to_json,
    ),
    Format(
        "m3u",
        "Playlist",
        "For VLC: plays one moment after the other, out of the original files.",
        ".m3u",
        "audio/x-mpegurl",
        players.to_m3u,
    ),
    Format(
        "chapters",
        "Chapters for FFmpeg",
        "For muxing: the chapters of the reel, which already has them inside.",
        ".ffmeta",
        "text/plain",
        players.to_ffmetadata,
    ),
    Format(
        "youtube",
        "Chapters for YouTube",
        "For the description of an uploaded reel: one line a chapter.",
        ".txt",
        "text/plain",
        players.to_youtube,
    ),
    Format(
        "webvtt",
        "Chapters for web pages",
        "For a video element that shows the reel: a track of kind chapters.",
        ".vtt",
        "text/vtt",
        players.to_webvtt,
    ),
)


def format_named(name: str) -> Format:
    """
    Raises:
        NotFound: names those there are
    """
    for item in FORMATS:
        if item.name == name:
            return item
    names = ", ".join(item.name for item in FORMATS)
    raise NotFound(f"no export format {printable(name)!r}; there are {names}")


def format_of(path: str) -> Format:
    """The format that the suffix of a file's name says.

    Raises:
        InvalidValue: it says none; names those there are
    """
    suffix = Path(path).suffix.lower()
    for item in FORMATS:
        if item.suffix == suffix:
            return item
    known = ", ".join(f"{item.suffix} ({item.name})" for item in FORMATS)
    raise InvalidValue(f"{printable(path)}: the end of the name says no export format; it may be {known}")


def export(cuts: EditList, form: Format, target: Path, studio: Studio) -> None:
    """Writes a list into a file; the file is wholly there or not at all.

    Args:
        studio: opens the videos, says how far it is, and keeps what was left out

    Raises:
        Unsupported: the extra of this format is not installed
        InvalidValue: there is nothing to show, or too much
        MediaError: a video cannot be decoded
        OSError: the file cannot be written
    """
    if form.write is not None:
        durable.write(target, form.write(cuts))
