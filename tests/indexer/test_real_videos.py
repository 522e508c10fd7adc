"""How every real file of this machine ends: as a number of frames, as frames and damaged packets, or as a
reason.

The files are not part of the repository (see `tests.videos.REAL`); a file that is absent is skipped, and
one that is there must be in the table.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from indexer.decoder import Decoder
from indexer.messages import AnnotatorEnded, Scanned
from indexer.scan import ScannedShot
from plugins.errors import MediaError, Reason
from plugins.values import SECOND, Video
from tests.videos import REAL

LONG = (
    "androidx-media/8k24fps_300ms.mp4",
    "androidx-media/long_180p_av1.mp4",
    "androidx-media/long_1080p_lowbitrate.mp4",
    "androidx-media/mv_with_2_top_shots.mp4",
    "androidx-media/portrait_4k60.mp4",
    "androidx-media/sample_with_increasing_timestamps_360p.mp4",
    "androidx-media/sowt-with-video.mov",
    "intel/bottle-detection.mp4",
    "mdn/tears-of-steel-battle-clip-medium.webm",
    "moviepy/big_buck_bunny_0_30.webm",
    "sam2/03_blocks.mp4",
    "sam2/05_default_juggle.mp4",
)
"""Many frames, or large ones; something smaller of each codec and container is always tried."""

ENDS: dict[str, int | tuple[int, int] | Reason] = {
    "androidx-media/8k24fps_300ms.mp4": 8,
    "androidx-media/bbb_176x144_128kbps_15fps_h263.3gp": 15,
    "androidx-media/bbb_176x144_192kbps_15fps_mpeg4.mp4": 15,
    "androidx-media/bbb_1920x1080_60fps_vp8.webm": 60,
    "androidx-media/bbb_2500ms.ts": 58,
    "androidx-media/bbb_642x642_768kbps_30fps_vp9.webm": 90,
    "androidx-media/bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4": 120,
    "androidx-media/bbb_800x640_768kbps_30fps_vp9.mp4": 120,
    "androidx-media/bbb_960x540_60fps_vp8.webm": 60,
    "androidx-media/bear-vp9-odd-dimensions.webm": 30,
    "androidx-media/bear-vp9.webm": 82,
    "androidx-media/bt601.mov": 30,
    "androidx-media/dolbyVision-hdr.MOV": 4,
    "androidx-media/fragmented_captions.mp4": 60,
    "androidx-media/h265_bframes.mp4": 30,
    "androidx-media/h265_with_metadata_track.mp4": 3,
    "androidx-media/hdr10-av1.mp4": 127,
    "androidx-media/hlg10-color-test.mp4": 9,
    "androidx-media/internal_emulator_transformer_output_270_rotated.mp4": 149,
    "androidx-media/invalid-bitstream.webm": Reason.NO_FRAMES,
    "androidx-media/long_1080p_lowbitrate.mp4": 10883,
    "androidx-media/long_180p_av1.mp4": 21766,
    "androidx-media/mv_with_2_top_shots.mp4": 53,
    "androidx-media/portrait_4k60.mp4": 18,
    "androidx-media/roadtrip-vp92-10bit.webm": 72,
    "androidx-media/sample-with-large-length.avi": 58,
    "androidx-media/sample.avi": 96,
    "androidx-media/sample.flv": 30,
    "androidx-media/sample.mkv": 30,
    "androidx-media/sample.mp4": 30,
    "androidx-media/sample_android_slow_motion.mp4": 7,
    "androidx-media/sample_audio_only_15s.mp4": Reason.NO_VIDEO,
    "androidx-media/sample_av1.mp4": 30,
    "androidx-media/sample_edit_list.mp4": 77,
    "androidx-media/sample_empty_track.mp4": 30,
    "androidx-media/sample_fragmented.mp4": 30,
    "androidx-media/sample_h262_mpeg_audio.ts": 3,
    "androidx-media/sample_h263.ts": 25,
    "androidx-media/sample_h264.ts": 30,
    "androidx-media/sample_h265.ts": 30,
    "androidx-media/sample_malformed_free_box.mp4": Reason.NOT_MEDIA,
    "androidx-media/sample_mdat_too_long.mp4": 30,
    "androidx-media/sample_missing_stsd.mp4": 30,
    "androidx-media/sample_portrait.mp4": 30,
    "androidx-media/sample_rotate_and_reflect.mp4": 30,
    "androidx-media/sample_scte35.ts": 3,
    "androidx-media/sample_sef_slow_motion.mp4": 63,
    "androidx-media/sample_sef_super_slow_motion.mp4": 435,
    "androidx-media/sample_shorter_audio.mp4": 72,
    "androidx-media/sample_video_only.mp4": 30,
    "androidx-media/sample_vvc.mp4": 120,
    "androidx-media/sample_with_chapters.mp4": 30,
    "androidx-media/sample_with_htc_rotation_track_name.mkv": 30,
    "androidx-media/sample_with_increasing_timestamps_360p.mp4": 512,
    "androidx-media/sample_with_invalid_nalu.mp4": (29, 1),
    "androidx-media/sample_with_srt.mkv": 30,
    "androidx-media/sample_with_vtt_subtitles.mkv": 30,
    "androidx-media/sample_without_stss.mp4": 30,
    "androidx-media/sd-hls0000000000.ts": 58,
    "androidx-media/silent-black-10s.mp4": 300,
    "androidx-media/sowt-with-video.mov": 100,
    "androidx-media/trim_optimization_failure.mp4": 167,
    "androidx-media/video_dovi_3840x2160_30fps_dav1_10.mp4": Reason.UNSUPPORTED_CODEC,
    "androidx-media/water_180_mvhevc_5frames.mov": 5,
    "decord/corrupted.mp4": (49, 1),
    "decord/unordered.mov": 4,
    "decord/video_0.mov": 3,
    "decord/video_180.mov": 3,
    "decord/video_270.mov": 3,
    "decord/video_90.mov": 3,
    "intel/bottle-detection.mp4": 1189,
    "intel/car-detection.mp4": 377,
    "intel/classroom.gif": 45,
    "intel/fruit-and-vegetable-detection.gif": 101,
    "mdn/bug_video_640.mp4": 203,
    "mdn/flower-fragmented.mp4": 150,
    "mdn/flower.mp4": 150,
    "mdn/flower.webm": 150,
    "mdn/friday.mp4": 185,
    "mdn/tears-of-steel-battle-clip-medium.webm": 1691,
    "moviepy/big_buck_bunny_0_30.webm": 720,
    "moviepy/big_buck_bunny_432_433.webm": 24,
    "moviepy/chaplin.mp4": 241,
    "moviepy/example2.mp4": 48,
    "moviepy/example3.mp4": 48,
    "moviepy/fire2.mp4": 25,
    "moviepy/no_duration.webm": 74,
    "moviepy/result.webm": Reason.EMPTY,
    "moviepy/transparent.webm": 150,
    "moviepy/video_with_failing_audio.mp4": 280,
    "sam2/01_dog.mp4": 289,
    "sam2/03_blocks.mp4": 292,
    "sam2/05_default_juggle.mp4": 247,
    "torchcodec/av1_video.mkv": 125,
    "torchcodec/bt709_full_range.mp4": 30,
    "torchcodec/h264_10bits.mp4": 30,
    "torchcodec/h265_10bits.mp4": 30,
    "torchcodec/h265_video.mp4": 10,
    "torchcodec/nasa_13013.mp4": 325,
    "torchcodec/nasa_13013.mp4.audio.mp3": Reason.NO_VIDEO,
    "torchcodec/nasa_13013.mp4.audio_44100.mp3": Reason.NO_VIDEO,
}


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as made:
        yield made


def cases() -> list[object]:
    return [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in ENDS]


@pytest.mark.parametrize("name", cases())
def test_how_it_ends(name: str, decoder: Decoder) -> None:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    assert end(path, decoder, exact=True) == ENDS[name]


PASSED_OVER = {"androidx-media/sample_with_invalid_nalu.mp4": 30, "decord/corrupted.mp4": 50}
"""Damaged where nothing happens, which is not decoded and so stays unnoticed."""


@pytest.mark.parametrize("name", cases())
def test_coarse_to_fine_ends_alike(name: str, decoder: Decoder) -> None:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    assert end(path, decoder, exact=False) == PASSED_OVER.get(name, ENDS[name])


def end(path: Path, decoder: Decoder, exact: bool) -> int | tuple[int, int] | Reason:
    try:
        first, *between, last = decoder.scan(
            str(path),
            [str(REAL)],
            detector="content",
            annotators=["subtitles"],
            max_shot_us=10 * SECOND,
            frames_per_shot=4,
            exact=exact,
        )
    except MediaError as error:
        return error.reason
    assert isinstance(first, Video)
    assert isinstance(last, Scanned)
    shots = [message for message in between if isinstance(message, ScannedShot)]
    assert shots[0].span.start_us == 0
    assert shots[-1].span.end_us == last.video.duration_us
    assert all(one.span.end_us == other.span.start_us for one, other in pairwise(shots))
    assert all(shot.keyframes for shot in shots)
    assert [item.error for item in between if isinstance(item, AnnotatorEnded)] == [""]
    return (last.frames, last.lost) if last.lost else last.frames


def test_every_file_has_a_row() -> None:
    there = {str(path.relative_to(REAL)) for path in REAL.glob("*/*")}
    assert there <= ENDS.keys()
