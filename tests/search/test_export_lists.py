"""Lists of cuts: each is parsed back by something that we have not written, or by the rules of its format."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.errors import InvalidValue, NotFound
from plugins.values import SECOND, Span, Video
from search.export import rates
from search.export.editlist import EditList, Moment, edit_list, file_url
from search.export.formats import FORMATS, format_named, format_of

NTSC = Fraction(30000, 1001)
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2",
    "@SUM(A1)",
    'a "quoted" <b>bold<i> & ; # = \\ name',
    "two\nlines\r\n* FROM CLIP NAME: forged\n#EXTINF:1,forged\n[CHAPTER]\n\n00:00.000 --> 00:09.000",
    "../../etc/passwd",
    "\x1b[31mred\x00\u2028\u202e",
    "日本語 café 🎬",
    "]]> <!-- x -->",
)


def video(id_: int, path: str, rate: Fraction | None = Fraction(25), **more: Any) -> Video:
    fields: dict[str, Any] = {"duration_us": 60 * SECOND, "width": 1920, "height": 1080, "codec": "h264"}
    fields |= {"has_audio": True} | more
    return Video(id=id_, path=path, fingerprint="f", frame_rate=rate, **fields)


def moment(path: str, start: float, end: float, note: str = "", label: str = "", **more: Any) -> Moment:
    span = Span(round(start * SECOND), round(end * SECOND))
    return Moment(path, span, video(1, path, **more), label, note)


def text(name: str, cuts: EditList) -> str:
    write = format_named(name).write
    assert write is not None
    return write(cuts).decode("utf-8-sig")


def three(rate: Fraction = Fraction(25)) -> list[Moment]:
    step = 1 / rate
    return [
        moment("/v/a.mp4", float(50 * step), float(75 * step), "the best one", rate=rate),
        moment("/v/b c.mov", 0, float(10 * step), label="a dog", rate=rate),
        moment("/v/a.mp4", float(100 * step), float(160 * step), rate=rate),
    ]


@given(st.integers(0, 24 * 3600 * 60), st.sampled_from(rates.STANDARD))
def test_a_frame_has_one_timecode_and_a_timecode_one_frame(frame: int, rate: Fraction) -> None:
    """And OpenTimelineIO calls it the same."""
    frame %= round(24 * 3600 * rate) - 60
    shown = rates.timecode(frame, rate)
    assert rates.parse_timecode(shown, rate) == frame
    assert shown == otio.opentime.to_timecode(otio.opentime.RationalTime(frame, float(rate)), float(rate))
    plain = rates.timecode(frame, rate, drop=False)
    assert ";" not in plain
    assert rates.parse_timecode(plain, rate) == frame


@given(st.integers(0, 10 * 3600 * SECOND), st.sampled_from([NTSC, 2 * NTSC]))
def test_drop_frame_agrees_with_the_clock_on_the_wall(us: int, rate: Fraction) -> None:
    hours, minutes, rest = rates.timecode(rates.frames(us, rate), rate).split(":", 2)
    seconds, _, frame = rest.partition(";")
    shown = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(frame) / round(rate)
    assert abs(shown - us / SECOND) < 0.12


@given(st.integers(0, 1_000_000), st.sampled_from(rates.STANDARD))
def test_the_time_of_a_frame_is_that_frame(frame: int, rate: Fraction) -> None:
    """However its microseconds were rounded."""
    exact = frame * SECOND / rate
    assert rates.frames(int(exact), rate) == rates.frames(-int(-exact // 1), rate) == frame


@pytest.mark.parametrize(
    ("given_rate", "counted"),
    [
        (None, 25),
        ("12.5", 25),
        ("15", 30),
        ("12", 24),
        ("120", 60),
        ("29.97", "30000/1001"),
        ("23.976", "24000/1001"),
        ("14.985", "30000/1001"),
        ("119.88", "60000/1001"),
        ("29.83", "30000/1001"),
        ("27", 25),
        ("24", 24),
        ("1000", 50),
    ],
)
def test_every_rate_is_counted_at_a_standard_one(given_rate: str | None, counted: object) -> None:
    found = rates.standard(None if given_rate is None else Fraction(given_rate))
    assert found == Fraction(str(counted))


@pytest.mark.parametrize(
    "wrong", ["", "1:2:3", "00:01:00;00", "00:00:60:00", "00:00:00:30", "a:b:c:d", "-1:0:0:0"]
)
def test_what_is_no_timecode_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue):
        rates.parse_timecode(wrong, NTSC)
    with pytest.raises(InvalidValue):
        rates.timecode(-1, NTSC)
    with pytest.raises(InvalidValue):
        rates.timecode(1, Fraction(25), drop=True)


@given(
    st.lists(
        st.tuples(st.integers(0, 50 * SECOND), st.integers(1, 9 * SECOND), st.sampled_from(rates.STANDARD)),
        min_size=1,
        max_size=12,
    )
)
def test_cuts_follow_each_other_without_gap_or_drift(parts: list[tuple[int, int, Fraction]]) -> None:
    moments = [Moment("/v", Span(at, at + length), video(1, "/v", rate)) for at, length, rate in parts]
    cuts = edit_list("x", moments)
    at = 0
    for entry, item in zip(cuts.entries, moments, strict=True):
        assert entry.at == at
        at += entry.length
        assert entry.length >= 1
        wanted = item.span.duration_us * cuts.rate / SECOND
        assert abs(entry.length - wanted) <= max(Fraction(1, 2), 1 - wanted)
        assert entry.start <= entry.end - 1 <= entry.first + entry.available
    assert cuts.length == at


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(24), NTSC, 2 * NTSC, Fraction(24000, 1001)])
def test_an_edl_is_read_back_as_it_was_meant(rate: Fraction) -> None:
    cuts = edit_list("Best of", three(rate), {"/v/a.mp4": "01:00:00:00"})
    edl = text("edl", cuts)
    assert edl.splitlines()[:2] == [
        "TITLE: Best of",
        f"FCM: {'DROP FRAME' if rate in (NTSC, 2 * NTSC) else 'NON-DROP FRAME'}",
    ]
    read = otio.adapters.read_from_string(edl, "cmx_3600", rate=float(rate))
    assert [track.name for track in read.tracks] == ["V", "A1", "A2"]
    hour = rates.parse_timecode("01:00:00:00", rate)
    for track in read.tracks:
        clips = list(track)
        starts = [round(clip.source_range.start_time.value) for clip in clips]
        assert starts == [hour + 50, 0, hour + 100]
        assert [round(clip.source_range.duration.value) for clip in clips] == [25, 10, 60]
        assert [clip.name for clip in clips] == ["a.mp4", "b c.mov", "a.mp4"]
    places = [track_time(clip) for clip in read.tracks[0]]
    assert places == [0, 25, 35]
    assert "* FROM FILE: /v/b c.mov" in edl
    assert "* COMMENT: the best one" in edl


def track_time(clip: Any) -> int:
    place: float = clip.range_in_parent().start_time.value
    return round(place)


def test_in_an_edl_other_rates_are_counted_at_that_of_the_list() -> None:
    parts = [moment("/v/a.mp4", 10, 20), moment("/v/b.mp4", 2, 3, rate=Fraction(50))]
    cuts = edit_list("mixed", parts, {"/v/b.mp4": "00:01:00:00"})
    assert cuts.rate == 25
    read = otio.adapters.read_from_string(text("edl", cuts), "cmx_3600", rate=25)
    second = read.tracks[0][1].source_range
    assert (second.start_time.value, second.duration.value) == (62 * 25, 25)
    again = otio.adapters.read_from_string(text("otio", cuts), "otio_json")
    second = again.tracks[0][1].source_range
    assert (second.start_time.value, second.start_time.rate) == (62 * 50, 50)


@pytest.mark.parametrize("rate", [Fraction(25), NTSC])
def test_an_otio_file_is_read_back(rate: Fraction) -> None:
    cuts = edit_list("Best of", three(rate), {"/v/b c.mov": "10:00:00:00"})
    read = otio.adapters.read_from_string(text("otio", cuts), "otio_json")
    assert (read.name, [track.kind for track in read.tracks]) == ("Best of", ["Video", "Audio"])
    for track in read.tracks:
        assert [clip.source_range.duration.value for clip in track] == [25, 10, 60]
        assert {clip.source_range.duration.rate for clip in track} == {float(rate)}
        first, second, _ = track
        start = rates.parse_timecode("10:00:00:00", rate)
        assert second.source_range.start_time.value == start
        assert second.media_reference.available_range.start_time.value == start
        assert first.available_range().contains(first.source_range)
        assert second.media_reference.target_url == "file:///v/b%20c.mov"
        assert [marker.name for marker in first.markers] == ["the best one"]
        assert first.metadata["shotseek"]["note"] == "the best one"


def test_a_silent_video_leaves_a_gap_in_the_sound() -> None:
    parts = [*three(), moment("/v/q.mp4", 0, 1, has_audio=False)]
    cuts = edit_list("x", parts)
    read = otio.adapters.read_from_string(text("otio", cuts), "otio_json")
    assert isinstance(read.tracks[1][3], otio.schema.Gap)
    assert read.tracks[0].duration() == read.tracks[1].duration()
    events = [line for line in text("edl", cuts).splitlines() if line[:3].isdigit()]
    assert [line.split()[2] for line in events] == ["AA/V", "AA/V", "AA/V", "V"]


def test_fcpxml_is_read_back_by_the_adapter() -> None:
    cuts = edit_list("Best of", three())
    events = otio.adapters.read_from_string(text("fcpxml", cuts), "fcpx_xml")
    (read,) = events
    (track,) = read.tracks
    assert [clip.name for clip in track] == ["a.mp4", "b c.mov", "a.mp4"]
    assert [clip.source_range.start_time.value for clip in track] == [50, 0, 100]
    assert [clip.source_range.duration.value for clip in track] == [25, 10, 60]
    assert [clip.media_reference.target_url for clip in track][1] == "file:///v/b%20c.mov"
    assert [marker.name for marker in track[0].markers] == ["the best one"]


def exact(time: str) -> Fraction:
    return Fraction(time.removesuffix("s"))


@pytest.mark.parametrize("rate", rates.STANDARD)
def test_times_in_fcpxml_are_whole_frames(rate: Fraction) -> None:
    parts = [*three(rate), moment("/v/c.mp4", 1.5, 2.5, rate=Fraction(25) if rate != 25 else Fraction(30))]
    root = ET.fromstring(text("fcpxml", edit_list("x", parts, {"/v/a.mp4": "01:00:00:00"})))
    formats = {item.attrib["id"]: exact(item.attrib["frameDuration"]) for item in root.iter("format")}
    (sequence,) = root.iter("sequence")
    frame = formats[sequence.attrib["format"]]
    assets = {item.attrib["id"]: item for item in root.iter("asset")}
    assert len(assets) == 3
    at = Fraction(0)
    for clip in root.iter("asset-clip"):
        offset, length, start = (exact(clip.attrib[name]) for name in ("offset", "duration", "start"))
        assert offset == at
        assert (offset / frame).denominator == (length / frame).denominator == 1
        asset = assets[clip.attrib["ref"]]
        assert (start / formats[asset.attrib["format"]]).denominator == 1
        first = exact(asset.attrib["start"])
        assert first <= start
        assert start + length <= first + exact(asset.attrib["duration"]) + frame
        assert (clip.find("conform-rate") is not None) == (formats[asset.attrib["format"]] != frame)
        at += length
    assert exact(sequence.attrib["duration"]) == at


def test_csv_and_json_hold_every_moment() -> None:
    cuts = edit_list("Best of", three(NTSC))
    rows = list(csv.DictReader(io.StringIO(text("csv", cuts), newline="")))
    assert [(row["number"], row["video"], row["note"]) for row in rows][:2] == [
        ("1", "a.mp4", "the best one"),
        ("2", "b c.mov", ""),
    ]
    assert rows[0]["in"] == "00:00:01;20"
    document = json.loads(text("json", cuts))
    assert (document["name"], document["rate"]) == ("Best of", "30000/1001")
    assert [item["path"] for item in document["items"]] == ["/v/a.mp4", "/v/b c.mov", "/v/a.mp4"]
    assert [item["missing"] for item in document["items"]] == [False] * 3
    assert document["items"][1]["at"] == pytest.approx(25 / float(NTSC), abs=1e-6)


def playlist(content: str) -> list[dict[str, str]]:
    """As VLC reads it: options hold for the address that follows."""
    lines = content.splitlines()
    assert lines[0] == "#EXTM3U"
    found, held = [], {}
    for line in lines[1:]:
        if line.startswith("#EXTVLCOPT:"):
            key, _, value = line.removeprefix("#EXTVLCOPT:").partition("=")
            held[key] = value
        elif line.startswith("#EXTINF:"):
            held["length"], _, held["title"] = line.removeprefix("#EXTINF:").partition(",")
        elif not line.startswith("#"):
            found.append(held | {"address": line})
            held = {}
    return found


def test_a_playlist_names_every_moment_and_leaves_out_what_is_gone() -> None:
    gone = Moment("/v/gone.mp4", Span(0, SECOND), None)
    away = Moment("/v/away.mp4", Span(0, SECOND), video(3, "/v/away.mp4", missing=True))
    items = playlist(text("m3u", edit_list("x", [*three(), gone, away])))
    assert [unquote_to_bytes(urlsplit(item["address"]).path) for item in items] == [
        b"/v/a.mp4",
        b"/v/b c.mov",
        b"/v/a.mp4",
    ]
    assert (items[0]["start-time"], items[0]["stop-time"]) == ("2.000", "3.000")
    assert items[0]["title"] == "the best one"


def chapters(content: str) -> list[tuple[Fraction, Fraction, str]]:
    """By the rules of FFmpeg's metadata files."""
    lines = content.splitlines()
    assert lines[0] == ";FFMETADATA1"
    found: list[dict[str, str]] = []
    for line in lines[1:]:
        if line == "[CHAPTER]":
            found.append({})
        elif found:
            key, _, value = line.partition("=")
            found[-1][key] = value
    return [
        (
            int(item["START"]) * Fraction(item["TIMEBASE"]),
            int(item["END"]) * Fraction(item["TIMEBASE"]),
            item["title"].replace("\\", ""),
        )
        for item in found
    ]


