"""Pictures of several videos share batches, and every video gets its own vectors, or its own failure."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.batches import Batches, EncodeStage
from indexer.catalog import Row, State
from indexer.encode import encode_images
from indexer.keyframes import Keyframe
from indexer.scan import ScannedShot
from plugins.contracts import Encoder
from plugins.errors import MediaError, Reason
from plugins.values import Image, Matrix, Span

POISON = 255


class Mean(Encoder):
    """Mean colour: a real encoder, and a small one. It chokes on a picture of `POISON`."""

    dim = 3
    revision = "1"
    batch_size = 4

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        self.batches.append(len(images))
        if any(image.max() == POISON for image in images):
            raise RuntimeError("poison")
        return np.array([image.mean(axis=(0, 1)) + 1 for image in images], np.float32).reshape(-1, 3)


class Motion(Mean):
    """Sees whole shots."""

    frames_per_shot = 3

    def encode_shots(self, shots: Sequence[Sequence[Image]]) -> Matrix:
        self.batches.append(sum(len(shot) for shot in shots))
        return np.array([[len(shot), shot[0].max(), 1] for shot in shots], np.float32).reshape(-1, 3)


class Parted(Mean):
    """Sees the parts of pictures, too."""

    sees_parts = True


def picture(value: int) -> Image:
    return np.full((4, 4, 3), (value, 0, 0), np.uint8)


def shot(start: int, *values: int) -> ScannedShot:
    frames = tuple(Keyframe(start + 10 * i, picture(v), b"") for i, v in enumerate(values))
    return ScannedShot(Span(start, start + 100), frames)


def gathered(stage: EncodeStage) -> tuple[list[Row], Matrix]:
    found = stage.gathered()
    assert found is not None
    return found[0], found[1].data


def test_batches_fill_across_videos_and_rows_keep_their_place() -> None:
    encoder = Mean()
    batches = Batches(encoder)
    one, two = EncodeStage(batches), EncodeStage(batches)
    one.add(0, shot(0, 10, 20, 30))
    two.add(0, shot(0, 40, 50, 60))
    assert encoder.batches == [4]
    assert (one.is_waiting, two.is_waiting) == (False, True)
    one.add(1, shot(100, 70))
    batches.flush()
    assert encoder.batches == [4, 3]
    assert not one.is_waiting
    rows, vectors = gathered(one)
    assert rows == [Row(0, 0), Row(0, 10), Row(0, 20), Row(1, 100)]
    alone = encode_images(Mean(), [picture(value) for value in (10, 20, 30, 70)])
    np.testing.assert_allclose(vectors, alone.data, atol=1e-6)
    assert gathered(two)[0] == [Row(0, 0), Row(0, 10), Row(0, 20)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(1, 254), min_size=1, max_size=6)), max_size=12)
)
def test_whatever_mixes_each_video_has_what_it_would_have_alone(shots: list[tuple[int, list[int]]]) -> None:
    """Seen failing with vectors handed out in the order of the videos instead of that of the pictures."""
    for kind in (Mean, Motion):
        encoder = kind()
        batches = Batches(encoder)
        together = [EncodeStage(batches) for _ in range(3)]
        for index, (video, values) in enumerate(shots):
            together[video].add(index, shot(100 * index, *values))
        batches.flush()
        assert all(size <= encoder.batch_size for size in encoder.batches)
        for video, stage in enumerate(together):
            own = Batches(kind())
            alone = EncodeStage(own)
            for index, (owner, values) in enumerate(shots):
                if owner == video:
                    alone.add(index, shot(100 * index, *values))
            own.flush()
            assert gathered(stage)[0] == gathered(alone)[0]
            np.testing.assert_allclose(gathered(stage)[1], gathered(alone)[1], atol=1e-6)


def test_an_encoder_that_sees_motion_gets_one_row_a_shot() -> None:
    encoder = Motion()
    batches = Batches(encoder)
    stage = EncodeStage(batches)
    stage.add(0, shot(0, 1, 2, 3, 4))
    stage.add(1, shot(100, 5))
    assert encoder.batches == [4]
    stage.add(2, shot(200, 6))
    batches.flush()
    assert gathered(stage)[0] == [Row(0, 20), Row(1, 100), Row(2, 200)]


def test_an_encoder_that_sees_parts_gets_the_whole_and_four_of_them() -> None:
    board = np.zeros((80, 160, 3), np.uint8)
    board[:40, :80], board[40:, 80:] = (200, 0, 0), (0, 200, 0)
    batches = Batches(Parted())
    stage = EncodeStage(batches)
    stage.add(0, ScannedShot(Span(0, 100), (Keyframe(40, board, b""), Keyframe(60, board, b""))))
    batches.flush()
    rows, vectors = gathered(stage)
    assert rows == [Row(0, 40)] * 5 + [Row(0, 60)] * 5
    whole, left_up, right_up, left_down, right_down = vectors[:5]
    np.testing.assert_allclose(whole, encode_images(Mean(), [board]).data[0], atol=1e-6)
    assert left_up[0] > left_up[1]
    assert right_down[1] > right_down[0]
    np.testing.assert_allclose(right_up, left_down, atol=1e-2)  # a corner of either colour
    np.testing.assert_allclose(vectors[5:], vectors[:5], atol=1e-6)


def test_one_bad_picture_fails_its_own_video_and_no_other() -> None:
    """Seen failing with a mixed batch that fails all of its videos."""
    batches = Batches(Mean())
    good, bad, late = (EncodeStage(batches) for _ in range(3))
    good.add(0, shot(0, 10, 20))
    bad.add(0, shot(0, POISON, 30))
    bad.add(1, shot(100, 30))
    late.add(0, shot(0, 40))
    batches.flush()
    assert good.record().state is State.DONE
    assert len(gathered(good)[1]) == 2
    assert len(gathered(late)[1]) == 1
    record = bad.record()
    assert (record.state, record.reason) == (State.FAILED, "encoder")
    assert "Mean failed: RuntimeError: poison" in record.detail
    assert bad.gathered() is None
    assert not bad.is_waiting


def test_what_is_enough_of_a_batch_does_not_wait_for_the_rest_of_it() -> None:
    class Large(Mean):
        batch_size = 8

    encoder = Large()
    batches = Batches(encoder)
    stage = EncodeStage(batches)
    stage.add(0, shot(0, 10))
    batches.idle()
    assert encoder.batches == []
    stage.add(1, shot(100, 10))
    batches.idle()
    assert encoder.batches == [2]


def test_a_video_that_fails_takes_its_pictures_with_it() -> None:
    encoder = Mean()
    batches = Batches(encoder)
    stay, go = EncodeStage(batches), EncodeStage(batches)
    stay.add(0, shot(0, 10))
    go.add(0, shot(0, 20, 30))
    go.fail(MediaError(Reason.CRASHED, "/v/go.mp4", "the decoder died"))
    batches.flush()
    assert encoder.batches == [1]
    assert not stay.is_waiting
    assert (go.record().reason, go.record().detail) == ("crashed", "the decoder died")


def test_nothing_to_encode_is_no_rows() -> None:
    rows, vectors = gathered(EncodeStage(Batches(Mean())))
    assert (rows, vectors.shape) == ([], (0, 3))


@pytest.mark.parametrize("count", [1, 4, 9])
def test_no_more_waits_than_one_batch(count: int) -> None:
    encoder = Mean()
    batches = Batches(encoder)
    stages = [EncodeStage(batches) for _ in range(count)]
    for stage in stages:
        stage.add(0, shot(0, 10))
    assert sum(stage.is_waiting for stage in stages) == count % encoder.batch_size
