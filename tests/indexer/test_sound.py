"""Sound of real files, drawn and found, and how pieces are put together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.media import open_media
from indexer.sound import CHUNK_US, TOLERANCE_US, Piece, aligned, chunks
from plugins.errors import InvalidValue
from plugins.values import SECOND, Samples, Sound, Span
from shotseek.draw import SAMPLE_RATE, write_video
from tests.videos import FPS, REAL, clip, joined, scene

RATE = 16_000
CONTAINERS = [".mp4", ".mkv", ".webm", ".avi", ".ts", ".mov"]
NAMES = ["androidx-media/bbb_2500ms.ts", "mdn/flower.mp4", "moviepy/chaplin.mp4", "torchcodec/nasa_13013.mp4"]


def clicks(*seconds: float, length: float = 6) -> Samples:
    """Silence with short tones at these times."""
    samples = np.zeros(round(length * SAMPLE_RATE), np.float32)
    tone = np.sin(np.arange(SAMPLE_RATE // 50) * 0.2).astype(np.float32)
    for second in seconds:
        start = round(second * SAMPLE_RATE)
        samples[start : start + len(tone)] = tone
    return samples


def film(path: Path, sound: Samples, **options: object) -> Path:
    codec = "libvpx" if path.suffix == ".webm" else "libx264"
    write_video(path, scene(1, len(sound) * FPS // SAMPLE_RATE), codec=codec, sound=sound, **options)  # type: ignore[arg-type]
    return path


def heard(path: Path, span: Span | None = None, rate: int = RATE) -> list[Sound]:
    with open_media(str(path), [str(path.parent)]) as media:
        return list(media.audio(span, rate=rate))


def onsets(sounds: list[Sound]) -> list[float]:
    """When it becomes loud, seconds."""
    loud = [
        sound.start_us / SECOND + at / sound.rate
        for sound in sounds
        for at in np.flatnonzero(np.abs(sound.samples) > 0.3).tolist()
    ]
    return [now for before, now in zip([-1.0, *loud], loud, strict=False) if now - before > 0.1]


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_what_is_heard_is_where_the_picture_shows_it(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"a{suffix}", clicks(0.5, 2.25, 5))
    sounds = heard(path)
    assert onsets(sounds) == pytest.approx([0.5, 2.25, 5], abs=0.03)
    assert all(sound.samples.dtype == np.float32 and sound.rate == RATE for sound in sounds)
    assert sum(len(sound.samples) for sound in sounds) == pytest.approx(6 * RATE, abs=RATE // 5)
    assert max(len(sound.samples) for sound in sounds) < 1.2 * RATE


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_span_holds_exactly_what_is_heard_inside_it(tmp_path: Path, suffix: str) -> None:
    """Seen failing without the cut at its ends."""
    path = film(tmp_path / f"a{suffix}", clicks(0.5, 2.25, 5))
    span = Span(2 * SECOND, 3 * SECOND)
    sounds = heard(path, span, rate=8000)
    assert onsets(sounds) == pytest.approx([2.25], abs=0.03)
    assert sum(len(sound.samples) for sound in sounds) == pytest.approx(8000, abs=8)
    assert sounds[0].start_us == pytest.approx(2 * SECOND, abs=200)
    assert heard(path, Span(60 * SECOND, 61 * SECOND)) == []


def test_time_0_is_the_first_picture_and_not_the_first_sound(tmp_path: Path) -> None:
    """Seen failing when the origin of the picture was not taken off."""
    times = [2 * SECOND + number * SECOND // FPS for number in range(4 * FPS)]
    path = tmp_path / "a.mkv"
    write_video(path, scene(1, 4 * FPS), times_us=times, sound=clicks(1, 3.5))
    sounds = heard(path)
    assert onsets(sounds) == pytest.approx([1.5], abs=0.03)  # the other is over before the first picture
    assert 0 <= sounds[0].start_us < 100  # less than two samples


def test_a_clock_that_starts_again_goes_on(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{name}.ts", clicks(1, length=3)) for name in "ab"]
    joined(parts, tmp_path / "joined.ts")
    assert onsets(heard(tmp_path / "joined.ts")) == pytest.approx([1, 4], abs=0.1)


def test_a_video_without_sound_is_silent(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 1)
    assert heard(tmp_path / "a.mp4") == []
    assert heard(tmp_path / "a.mp4", Span(0, SECOND)) == []


def test_a_damaged_end_takes_nothing_from_what_came_before(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", clicks(0.5, 5))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    assert onsets(heard(path))[0] == pytest.approx(0.5, abs=0.03)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("name", NAMES)
def test_real_files_have_sound_of_about_their_length(name: str) -> None:
    with open_media(str(REAL / name), [str(REAL)]) as media:
        length = sum(len(sound.samples) for sound in media.audio()) / RATE
        assert length == pytest.approx(media.video.duration_us / SECOND, abs=0.5)


PIECES = st.lists(st.tuples(st.integers(-(10**10), 10**10), st.integers(0, 40_000)), max_size=12)


@given(PIECES)
def test_pieces_never_overlap_and_chunks_keep_every_sample(drawn: list[tuple[int, int]]) -> None:
    pieces: list[Piece] = [(time, np.zeros(count, np.float32)) for time, count in drawn]
    follow = list(aligned(pieces, RATE))
    ends = [time + len(samples) * SECOND // RATE for time, samples in follow]
    assert all(end <= time for end, (time, _) in zip(ends, follow[1:], strict=False))
    made = list(chunks(follow, RATE))
    assert sum(len(sound.samples) for sound in made) == sum(len(samples) for _, samples in follow)
    assert [sound.start_us for sound in made] == sorted(sound.start_us for sound in made)


def test_a_gap_is_kept_and_jitter_is_not() -> None:
    second: Samples = np.zeros(RATE, np.float32)
    times = [0, SECOND + TOLERANCE_US // 2, 5 * SECOND, 5 * SECOND + SECOND // 2]
    follow = list(aligned([(time, second) for time in times], RATE))
    assert [(time, len(samples)) for time, samples in follow] == [
        (0, RATE),
        (SECOND, RATE),
        (5 * SECOND, RATE),
        (6 * SECOND, RATE // 2),
    ]
    assert [sound.span.end_us for sound in chunks(follow, RATE)] == [
        CHUNK_US,
        2 * SECOND,
        6 * SECOND,
        6 * SECOND + SECOND // 2,
    ]


def test_what_is_no_sound_is_refused() -> None:
    samples: Any
    for samples in (np.zeros((2, 5), np.float32), np.zeros(5), np.zeros(0, np.float32)):
        with pytest.raises(InvalidValue, match="sound must be float32"):
            Sound(0, samples, RATE)