def test_chapters_cover_the_reel() -> None:
    cuts = edit_list("Best of", three(NTSC))
    frame = 1 / NTSC
    assert chapters(text("chapters", cuts)) == [
        (0, 25 * frame, "the best one"),
        (25 * frame, 35 * frame, "a dog"),
        (35 * frame, 95 * frame, "a.mp4"),
    ]
    vtt = text("webvtt", cuts).split("\n\n")
    assert vtt[0] == "WEBVTT"
    assert vtt[1].splitlines() == ["1", "00:00:00.000 --> 00:00:00.834", "the best one"]
    assert text("youtube", cuts) == "00:00 the best one\n"
    long = [moment(f"/v/{index}.mp4", 0, 11) for index in range(4)]
    assert text("youtube", edit_list("x", long)).splitlines() == [
        "00:00 0.mp4",
        "00:11 1.mp4",
        "00:22 2.mp4",
        "00:33 3.mp4",
    ]


def hostile() -> EditList:
    parts = [
        Moment(f"/v/{name}.mp4", Span(0, SECOND), video(index, f"/v/{name}.mp4"), note=name, label=name)
        for index, name in enumerate(HOSTILE)
    ]
    gone = Moment("/v/caf\udce9 \udcff.mp4", Span(0, SECOND), None, note="\udcff")
    return edit_list(HOSTILE[5], [*parts, gone])


