"""FCPXML 1.8, which Final Cut Pro (10.4.1 and later) and DaVinci Resolve open.

Written here because the adapter of OpenTimelineIO knows no rate of 1000/1001 by its exact value, cannot write
a name with a quote in it, and runs a program to look into the files; see docs/decisions.md.
"""

from fractions import Fraction
from xml.etree import ElementTree as ET

from plugins.values import Video
from search.export import rates
from search.export.editlist import EditList, Entry, file_url, one_line

NAMES = {rates.NTSC * 24: "2398", rates.NTSC * 30: "2997", rates.NTSC * 60: "5994"}
"""of rates, in the names of formats"""
CONFORMED = {rate: f"{float(rate):.2f}".removesuffix(".00") for rate in rates.STANDARD}
"""of rates, as `conform-rate` writes them"""
HEIGHTS = {(1280, 720): "720p", (1920, 1080): "1080p", (3840, 2160): "3840x2160p"}


def to_fcpxml(cuts: EditList) -> bytes:
    """A project of one sequence. Places are whole frames of the sequence; in and out are of the video's
    own."""
    root = ET.Element("fcpxml", version="1.8")
    resources = ET.SubElement(root, "resources")
    of_sequence = _format(resources, "r1", cuts.rate, _size(cuts))
    assets: dict[str, ET.Element] = {}
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=cuts.name)
    sequence = ET.SubElement(
        ET.SubElement(event, "project", name=cuts.name),
        "sequence",
        format=of_sequence,
        duration=_time(cuts.length, cuts.rate),
        tcStart="0s",
        tcFormat=_counting(cuts.rate),
        audioLayout="stereo",
        audioRate="48k",
    )
    spine = ET.SubElement(sequence, "spine")
    for entry in cuts.entries:
        if entry.moment.path not in assets:
            assets[entry.moment.path] = _asset(resources, len(assets), entry)
        _clip(spine, assets[entry.moment.path], entry, cuts.rate)
    _widen(assets, cuts)
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
    return (head + ET.tostring(root, encoding="unicode") + "\n").encode("utf-8")


def _asset(resources: ET.Element, index: int, entry: Entry) -> ET.Element:
    """The file that a moment is in, and the format of its picture."""
    moment, video = entry.moment, entry.moment.video
    form = f"r{2 * index + 2}"
    _format(resources, form, entry.rate, (video.width, video.height) if video else None)
    asset = ET.SubElement(
        resources,
        "asset",
        id=f"r{2 * index + 3}",
        name=one_line(moment.name),
        src=file_url(moment.path),
        start=_time(entry.first, entry.rate),
        duration=_time(entry.available, entry.rate),
        hasVideo="1",
        format=form,
    )
    if video is not None and video.has_audio:
        asset.attrib |= {"hasAudio": "1", "audioSources": "1", "audioChannels": "2", "audioRate": "48000"}
    return asset


def _widen(assets: dict[str, ET.Element], cuts: EditList) -> None:
    """An asset lasts as long as the longest moment taken out of it needs."""
    for path, asset in assets.items():
        mine = [entry for entry in cuts.entries if entry.moment.path == path]
        longest = max(mine, key=lambda entry: entry.available)
        asset.set("duration", _time(longest.available, longest.rate))


def _clip(spine: ET.Element, asset: ET.Element, entry: Entry, rate: Fraction) -> None:
    moment = entry.moment
    start = _time(entry.first + entry.start, entry.rate)
    clip = ET.SubElement(
        spine,
        "asset-clip",
        name=one_line(moment.name),
        ref=asset.attrib["id"],
        offset=_time(entry.at, rate),
        start=start,
        duration=_time(entry.length, rate),
        format=asset.attrib["format"],
        tcFormat=_counting(entry.rate),
    )
    if moment.note:
        ET.SubElement(clip, "note").text = one_line(moment.note)
    if entry.rate != rate:
        ET.SubElement(clip, "conform-rate", scaleEnabled="0", srcFrameRate=CONFORMED[entry.rate])
    if moment.title != moment.name:
        ET.SubElement(clip, "marker", start=start, duration=_time(1, entry.rate), value=moment.title)


def _format(resources: ET.Element, id_: str, rate: Fraction, size: tuple[int, int] | None) -> str:
    element = ET.SubElement(resources, "format", id=id_, frameDuration=_time(1, rate))
    if size is not None:
        if size in HEIGHTS:
            element.set("name", f"FFVideoFormat{HEIGHTS[size]}{NAMES.get(rate, round(rate))}")
        element.attrib |= {"width": str(size[0]), "height": str(size[1])}
    return id_


def _size(cuts: EditList) -> tuple[int, int] | None:
    """Of the picture that most of the time has."""
    lengths: dict[tuple[int, int], int] = {}
    for entry in cuts.entries:
        video: Video | None = entry.moment.video
        if video is not None:
            size = video.width, video.height
            lengths[size] = lengths.get(size, 0) + entry.length
    return max(lengths, key=lambda size: lengths[size], default=None)


def _counting(rate: Fraction) -> str:
    return "DF" if rates.is_dropped(rate) else "NDF"


def _time(count: int, rate: Fraction) -> str:
    """So many frames as FCPXML writes time: an exact fraction of seconds."""
    time = rates.seconds(count, rate)
    whole = time.denominator == 1
    return f"{time.numerator}s" if whole else f"{time.numerator}/{time.denominator}s"
