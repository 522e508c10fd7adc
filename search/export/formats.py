"""Every format that picked moments can be exported in, and what each is for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from plugins import durable
from plugins.errors import InvalidValue, NotFound
from plugins.values import printable
from search.export import contact, fcpxml, films, players, sheets, timeline
from search.export.editlist import EditList
from search.export.studio import Studio

Write = Callable[[EditList], bytes]
Make = Callable[[EditList, Path, Studio], None]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write picked moments."""

    name: str
    group: str
    """formats of one use, for showing them together"""
    title: str
    about: str
    """what it is for, one line"""
    suffix: str
    """of the file; no two formats have the same"""
    media_type: str
    write: Write | None = None
    """makes the file without opening a video; else `make` does"""
    make: Make | None = None
    """decodes videos to make it"""

    @property
    def is_slow(self) -> bool:
        """Whether videos must be decoded for it."""
        return self.make is not None


FORMATS: tuple[Format, ...] = (
    Format(
        "reel",
        "Films",
        "Reel",
        "For watching and showing: all moments joined into one film with chapters.",
        ".mp4",
        "video/mp4",
        make=films.to_reel,
    ),
    Format(
        "subclips",
        "Films",
        "Subclips",
        "For cutting elsewhere: each moment as a film of its own, taken as it is where the cut allows.",
        ".zip",
        "application/zip",
        make=films.to_subclips,
    ),
    Format(
        "edl",
        "Editing programs",
        "Edit decision list",
        "For DaVinci Resolve, Premiere Pro, Avid and nearly every other editing program: cuts by timecode.",
        ".edl",
        "text/plain",
        timeline.to_edl,
    ),
    Format(
        "fcpxml",
        "Editing programs",
        "Final Cut Pro XML",
        "For Final Cut Pro and DaVinci Resolve: cuts with exact times, notes as markers.",
        ".fcpxml",
        "application/xml",
        fcpxml.to_fcpxml,
    ),
    Format(
        "otio",
        "Editing programs",
        "OpenTimelineIO",
        "For Resolve, Kdenlive, Blender and pipelines: opens there or becomes another format.",
        ".otio",
        "application/json",
        timeline.to_otio,
    ),
    Format(
        "contact",
        "Lists",
        "Contact sheet",
        "For printing and sending: a picture of every moment with its times and note.",
        ".jpg",
        "image/jpeg",
        make=contact.to_contact_sheet,
    ),
    Format(
        "csv",
        "Lists",
        "Spreadsheet",
        "For Excel, LibreOffice and Numbers: one row a moment, with times and notes.",
        ".csv",
        "text/csv",
        sheets.to_csv,
    ),
    Format(
        "json",
        "Lists",
        "JSON",
        "For programs: everything that is known of the moments.",
        ".json",
        "application/json",
        sheets.to_json,
    ),
    Format(
        "m3u",
        "Lists",
        "Playlist",
        "For VLC: plays one moment after the other, out of the original files.",
        ".m3u",
        "audio/x-mpegurl",
        players.to_m3u,
    ),
    Format(
        "chapters",
        "Chapters of the reel",
        "Chapters for FFmpeg",
        "For muxing: the chapters of the reel, which already has them inside.",
        ".ffmeta",
        "text/plain",
        players.to_ffmetadata,
    ),
    Format(
        "youtube",
        "Chapters of the reel",
        "Chapters for YouTube",
        "For the description of an uploaded reel: one line a chapter.",
        ".txt",
        "text/plain",
        players.to_youtube,
    ),
    Format(
        "webvtt",
        "Chapters of the reel",
        "Chapters for web pages",
        "For a video element that shows the reel: a track of kind chapters.",
        ".vtt",
        "text/vtt",
        players.to_webvtt,
    ),
)


LISTS = tuple(item for item in FORMATS if not item.is_slow and not item.group.startswith("Chapters"))
"""those that are made without decoding anything and mean something without a reel"""


def format_named(name: str) -> Format:
    """
    Raises:
        NotFound: names those there are
    """
    for item in FORMATS:
        if item.name == name:
            return item
    names = ", ".join(item.name for item in FORMATS)
    raise NotFound("no export format %(name)s; there are %(names)s", name=repr(printable(name)), names=names)


def format_of(path: str) -> Format:
    """The format that the end of a file's name says; a folder is for subclips.

    Raises:
        InvalidValue: it says none; names those there are
    """
    suffix = ".zip" if path.endswith("/") or Path(path).is_dir() else Path(path).suffix.lower()
    for item in FORMATS:
        if item.suffix == suffix:
            return item
    known = ", ".join(f"{item.suffix} ({item.name})" for item in FORMATS)
    raise InvalidValue(
        "%(path)s: the end of the name says no export format; it may be %(known)s",
        path=printable(path),
        known=known,
    )


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
    elif form.make is not None:
        form.make(cuts, target, studio)
        studio.say(1.0)