def test_hostile_names_change_nothing_in_any_list() -> None:
    cuts = hostile()
    count = len(cuts.entries)
    edl = otio.adapters.read_from_string(text("edl", cuts), "cmx_3600", rate=25)
    assert {len(track) for track in edl.tracks if track.name == "V"} == {count}
    assert "forged" not in [clip.name for clip in edl.tracks[0]]
    assert len(otio.adapters.read_from_string(text("otio", cuts), "otio_json").tracks[0]) == count
    clips = list(ET.fromstring(text("fcpxml", cuts)).iter("asset-clip"))
    assert [clip.attrib["name"] for clip in clips][4] == 'a "quoted" <b>bold<i> & ; # = \\ name.mp4'
    assert len(clips) == count
    assert len(playlist(text("m3u", cuts))) == count - 1
    assert len(chapters(text("chapters", cuts))) == count - 1
    assert chapters(text("chapters", cuts))[4][2] == 'a "quoted" <b>bold<i> & ; # =  name'
    assert len(text("webvtt", cuts).split("\n\n")) == count
    assert len(json.loads(text("json", cuts))["items"]) == count


def test_a_spreadsheet_calculates_nothing() -> None:
    rows = list(csv.reader(io.StringIO(text("csv", hostile()), newline="")))
    assert len(rows) == len(HOSTILE) + 2
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert "'=cmd|' /C calc'!A0" in cells


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_any_text_at_all_stays_one_moment(notes: list[str]) -> None:
    cuts = edit_list("x", [moment("/v/a.mp4", 1, 2, note) for note in notes])
    assert len(ET.fromstring(text("fcpxml", cuts)).findall(".//asset-clip")) == len(notes)
    assert len(otio.adapters.read_from_string(text("edl", cuts), "cmx_3600", rate=25).tracks[0]) == len(notes)
    assert len(list(csv.reader(io.StringIO(text("csv", cuts), newline="")))) == len(notes) + 1
    assert len(playlist(text("m3u", cuts))) == len(chapters(text("chapters", cuts))) == len(notes)


def test_any_path_is_an_address_that_leads_back() -> None:
    for path in ("/v/a b.mp4", "/v/caf\udce9\n#'\"%.mp4", "/v/日本.mp4"):
        assert unquote_to_bytes(urlsplit(file_url(path)).path).decode("utf-8", "surrogateescape") == path


def test_nothing_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="nothing to export"):
        edit_list("x", [])
    with pytest.raises(NotFound, match="there are reel, subclips"):
        format_named("avi")
    with pytest.raises(InvalidValue, match=r"\.edl \(edl\)"):
        format_of("cuts.doc")
    assert format_of("a/b/CUTS.EDL").name == "edl"
    suffixes: Sequence[str] = [item.suffix for item in FORMATS]
    assert len(set(suffixes)) == len(suffixes)
