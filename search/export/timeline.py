"""Edit decision lists and OpenTimelineIO files, by OpenTimelineIO and its adapters (the extra `export`)."""

import re
from fractions import Fraction
from typing import Any

from plugins.extras import need
from plugins.values import printable
from search.export import rates
from search.export.editlist import EditList, Entry, file_url, one_line

MAX_EVENTS = 9_999
"""of an EDL: readers take no number of more digits"""
REEL = 8
"""characters of a reel's name"""


def to_otio(cuts: EditList) -> bytes:
    """A timeline of one video track, and one of sound where any of the videos has it. Each clip is counted at
    the rate of its video and lasts as many of its frames as are nearest to the moment."""
    otio = _library()
    timeline = otio.schema.Timeline(cuts.name, global_start_time=_time(otio, 0, cuts.rate))
    kinds = [otio.schema.TrackKind.Video]
    if any(_has_sound(entry) for entry in cuts.entries):
        kinds.append(otio.schema.TrackKind.Audio)
    for kind in kinds:
        track = otio.schema.Track(kind=kind)
        for entry in cuts.entries:
            span = _range(otio, entry.first + entry.start, entry.end - entry.start, entry.rate)
            if kind == otio.schema.TrackKind.Audio and not _has_sound(entry):
                empty = _range(otio, 0, entry.end - entry.start, entry.rate)
                track.append(otio.schema.Gap(source_range=empty))
            else:
                track.append(_clip(otio, entry, span))
        timeline.tracks.append(track)
    text: str = otio.adapters.write_to_string(timeline, "otio_json")
    return text.encode("utf-8")


def to_edl(cuts: EditList) -> bytes:
    """CMX 3600. The format has one rate, so the frames of videos with other rates are counted at that of the
    list."""
    otio = _library()
    timeline = otio.schema.Timeline(cuts.name)
    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for entry in cuts.entries[:MAX_EVENTS]:
        first = entry.first if entry.rate == cuts.rate else _recounted(entry, cuts.rate)
        start = rates.frames(entry.moment.span.start_us, cuts.rate)
        clip = _clip(otio, entry, _range(otio, first + start, entry.length, cuts.rate))
        path = one_line(printable(entry.moment.path))
        # the adapter writes the address of the media as it is; readers of EDLs look for a path
        clip.media_reference = otio.schema.MissingReference()
        del clip.markers[:]  # of which it would write the text in capitals
        said = [f"FROM FILE: {path}"] + [f"COMMENT: {text}" for text in (_said(entry),) if text]
        clip.metadata["cmx_3600"] = {"reel": _reel(entry), "comments": said}
        track.append(clip)
    text: str = otio.adapters.write_to_string(timeline, "cmx_3600", rate=float(cuts.rate), reelname_len=REEL)
    return _with_sound(_headed(text, cuts.rate), cuts).encode("utf-8")


def _library() -> Any:
    need("this format", "export", ("opentimelineio", "otio_cmx3600_adapter"))
    import opentimelineio

    return opentimelineio


def _clip(otio: Any, entry: Entry, span: Any) -> Any:
    moment = entry.moment
    available = _range(otio, entry.first, entry.available, entry.rate)
    media = otio.schema.ExternalReference(file_url(moment.path), available)
    media.name = moment.name
    clip = otio.schema.Clip(moment.name, media, span)
    clip.metadata["shotseek"] = {
        "label": one_line(moment.label),
        "note": _encodable(moment.note),
        "missing": moment.missing,
    }
    if said := _said(entry):
        clip.markers.append(otio.schema.Marker(said, otio.opentime.TimeRange(span.start_time, _none(span))))
    return clip


def _none(span: Any) -> Any:
    """No time, at the rate of a span."""
    return span.duration - span.duration


def _said(entry: Entry) -> str:
    return one_line(entry.moment.note) or one_line(entry.moment.label)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _has_sound(entry: Entry) -> bool:
    return entry.moment.video is not None and entry.moment.video.has_audio


def _time(otio: Any, count: int, rate: Fraction) -> Any:
    return otio.opentime.RationalTime(count, float(rate))


def _range(otio: Any, start: int, length: int, rate: Fraction) -> Any:
    return otio.opentime.TimeRange(_time(otio, start, rate), _time(otio, length, rate))


def _recounted(entry: Entry, rate: Fraction) -> int:
    """The frame that a video's first frame is at another rate."""
    return round(rates.seconds(entry.first, entry.rate) * rate)


def _reel(entry: Entry) -> str:
    """The letters and digits of the file's name."""
    stem = entry.moment.name.rpartition(".")[0] or entry.moment.name
    return (re.sub(r"[^A-Za-z0-9]", "", stem)[:REEL] or "AX").upper().ljust(REEL)


def _headed(text: str, rate: Fraction) -> str:
    """Says below the title whether timecode is drop-frame, which the adapter leaves out."""
    counting = "DROP FRAME" if rates.is_dropped(rate) else "NON-DROP FRAME"
    title, _, rest = text.partition("\n")
    return f"{title}\nFCM: {counting}\n{rest}"


def _with_sound(text: str, cuts: EditList) -> str:
    """The adapter writes events of the picture alone; those whose video has sound take it along."""
    sounding = {entry.number for entry in cuts.entries if _has_sound(entry)}

    def event(match: "re.Match[str]") -> str:
        return f"{match[1]}{'AA/V ' if int(match[2]) in sounding else match[3]}"

    return re.sub(rf"^((\d{{3,}})  .{{{REEL}}} )(V    )(?= C        \d\d:)", event, text, flags=re.MULTILINE)
