"""Segments of proxies: the times of the original, sound without a seam, upright, of square pixels."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from indexer.media import open_media
from indexer.playback import playback
from indexer.proxy import FRAME, SEGMENT_US, SOUND_RATE, Segment, count, fitted, segments
from indexer.sound import stereo
from plugins.values import SECOND, Image, Samples, Span
from shotseek.draw import SAMPLE_RATE, write_video
from tests.videos import FPS, REAL, differs, scene

TWO = 2 * SEGMENT_US / SECOND
"""seconds of two segments"""


def chord(seconds: float) -> Samples:
    """Tones that swell: no two moments are alike."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [np.sin(2 * np.pi * (150 * at + 37) * times) * np.sin(at * times) for at in range(1, 9)]
    return np.asarray(0.08 * np.sum(tones, axis=0), np.float32)


def heard(path: Path) -> Samples:
    """The left channel of the original."""
    with open_media(str(path), [str(path.parent)]) as media:
        pieces = stereo(media, Span(0, 60 * SECOND), SOUND_RATE)
        return np.concatenate([samples[:, 0] for _, samples in pieces])


def made(path: Path, numbers: range | None = None, duration_us: int = 0) -> list[Segment]:
    with open_media(str(path), [str(path.parent)]) as media:
        duration_us = duration_us or media.video.duration_us
        has_sound = bool(playback(media).sound)
        wanted = range(count(duration_us)) if numbers is None else numbers
        return list(segments(media, wanted, duration_us, has_sound=has_sound))


def pictures(segment: Segment) -> list[tuple[int, Image]]:
    """Microseconds inside the whole video, and RGB, of each frame."""
    with av.open(io.BytesIO(segment.data), "r") as container:
        return [
            (
                segment.number * SEGMENT_US + round((frame.time or 0) * SECOND),
                frame.to_ndarray(format="rgb24").astype(np.uint8),
            )
            for frame in container.decode(video=0)
        ]


def close(found: list[int], expected: list[int]) -> bool:
    return len(found) == len(expected) and all(
        abs(one - other) <= 20 for one, other in zip(found, expected, strict=True)
    )


def test_every_frame_is_shown_when_the_original_shows_it(tmp_path: Path) -> None:
    """Times that no rate explains, and one frame that lasts over a whole segment: shown again where each
    segment begins, so that any of them can be played first."""
    times = [0, 33_000, 70_000, 1_000_001, 4_090_000, 13_000_000, 13_040_000, 13_500_000]
    frames = scene(1, len(times))
    write_video(tmp_path / "a.mkv", frames, times_us=times)
    found = [pictures(segment) for segment in made(tmp_path / "a.mkv")]
    shown = [[us for us, _ in part] for part in found]
    assert close(shown[0], times[:5])
    assert close(shown[1], [SEGMENT_US])
    assert close(shown[2], [2 * SEGMENT_US])
    assert close(shown[3], [3 * SEGMENT_US, *times[5:]])
    for part, original in ((found[1], frames[4]), (found[2], frames[4]), (found[3][:1], frames[4])):
        assert differs(part[0][1], original) < 12
    assert [differs(image, frame) < 12 for (_, image), frame in zip(found[0], frames, strict=False)] == [
        True
    ] * 5


def test_a_segment_is_the_same_whatever_was_made_before_it(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", scene(1, 300), fps=FPS, options={"g": "300"})
    whole, [alone] = made(tmp_path / "a.mp4"), made(tmp_path / "a.mp4", range(2, 3))
    assert [us for us, _ in pictures(whole[2])] == [us for us, _ in pictures(alone)]
    assert differs(pictures(whole[2])[0][1], pictures(alone)[0][1]) < 3


def test_sound_goes_on_without_a_seam(tmp_path: Path) -> None:
    """The packets of two segments, decoded as one stream, as a browser does."""
    seconds = TWO + 1
    write_video(tmp_path / "a.mkv", scene(1, int(seconds * FPS)), fps=FPS, sound=chord(seconds))
    decoder = av.CodecContext.create("aac", "r")
    original, played = heard(tmp_path / "a.mkv"), list[Samples]()
    for segment in made(tmp_path / "a.mkv"):
        with av.open(io.BytesIO(segment.data), "r") as container:
            stream = container.streams.audio[0]
            if not played:
                decoder.extradata = stream.codec_context.extradata
            packets = [packet for packet in container.demux(stream) if packet.size]
        assert segment.number == 2 or len(packets) == SEGMENT_US * SOUND_RATE // SECOND // FRAME
        assert packets[0].pts == 0
        played += [frame.to_ndarray()[0] for packet in packets for frame in decoder.decode(packet)]
    samples = np.concatenate(played)[: len(original)]
    error = np.abs(samples - original[: len(samples)])
    usual = np.quantile(error[SOUND_RATE : 3 * SOUND_RATE], 0.99)
    for seam in (SEGMENT_US, 2 * SEGMENT_US):
        at = seam * SOUND_RATE // SECOND
        assert error[at - FRAME : at + FRAME].max() < 3 * usual < 0.2


def test_missing_sound_is_silence_not_an_early_end(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", scene(1, 150), fps=FPS, sound=chord(1))
    for segment in made(tmp_path / "a.mkv"):
        with av.open(io.BytesIO(segment.data), "r") as container:
            count_of = sum(1 for packet in container.demux(audio=0) if packet.size)
        whole = min(SEGMENT_US, 6 * SECOND - segment.number * SEGMENT_US)
        assert count_of == -(-whole * SOUND_RATE // SECOND // FRAME)


def test_turned_pictures_are_upright(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", scene(1, 10), rotation=90)
    [segment] = made(tmp_path / "a.mp4")
    with open_media(str(tmp_path / "a.mp4"), [str(tmp_path)]) as media:
        original = next(iter(media.frames())).image
    first = pictures(segment)[0][1]
    assert first.shape == original.shape == (160, 96, 3)
    assert differs(first, original) < 12


@pytest.mark.parametrize(
    ("size", "aspect", "expected"),
    [
        ((1920, 1080), Fraction(1), (1280, 720)),
        ((1440, 1080), Fraction(4, 3), (1280, 720)),
        ((720, 576), Fraction(16, 11), (1048, 576)),
        ((161, 121), Fraction(1), (160, 120)),
        ((2, 2), Fraction(1), (2, 2)),
        ((7680, 360), Fraction(1), (2880, 136)),
    ],
)
def test_sizes_are_even_square_and_bounded(
    tmp_path: Path, size: tuple[int, int], aspect: Fraction, expected: tuple[int, int]
) -> None:
    class Still:
        raw = av.VideoFrame(*size, "yuv420p")

    assert fitted(Still(), aspect) == expected  # type: ignore[arg-type]


@pytest.mark.skipif(not REAL.exists(), reason="real videos are not here")
@pytest.mark.parametrize("name", ["h265_bframes.mp4", "sample.mkv", "sample-with-large-length.avi"])
def test_real_files_keep_their_times(name: str) -> None:
    path = REAL / "androidx-media" / name
    with open_media(str(path), [str(path.parent)]) as media:
        expected = [picture.time_us for picture in media.pictures()]
    found = [us for segment in made(path, None, expected[-1] + 1) for us, _ in pictures(segment)]
    assert close([us for us in found if us % SEGMENT_US or us == 0][: len(expected)], expected)
