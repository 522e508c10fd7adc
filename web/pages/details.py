"""What the page of a video says below its player: its words by kind, its file, how it was indexed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flask import url_for

from indexer.catalog import LABEL, TAG, Catalog, FileRecord, StageRecord, State
from plugins.values import Annotation, Video, printable, timecode
from web.access import can_manage
from web.cards import file_size
from web.explain import PARTIAL, WORDS
from web.texts import gettext as _

_TS = "MPEG-2 transport stream"
CONTAINERS = {
    ".3g2": "3GPP2", ".3gp": "3GPP", ".asf": "ASF", ".avi": "AVI", ".flv": "Flash Video", ".gif": "GIF",
    ".m2ts": _TS, ".m4v": "MPEG-4", ".mkv": "Matroska", ".mov": "QuickTime", ".mp4": "MPEG-4",
    ".mpeg": "MPEG program stream", ".mpg": "MPEG program stream", ".mts": _TS, ".mxf": "MXF",
    ".ogg": "Ogg", ".ogv": "Ogg", ".qt": "QuickTime", ".ts": _TS, ".vob": "DVD video", ".webm": "WebM",
    ".wmv": "Windows Media",
}  # fmt: skip
"""by suffix"""
NOT_SAID = ("name", LABEL, TAG)
"""Sources of annotations that are no words of the video."""


@dataclass(frozen=True, slots=True)
class Named:
    """A label or tag, and where it is."""

    text: str
    kind: str
    """``label`` or ``tag``"""
    times: int
    """shots or spans of this video that have it"""
    search_url: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of indexing."""

    stage: str
    state: str
    seconds: str
    why: str = ""
    """it is not done"""
    detail: str = ""
    """for whoever looks for the cause, in English"""


@dataclass(frozen=True, slots=True)
class Details:
    """details.html"""

    id: int
    names: tuple[Named, ...]
    """labels and tags, the most frequent first"""
    facts: dict[str, str]
    """technical data, by label"""
    stages: tuple[StageLine, ...]
    missing: bool
    can_change: bool


def details(catalog: Catalog, video: Video) -> Details:
    annotations = catalog.annotations(video.id)
    file = catalog.file(video.id)
    return Details(
        id=video.id,
        names=_names(video, annotations),
        facts=_facts(video, file),
        stages=tuple(
            _stage_line(record)
            for record in sorted(file.stages.values(), key=lambda item: item.stage, reverse=True)
        ),
        missing=video.missing,
        can_change=can_manage(),
    )


def _names(video: Video, annotations: Sequence[Annotation]) -> tuple[Named, ...]:
    counts: dict[tuple[str, str], int] = {}
    for item in annotations:
        if item.source in (LABEL, TAG):
            counts[item.source, item.text] = counts.get((item.source, item.text), 0) + 1
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(
        Named(text, kind, times, url_for("pages.search", q=f'{kind}:"{text}"', video=video.id))
        for (kind, text), times in ordered
    )


def _facts(video: Video, file: FileRecord) -> dict[str, str]:
    """Technical data, by label."""
    facts = {
        _("Path"): printable(video.path),
        _("File size"): file_size(file.size),
        _("Container"): CONTAINERS.get(Path(video.path).suffix.lower(), _("unknown")),
        _("Picture"): f"{video.width} × {video.height}, {video.codec}",
        _("Length"): timecode(video.duration_us),
        _("Sound"): _("yes") if video.has_audio else _("no"),
    }
    if video.frame_rate is not None:
        facts[_("Frame rate")] = f"{float(video.frame_rate):.3f}".rstrip("0").rstrip(".") + " fps"
    if video.duration_us:
        facts[_("Bit rate")] = _(
            "%(rate)s Mbit/s, all streams together", rate=f"{file.size * 8 / video.duration_us:.2f}"
        )
    if video.created is not None:
        facts[_("Recorded")] = f"{video.created:%Y-%m-%d %H:%M} UTC"
    return facts


def _stage_line(record: StageRecord) -> StageLine:
    took = f"{record.seconds:.1f} s" if record.seconds else ""
    line = StageLine(_stage(record.stage), record.state, took)
    if record.state is State.DONE:
        return line
    why = _(WORDS.get(record.reason, PARTIAL)[0])
    return replace(line, why=why, detail=printable(record.detail))


def _stage(name: str) -> str:
    kind, __, reference = name.partition(":")
    what = {"scan": _("Shots"), "encode": _("Vectors of"), "annotate": _("Text by")}
    return f"{what[kind]} {reference}".strip() if kind in what else name
