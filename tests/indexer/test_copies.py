"""Segments whose picture is copied: the frames of the file at their times, bit by bit; what is not copied."""

import io
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from indexer.copies import codec_of
from indexer.media import MediaFile, open_media
from indexer.playback import playback
from indexer.proxy import FRAME, SEGMENT_US, SOUND_RATE, TICK, Segment, count, segments
from plugins.errors import MediaError
from plugins.values import SECOND
from shotseek.draw import write_video
from tests.videos import FPS, REAL, scene

SECONDS = 10
FRAMES = {"bf": "3", "preset": "veryfast", "sc_threshold": "0"}
"""options of x264: frames that refer to later ones, and key frames only where they must be"""
STEP_US = SECOND // FPS


def written(path: Path, group: int, **options: str) -> Path:
    write_video(path, scene(1, SECONDS * FPS), fps=FPS, options={**FRAMES, "g": str(group), **options})
    return path


def copied(media: MediaFile, numbers: range | None = None, *, has_sound: bool = False) -> list[Segment]:
    duration_us = max(picture.time_us for picture in media.pictures()) + STEP_US
    wanted = numbers or range(count(duration_us))
    return list(segments(media, wanted, duration_us, has_sound=has_sound, copied=True))


def pictures(segment: Segment) -> list[tuple[int, Any]]:
    """Microseconds in the whole video, and planes, of each frame of a segment, decoded alone."""
    at = segment.data.find(b"tfdt")
    if at < 0:
        return []
    # FFmpeg shifts what is shown before it is decoded; the first frame is shown when it is decoded
    begin = Fraction(struct.unpack(">Q", segment.data[at + 8 : at + 16])[0]) * TICK
    with av.open(io.BytesIO(segment.data), "r") as container:
        frames = [((frame.pts or 0) * TICK, frame.to_ndarray()) for frame in container.decode(video=0)]
    shift = begin - frames[0][0]
    return [(segment.number * SEGMENT_US + round((time + shift) * SECOND), planes) for time, planes in frames]


def check(media: MediaFile, found: list[tuple[int, Any]]) -> None:
    expected = [(picture.time_us, picture.raw.to_ndarray()) for picture in media.pictures()]
    assert len(found) == len(expected)
    for (time_us, planes), (shown_us, original) in zip(found, expected, strict=True):
        assert abs(time_us - shown_us) <= 20
        assert np.array_equal(planes, original)


@pytest.mark.parametrize(
    ("name", "group"),
    [("a.mkv", 25), ("a.mkv", 37), ("a.mkv", 1000), ("a.ts", 130), ("a.flv", 90), ("a.mov", 61)],
)
def test_frames_are_those_of_the_file_bit_by_bit(tmp_path: Path, name: str, group: int) -> None:
    """Key frames more often than segments begin, less often, and only at the beginning; a file that counts
    from 1.4 s and has its parameters in the stream. Each segment decodes alone."""
    path = written(tmp_path / name, group)
    with open_media(str(path), [str(tmp_path)]) as media:
        assert codec_of(media).startswith("avc1.64")
        made = [pictures(segment) for segment in copied(media)]
        check(media, [item for part in made for item in part])
    begins = [part[0][0] for part in made if part]
    assert all(round(us / STEP_US) % group == 0 for us in begins)


def test_a_segment_is_the_same_whatever_was_made_before_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ts", 37)
    with open_media(str(path), [str(tmp_path)]) as media:
        whole = copied(media)
        for number in range(len(whole)):
            [alone] = copied(media, range(number, number + 1))
            assert [us for us, _ in pictures(alone)] == [us for us, _ in pictures(whole[number])]


def test_a_frame_lasts_until_the_next_is_shown(tmp_path: Path) -> None:
    """Times that no rate explains, decoded in another order than shown: a browser counts on both."""
    steps = [20_000, 40_000, 33_000, 700_000] * 10
    times = [sum(steps[:index]) for index in range(len(steps))]
    write_video(tmp_path / "a.mkv", scene(1, len(times)), times_us=times, options={**FRAMES, "g": "9"})
    with open_media(str(tmp_path / "a.mkv"), [str(tmp_path)]) as media:
        made = copied(media)
        check(media, [item for segment in made for item in pictures(segment)])
    for segment in made:
        with av.open(io.BytesIO(segment.data), "r") as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
        shown = sorted((packet.pts or 0, packet.duration or 0) for packet in packets)
        for (pts, duration), (following, _) in pairwise(shown):
            assert pts + duration == following


def test_sound_covers_what_the_picture_covers(tmp_path: Path) -> None:
    tone = np.asarray(np.sin(np.arange(SECONDS * SOUND_RATE) / 20) / 4, np.float32)
    write_video(
        tmp_path / "a.mkv", scene(1, SECONDS * FPS), fps=FPS, options={**FRAMES, "g": "37"}, sound=tone
    )
    at = 0
    with open_media(str(tmp_path / "a.mkv"), [str(tmp_path)]) as media:
        for segment in copied(media, has_sound=True):
            with av.open(io.BytesIO(segment.data), "r") as container:
                times = [packet.pts or 0 for packet in container.demux(audio=0) if packet.size]
            begin = pictures(segment)[0][0]
            assert times[0] + segment.number * SEGMENT_US * SOUND_RATE // SECOND == at
            assert 0 <= at - begin * SOUND_RATE / SECOND <= FRAME
            at += len(times) * FRAME
    assert at >= SECONDS * SOUND_RATE


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("a.avi", {}, "times are those of decoding"),
        ("a.mkv", {"x264-params": "open-gop=1:keyint=30:bframes=3"}, ""),
        ("a.mkv", {"x264-params": "tff=1"}, "two fields"),
        ("a.mkv", {"profile": "high444", "qp": "0"}, "a profile that browsers do not know"),
    ],
)
def test_what_is_left_to_the_encoder(tmp_path: Path, name: str, options: dict[str, str], why: str) -> None:
    """Where it is seen at once no copy is offered; else the segment is refused."""
    path = written(tmp_path / name, 1000, **options)
    with open_media(str(path), [str(tmp_path)]) as media:
        assert why or codec_of(media)
        assert not why or not codec_of(media)


def test_turned_pictures_are_left_to_the_encoder(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mov", scene(1, 10), rotation=90)
    with open_media(str(tmp_path / "a.mov"), [str(tmp_path)]) as media:
        assert playback(media).copied == ""


def test_key_frames_far_apart_and_damage_are_refused(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", scene(1, 15 * FPS), fps=FPS, options={**FRAMES, "g": "1000"})
    with (
        open_media(str(tmp_path / "a.mkv"), [str(tmp_path)]) as media,
        pytest.raises(MediaError, match="too far apart"),
    ):
        copied(media)
    data = bytearray(written(tmp_path / "b.ts", 25).read_bytes())
    del data[188 * 100 : 188 * 130]
    (tmp_path / "b.ts").write_bytes(data)
    with (
        open_media(str(tmp_path / "b.ts"), [str(tmp_path)]) as media,
        pytest.raises(MediaError, match="damaged"),
    ):
        copied(media)


@pytest.mark.skipif(not REAL.exists(), reason="real videos are not here")
@pytest.mark.parametrize("name", ["sample.mkv", "sample.flv", "sample_h264.ts", "sowt-with-video.mov"])
def test_real_files_are_copied(name: str) -> None:
    path = REAL / "androidx-media" / name
    with open_media(str(path), [str(path.parent)]) as media:
        has_sound = bool(playback(media).sound)
        made = copied(media, has_sound=has_sound)
        check(media, [item for segment in made for item in pictures(segment)])
