"""Moments cut out of videos: exactly their frames, sound in step, taken as they are where that can be."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from indexer.cuts import AskTimecodes, Cut, Join, Made, Piece, Timecode, Trim
from indexer.decoder import Decoder
from indexer.media import Limits, open_media
from plugins.errors import MediaError, Reason
from plugins.values import SECOND, Image, Span
from shotseek.draw import SAMPLE_RATE, write_video
from tests.videos import FPS, differs, scene

BLACK = 6.0
"""mean difference, of 255, that compression may make"""
GROUPS = {"preset": "ultrafast", "g": str(FPS), "sc_threshold": "0", "x264-params": "scenecut=0"}
"""a key frame every second, and no frames out of order"""


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as made:
        yield made


def drawn(count: int = 100) -> list[Image]:
    """Frames that are told apart by a bar that moves."""
    frames = scene(3, count, speed=2)
    for index, frame in enumerate(frames):
        frame[:16] = 0
        frame[:16, index : index + 12] = 255
    return frames


def clicks(seconds: float, *at: float) -> Any:
    """Silence with a burst at each of these times."""
    sound = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for time in at:
        start = round(time * SAMPLE_RATE)
        sound[start : start + 480] = np.sin(np.arange(480) / 3) * 0.9
    return sound


def cut(decoder: Decoder, source: Path, start: float, end: float) -> Cut:
    span = Span(round(start * SECOND), round(end * SECOND))
    task = Trim(str(source), [str(source.parent)], Limits(), span, str(source.parent / "cut"))
    *_, last = decoder.run(task)
    assert isinstance(last, Cut)
    return last


def frames_of(path: str | Path) -> list[tuple[int, Image]]:
    with open_media(str(path), [str(Path(path).parent)]) as media:
        return [(frame.time_us, frame.image) for frame in media.frames()]


def is_same(path: str, expected: Sequence[Image], fps: Fraction | int = FPS) -> None:
    """The film shows these frames, each nearer to its own than to its neighbours, at their times."""
    found = frames_of(path)
    assert len(found) == len(expected)
    for index, (time_us, image) in enumerate(found):
        assert abs(time_us - index * SECOND / fps) < 2_000
        assert differs(image, expected[index]) < BLACK
        here = differs(image[:16], expected[index][:16])
        for other in (index - 1, index + 1):
            if 0 <= other < len(expected):
                assert here < differs(image[:16], expected[other][:16])


def heard_at(path: str) -> list[float]:
    """Seconds at which bursts begin."""
    with open_media(path, [str(Path(path).parent)]) as media:
        loud = [
            piece.start_us / SECOND + index / piece.rate
            for piece in media.audio(rate=16_000)
            for index in np.flatnonzero(np.abs(piece.samples) > 0.25)
        ]
    return [time for before, time in zip([-9.0, *loud], loud, strict=False) if time - before > 0.2]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_a_cut_at_a_key_frame_is_taken_as_it_is(decoder: Decoder, tmp_path: Path, name: str) -> None:
    source, frames = tmp_path / name, drawn()
    write_video(source, frames, options=GROUPS, sound=clicks(4, 0.5, 1.52, 2.2))
    made = cut(decoder, source, 1, 2.4)
    assert (made.copied, made.why, made.frames) == (True, "", 35)
    assert made.path.endswith(".mp4")
    is_same(made.path, frames[25:60])
    assert heard_at(made.path) == pytest.approx([0.52, 1.2], abs=0.04)


def test_a_transport_stream_is_taken_as_it_is(decoder: Decoder, tmp_path: Path) -> None:
    source, frames = tmp_path / "a.ts", drawn()
    write_video(source, frames, options=GROUPS)
    made = cut(decoder, source, 2, 3)
    assert made.copied
    is_same(made.path, frames[50:75])


@pytest.mark.parametrize(("start", "end"), [(1.0, 2.0), (0.98, 2.02), (1.016, 1.99)])
def test_ends_are_moved_to_the_nearest_frame(
    decoder: Decoder, tmp_path: Path, start: float, end: float
) -> None:
    source, frames = tmp_path / "a.mp4", drawn()
    write_video(source, frames, options=GROUPS)
    made = cut(decoder, source, start, end)
    first, last = int(start * FPS + 0.5), int(end * FPS + 0.5)
    assert made.copied == (first == 25)
    is_same(made.path, frames[first:last])


def test_a_cut_elsewhere_is_encoded_again(decoder: Decoder, tmp_path: Path) -> None:
    source, frames = tmp_path / "a.mp4", drawn()
    write_video(source, frames, options=GROUPS, sound=clicks(4, 0.5, 1.52, 2.2))
    made = cut(decoder, source, 1.24, 2.4)
    assert (made.copied, made.why) == (False, "it does not begin with a key frame")
    is_same(made.path, frames[31:60])
    assert heard_at(made.path) == pytest.approx([0.28, 0.96], abs=0.03)


def test_frames_out_of_order_are_copied_only_where_none_is_missing(decoder: Decoder, tmp_path: Path) -> None:
    source, frames = tmp_path / "a.mp4", drawn()
    options = {"preset": "veryfast", "g": "25", "bf": "2", "x264-params": "b-adapt=0:scenecut=0:open-gop=0"}
    write_video(source, frames, options=options)
    ways = set()
    for last in (46, 47, 48, 49, 50):
        made = cut(decoder, source, 1, last / FPS)
        ways.add(made.copied)
        assert made.copied or made.why == "its last frames need one that comes later"
        is_same(made.path, frames[25:last])
    assert ways == {True, False}


@pytest.mark.parametrize("start", [1.0, 1.2])
def test_rotation_is_kept(decoder: Decoder, tmp_path: Path, start: float) -> None:
    source = tmp_path / "a.mp4"
    write_video(source, drawn(), options=GROUPS, rotation=90)
    made = cut(decoder, source, start, 2)
    assert made.copied == (start == 1.0)
    expected = frames_of(source)
    found = frames_of(made.path)
    assert found[0][1].shape == expected[0][1].shape == (160, 96, 3)
    assert differs(found[0][1], expected[round(start * FPS)][1]) < BLACK


def test_what_no_mp4_holds_is_encoded_again(decoder: Decoder, tmp_path: Path) -> None:
    source, frames = tmp_path / "a.webm", drawn()
    write_video(
        source,
        frames,
        codec="libvpx",
        options={"g": "25", "cpu-used": "8", "deadline": "realtime", "b": "2M"},
    )
    made = cut(decoder, source, 1, 2)
    assert (made.copied, made.why) == (False, "its codec cannot be taken as it is")
    assert len(frames_of(made.path)) == 25
    old = tmp_path / "a.avi"
    write_video(old, frames, codec="mpeg4", options={"g": "25", "b": "2M"})
    assert not cut(decoder, old, 1, 2).copied


def test_codecs_are_known_by_their_own_names(decoder: Decoder, tmp_path: Path) -> None:
    """Not by those of the decoders: ``mp3float`` reads MP3."""
    plain, source = tmp_path / "plain.mp4", tmp_path / "a.mkv"
    frames = drawn(60)
    write_video(plain, frames, options=GROUPS)
    with av.open(str(plain)) as given, av.open(str(source), "w") as made:
        video = made.add_stream_from_template(given.streams.video[0])
        sound = made.add_stream("mp3", rate=SAMPLE_RATE, layout="mono")
        assert isinstance(sound, av.AudioStream)
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = video
                made.mux(packet)
        frame = av.AudioFrame.from_ndarray(clicks(2.4, 1.5)[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
        made.mux(sound.encode(frame))
        made.mux(sound.encode())
    cutted = cut(decoder, source, 1, 2)
    assert cutted.copied
    is_same(cutted.path, frames[25:50])
    assert heard_at(cutted.path) == pytest.approx([0.5], abs=0.04)


def test_frames_keep_times_of_their_own(decoder: Decoder, tmp_path: Path) -> None:
    source, frames = tmp_path / "a.mp4", drawn(40)
    times = [index * 40_000 if index < 20 else 800_000 + (index - 20) * 100_000 for index in range(40)]
    write_video(source, frames, times_us=times)
    made = cut(decoder, source, 0.6, 1.5)
    inside = [time for time in times if 600_000 <= time < 1_500_000]
    assert [time for time, _ in frames_of(made.path)] == pytest.approx([t - 600_000 for t in inside], abs=30)


def test_odd_sizes_and_the_end_of_the_video(decoder: Decoder, tmp_path: Path) -> None:
    source = tmp_path / "a.mkv"
    write_video(source, scene(1, 30, (161, 97)), codec="ffv1", pixel_format="yuv444p")
    made = cut(decoder, source, 0.5, 9)
    with av.open(made.path) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (160, 96)
    assert made.frames == 17  # of two frames as near, the later


def test_what_cannot_be_cut_says_so(decoder: Decoder, tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    write_video(source, drawn(30))
    with pytest.raises(MediaError, match="no frame can be decoded at") as caught:
        cut(decoder, source, 50, 51)
    assert caught.value.reason is Reason.NO_FRAMES
    with pytest.raises(MediaError) as caught:
        cut(decoder, tmp_path / "none.mp4", 0, 1)
    assert caught.value.reason is Reason.NOT_FOUND
    assert cut(decoder, source, 0, 1).frames == 25  # the decoder goes on


def test_what_files_call_their_first_frame(decoder: Decoder, tmp_path: Path) -> None:
    named, plain = tmp_path / "named.mov", tmp_path / "plain.mp4"
    write_video(plain, drawn(10))
    with av.open(str(named), "w") as made:
        stream = made.add_stream("libx264", FPS, {"preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.metadata["timecode"] = "01:02:03:04"
        for image in drawn(5):
            made.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        made.mux(stream.encode())
    paths = [str(named), str(plain), str(tmp_path / "none.mp4")]
    said = list(decoder.run(AskTimecodes(paths, [str(tmp_path)], Limits())))
    assert said == [Timecode(paths[0], "01:02:03:04"), Timecode(paths[1], ""), Timecode(paths[2], "")]


def test_a_reel_has_its_cuts_where_they_were_asked_for(decoder: Decoder, tmp_path: Path) -> None:
    """Videos of two sizes, two rates, one upright, one silent: one film."""
    wide, tall, quiet = tmp_path / "wide.mp4", tmp_path / "tall.mp4", tmp_path / "quiet.webm"
    write_video(wide, drawn(), options=GROUPS, sound=clicks(4, 1.2))
    write_video(tall, scene(7, 60), fps=30, rotation=90, sound=clicks(2, 0.5))
    write_video(quiet, scene(9, 50), codec="libvpx")
    pieces = [
        Piece(str(wide), SECOND, 25, "first"),
        Piece(str(quiet), 0, 10, "second"),
        Piece(str(tall), 200_000, 20, "third"),
    ]
    target = tmp_path / "reel.mp4"
    job = Join(str(target), pieces, [str(tmp_path)], Limits(), (320, 240), Fraction(25), "Best of")
    *says, made = decoder.run(job)
    assert isinstance(made, Cut)
    assert made.frames == 55
    assert all(isinstance(item, Made) for item in says)
    found = frames_of(target)
    assert [time for time, _ in found] == pytest.approx([index * 40_000 for index in range(55)], abs=50)
    assert {image.shape for _, image in found} == {(240, 320, 3)}
    pictures = [image for _, image in found]
    assert differs(pictures[24], pictures[25]) > 20
    assert differs(pictures[34], pictures[35]) > 20
    inner = pictures[0][24:216, :]
    assert differs(pictures[0][:20], np.zeros_like(pictures[0][:20])) < 4  # borders
    small = np.asarray(inner)[::2, ::2]
    assert differs(small, drawn()[25]) < 25
    assert differs(pictures[40][:, :80], np.zeros_like(pictures[40][:, :80])) < 4  # upright: borders beside
    assert heard_at(str(target)) == pytest.approx([0.2, 1.4 + 0.3], abs=0.04)
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "Best of"
        chapters = [
            (float(item["start"] * (item["time_base"] or 0)), item["metadata"]["title"])
            for item in container.chapters()
        ]
    assert chapters == [(0, "first"), (1, "second"), (1.4, "third")]


def test_a_reel_names_the_video_that_cannot_be_read(decoder: Decoder, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.mp4", tmp_path / "bad.mp4"
    write_video(good, drawn(10))
    bad.write_text("no video")
    pieces = [Piece(str(good), 0, 5, "good"), Piece(str(bad), 0, 5, "bad")]
    job = Join(str(tmp_path / "reel.mp4"), pieces, [str(tmp_path)], Limits(), (64, 64), Fraction(25), "x")
    with pytest.raises(MediaError) as caught:
        list(decoder.run(job))
    assert (caught.value.path, caught.value.reason) == (str(bad), Reason.NOT_MEDIA)


def test_a_silent_reel_has_no_sound(decoder: Decoder, tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    write_video(source, drawn(10))
    target = tmp_path / "reel.mp4"
    job = Join(
        str(target),
        [Piece(str(source), 0, 5, "x")],
        [str(tmp_path)],
        Limits(),
        (64, 64),
        Fraction(30000, 1001),
        "x",
    )
    list(decoder.run(job))
    with av.open(str(target)) as container:
        assert len(container.streams.audio) == 0
        assert container.streams.video[0].average_rate == Fraction(30000, 1001)
