"""The guarded door: what it lets in, what it refuses and how, and that its times are those a player shows."""

import os
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.files import fingerprint, is_candidate
from indexer.media import Limits, MediaFile, open_media
from plugins.errors import InvalidValue, MediaError, Reason
from plugins.values import SECOND, Annotation, Image, Span
from shotseek.draw import SAMPLE_RATE, write_video
from tests.videos import FPS, SIZE, clip, differs, joined, scene, sound_only, with_cover


def refused(path: Path, root: Path) -> Reason:
    with pytest.raises(MediaError) as caught, open_media(str(path), [str(root)]):
        pass
    assert "\n" not in caught.value.detail
    return caught.value.reason


def opened(path: Path) -> MediaFile:
    with open_media(str(path), [str(path.parent)]) as media:
        return media


def times(path: Path) -> list[int]:
    return [picture.time_us for picture in opened(path).pictures()]


CONTAINERS: dict[str, dict[str, Any]] = {
    "a.mp4": {},
    "a.mov": {},
    "a.mkv": {},
    "a.webm": {"codec": "libvpx"},
    "a.avi": {"codec": "mpeg4"},
    "a.ts": {"codec": "mpeg2video"},
    "a.flv": {},
    "a.gif": {"codec": "gif", "pixel_format": "rgb8"},
    "b-frames.mp4": {"options": {"bf": "3"}},
    "10-bit.mkv": {"codec": "libx265", "pixel_format": "yuv420p10le", "options": {"preset": "ultrafast"}},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_is_read_alike(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    drawn = scene(1, 30)
    write_video(path, drawn, fps=FPS, **CONTAINERS[name])
    frames = list(opened(path).frames())
    assert [round(frame.time_us * FPS / SECOND) for frame in frames] == list(range(30))
    assert frames[0].time_us == 0
    assert all(differs(frame.image, image) < 25 for frame, image in zip(frames, drawn, strict=True))


def test_the_probe(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    clip(path, 2, sound=np.zeros(SAMPLE_RATE, np.float32))
    os.utime(path, (1e9, 1e9))
    video = opened(path).video
    assert (video.width, video.height, video.frame_rate, video.codec) == (*SIZE, Fraction(FPS), "h264")
    assert video.duration_us == 2 * SECOND
    assert video.has_audio
    assert video.created == datetime.fromtimestamp(1e9, UTC)
    clip(path, 1)
    assert not opened(path).video.has_audio


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_pictures_are_upright(rotation: int, turns: int, tmp_path: Path) -> None:
    path = tmp_path / "phone.mp4"
    drawn = scene(1, 5)
    write_video(path, drawn, rotation=rotation)
    media = opened(path)
    upright = np.rot90(drawn[0], turns)
    assert (media.video.height, media.video.width) == upright.shape[:2]
    assert differs(next(media.frames()).image, upright) < 25
    small = next(media.frames(size=(8, 6))).image
    assert small.shape == (6, 8, 3)
    rows, columns = upright.shape[0] // 6, upright.shape[1] // 8
    cells = upright[: 6 * rows, : 8 * columns].reshape(6, rows, 8, columns, 3).mean(axis=(1, 3))
    assert differs(small, cells.astype(np.uint8)) < 25


def test_times_that_vary_and_a_late_start(tmp_path: Path) -> None:
    path = tmp_path / "vfr.mkv"
    shown = [5_000_000, 5_040_000, 5_500_000, 7_000_000, 7_010_000]
    write_video(path, scene(1, 5), times_us=shown)
    assert times(path) == [time - 5_000_000 for time in shown]


def test_streams_joined_end_to_end_go_on_in_time(tmp_path: Path) -> None:
    clip(tmp_path / "one.ts", 4, codec="mpeg2video")
    joined([tmp_path / "one.ts", tmp_path / "one.ts"], tmp_path / "two.ts")
    found = times(tmp_path / "two.ts")
    assert len(found) > 190
    assert found == sorted(set(found))
    assert 7.5 < found[-1] / SECOND < 8.5


def test_frames_of_a_span_and_at_a_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    clip(path, 10, options={"g": "50"})
    media = opened(path)
    span = Span(7 * SECOND, 8 * SECOND)
    assert [frame.time_us for frame in media.frames(span)] == [
        time for time in (picture.time_us for picture in media.pictures()) if time in span
    ]
    halves = [frame.time_us for frame in media.frames(fps=2)]
    assert [time // 500_000 for time in halves] == list(range(20))
    assert all(time % 500_000 < SECOND // FPS for time in halves)
    assert next(media.frames(size=(30, 20))).image.shape == (20, 30, 3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.ts", "a.flv"])
def test_the_frame_shown_at_a_time(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    clip(path, 10, **CONTAINERS[name])
    media = opened(path)
    known = {picture.time_us: picture.rgb(picture.size) for picture in media.pictures()}
    wanted = [0, 0, 90_001, 4_321_000, 4_350_000, 9_000_000, 99_000_000]
    found = list(media.at(wanted))
    assert [item.time_us for item in found] == [max(t for t in known if t <= time) for time in wanted]
    assert all(np.array_equal(item.rgb(item.size), known[item.time_us]) for item in found)


def test_times_must_ascend(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 1)
    with pytest.raises(InvalidValue, match="ascend"):
        next(opened(tmp_path / "a.mp4").at([2, 1]))


def test_small_pictures_agree_with_large_ones(tmp_path: Path) -> None:
    """The quick way (a few samples of the planes) shows what the whole picture does."""
    path = tmp_path / "a.mp4"
    clip(path, 1, options={"crf": "1"})
    frame = next(opened(path).pictures())
    whole = frame.rgb(frame.size)
    cells = whole.reshape(16, 6, 32, 5, 3).mean(axis=(1, 3))
    assert differs(frame.rgb((32, 16)), cells.astype(np.uint8)) < 3


def test_sharpness_falls_with_blur(tmp_path: Path) -> None:
    sharp = scene(3, 1)[0]
    blurred = np.stack([sharp] * 9).copy()
    for shift in range(9):
        blurred[shift] = np.roll(sharp, shift, axis=1)
    write_video(tmp_path / "a.mp4", [sharp, blurred.mean(axis=0).astype(np.uint8)], options={"crf": "1"})
    one, other = (picture.sharpness() for picture in opened(tmp_path / "a.mp4").pictures())
    assert one > 2 * other > 0


def test_subtitles_inside_the_file(tmp_path: Path) -> None:
    said = [(Span(200_000, 900_000), "Hello there"), (Span(1_500_000, 2_500_000), "two\nlines")]
    lines = [Annotation(span, "subtitles", text) for span, text in said]
    for name in ("a.mp4", "a.mkv", "a.webm"):
        path = tmp_path / name
        clip(path, 3, subtitles=lines, **CONTAINERS[name])
        assert [(item.span, item.text) for item in opened(path).subtitles()] == said
    clip(tmp_path / "none.mp4", 1)
    assert list(opened(tmp_path / "none.mp4").subtitles()) == []


def test_damage_costs_what_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    clip(path, 4, options={"g": "5"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)
    found = times(path)
    assert 20 < len(found) <= 100
    assert found == sorted(set(found))


def test_a_cut_off_file_gives_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    clip(path, 4)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 20 < len(times(path)) < 80


def test_what_is_no_video_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("Once upon a time\n" * 100)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    with_cover(tmp_path / "cover.mp4")
    sound_only(tmp_path / "sound.m4a")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    expected = {
        "text.mp4": Reason.NOT_MEDIA,
        "empty.mp4": Reason.EMPTY,
        "folder.mp4": Reason.NOT_A_FILE,
        "pipe.mp4": Reason.NOT_A_FILE,
        "cover.mp4": Reason.NO_VIDEO,
        "sound.m4a": Reason.NO_VIDEO,
        "absent.mp4": Reason.NOT_FOUND,
        "loop.mp4": Reason.NOT_FOUND,
        "nul\0.mp4": Reason.NOT_FOUND,
        "text.mp4/inside.mp4": Reason.NOT_FOUND,
    }
    assert {name: refused(tmp_path / name, tmp_path) for name in expected} == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 1)
    (tmp_path / "a.mp4").chmod(0)
    assert refused(tmp_path / "a.mp4", tmp_path) is Reason.UNREADABLE


def test_only_files_inside_a_root(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "root-of-another"
    root.mkdir()
    other.mkdir()
    clip(other / "a.mp4", 1)
    (root / "link.mp4").symlink_to(other / "a.mp4")
    assert refused(other / "a.mp4", root) is Reason.OUTSIDE_ROOT
    assert refused(root / ".." / other.name / "a.mp4", root) is Reason.OUTSIDE_ROOT
    assert refused(root / "link.mp4", root) is Reason.OUTSIDE_ROOT
    with open_media(str(other / "a.mp4"), [str(root), str(other / "a.mp4")]) as media:
        assert media.video.width == SIZE[0]


def test_frames_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 1)
    tight = Limits(max_pixels=SIZE[0] * SIZE[1] - 1)
    path, roots = str(tmp_path / "a.mp4"), [str(tmp_path)]
    with pytest.raises(MediaError, match=r"exceed .* pixels") as caught, open_media(path, roots, tight):
        pass
    assert caught.value.reason is Reason.TOO_LARGE


HOSTILE = [
    'it\'s "quoted"`; DROP TABLE videos',
    "new\nline",
    "<img src=x onerror=alert(1)>",
    "\N{CLAPPER BOARD} e\N{COMBINING ACUTE ACCENT}",
    os.fsdecode(b"caf\xe9 \xff"),
    "-rf",
    "concat:a.mp4|b",
    "http:x",
    "%2e%2e%2fetc",
    "%03d",
    "x" * 200,
    "\N{RIGHT-TO-LEFT OVERRIDE}4pm",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_any_name_is_only_a_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = f"{name}.mp4"
    write_video(tmp_path / path, scene(1, 3))
    for given in (path, str(tmp_path / path)):
        with open_media(given, ["."]) as media:
            assert len(list(media.frames(size=(8, 8)))) == 3
    assert len(fingerprint(path)) == 32


def canary(folder: Path) -> Path:
    path = folder / "canary.ts"
    clip(path, 1, codec="mpeg2video")
    return path


PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{path}\n#EXT-X-ENDLIST\n",
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{path}\n#EXT-X-ENDLIST\n",
    "concat.mp4": "ffconcat version 1.0\nfile {path}\n",
    "relative.mkv": "ffconcat version 1.0\nfile canary.ts\n",
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n",
    "session.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n",
    "notes.txt": "\x1b[31mpassword: hunter2\x1b[0m\n" * 40,
    "chapters.ffmeta": ";FFMETADATA1\ntitle=x\n",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{path}"/></svg>',
    "dash.mpd": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{path}</BaseURL></MPD>',
    "frames%03d.png": "\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_nothing_that_points_elsewhere_is_followed(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(PLAYLISTS[name].format(path=canary(tmp_path)), encoding="latin-1")
    assert refused(path, tmp_path) is Reason.NOT_MEDIA


def test_the_canary_itself_opens(tmp_path: Path) -> None:
    assert len(times(canary(tmp_path))) == FPS


def test_candidates_by_suffix() -> None:
    assert all(map(is_candidate, ["a.mp4", "/x/A.MKV", "b.webm", "c.gif", "d.mp3", "e.m4a", "f.TS"]))
    assert not any(map(is_candidate, ["a.txt", "mp4", "a.mp4.part", "list.m3u8", "a.srt", ".mp4"]))


def test_a_fingerprint_knows_content_not_names(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one.mp4", "same.mkv", "other.mp4"))
    one.write_bytes(b"content")
    same.write_bytes(b"content")
    other.write_bytes(b"contents")
    assert fingerprint(str(one)) == fingerprint(str(same)) != fingerprint(str(other))
    with pytest.raises(MediaError, match="does not exist"):
        fingerprint(str(tmp_path / "absent.mp4"))


@pytest.mark.parametrize("at", [0, (70 << 20) - 1])
def test_a_fingerprint_of_a_large_file_sees_both_ends(at: int, tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(70 << 20)
    before = fingerprint(str(path))
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"x")
    assert fingerprint(str(path)) != before


def test_many_passes_leave_nothing_open(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 1)
    media = opened(tmp_path / "a.mp4")
    before = len(list(Path("/proc/self/fd").iterdir()))
    kept: list[Image] = []
    for _ in range(50):
        frames = media.frames()
        kept.append(next(frames).image)
    del frames
    assert len(list(Path("/proc/self/fd").iterdir())) == before
