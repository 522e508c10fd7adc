"""The truth about the made videos is true, in memory and in the files."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import edits, madeset
from benchmarks.edits import BLACK, FPS, KINDS, REST, WHITE, Edit, Piece, Planes, edit, pieces, plain
from benchmarks.madeset import ENCODINGS, made, read, repeat
from tests.videos import REAL, clip, scene

SIZE = (96, 64)
SEEDS = range(6)


def stock(count: int = 5) -> list[Piece]:
    """Pieces that stand still, so that every step between frames is one that an edit has made."""
    found: list[Piece] = []
    for seed in range(count):
        frame = av.VideoFrame.from_ndarray(scene(seed, 1, SIZE)[0])
        found.append([np.asarray(frame.reformat(format="yuv420p").to_ndarray(), np.uint8)] * 80)
    return found


def step(done: Edit, number: int) -> float:
    """Mean difference of a frame and the one before."""
    one, other = done.frames[number - 1], done.frames[number]
    return float(np.abs(one.astype(float) - other).mean())


@pytest.fixture(params=SEEDS)
def done(request: pytest.FixtureRequest) -> Edit:
    return edit(stock(), request.param, 10)


def test_there_is_a_transition_between_each_two_shots_and_nothing_else_changes(done: Edit) -> None:
    assert len(done.transitions) == 9
    mixed = {at for item in done.transitions for at in range(item.first, item.last + 2)}
    tricks = {at for item in done.tricks for at in range(item.first, item.last + 2)}
    changes = {at for at in range(1, len(done.frames)) if step(done, at) > 0}
    assert changes <= mixed | tricks
    assert {item.first for item in done.transitions} <= changes


def test_transitions_leave_room_between_them(done: Edit) -> None:
    ends = [0, *(item.last + 1 for item in done.transitions)]
    starts = [*(item.first for item in done.transitions), len(done.frames)]
    assert min(start - end for start, end in zip(starts, ends, strict=True)) >= REST - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dissolve_is_a_mixture_of_its_ends_in_even_steps(seed: int) -> None:
    done = edit(stock(), seed, 10, tricks={"none": 1.0})
    for item in done.transitions:
        if item.kind != "dissolve":
            continue
        before, after = (done.frames[at].astype(float) for at in (item.first - 1, item.last + 1))
        for at in range(item.first, item.last + 1):
            share = (at - item.first + 1) / (item.last - item.first + 2)
            assert np.abs(done.frames[at] - ((1 - share) * before + share * after)).max() <= 1


def test_a_fade_shows_nothing_in_its_middle(done: Edit) -> None:
    shades = {"black": BLACK, "white": WHITE}
    for item in done.transitions:
        if item.kind in shades:
            middle = done.frames[(item.first + item.last) // 2]
            assert np.array_equal(middle, plain(middle, shades[item.kind]))


def test_every_kind_is_drawn() -> None:
    drawn = [item.kind for seed in SEEDS for item in edit(stock(), seed, 20).transitions]
    assert {kind: drawn.count(kind) > 0 for kind in KINDS} == dict.fromkeys(KINDS, True)
    tricks = {item.kind for seed in SEEDS for item in edit(stock(), seed, 20).tricks}
    assert tricks == {"flash", "title", "brightness", "pan"}


def test_the_same_seed_makes_the_same_edit() -> None:
    one, other = edit(stock(), 7, 6), edit(stock(), 7, 6)
    assert one.transitions == other.transitions
    assert all(map(np.array_equal, one.frames, other.frames))


def brightness(path: Path) -> Iterator[float]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield float(frame.reformat(format="gray").to_ndarray().mean())


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "AV1"])  # SVT-AV1 makes us real-time
def test_what_is_encoded_has_the_frames_and_times_of_its_truth(name: str, tmp_path: Path) -> None:
    encoding = ENCODINGS[name]
    shades = [plain(np.zeros((96, 64), np.uint8), shade) for shade in (40, 200, 90)]
    frames: list[Planes] = [shade for shade in shades for _ in range(20)]
    path = tmp_path / f"made{encoding.suffix}"
    ticks = madeset._write(path, frames, encoding)
    light = list(brightness(path))
    assert len(light) == 60
    assert [at for at in range(1, 60) if abs(light[at] - light[at - 1]) > 20] == [20, 40]
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([float(tick * madeset.TICK) for tick in ticks], abs=0.001)
    assert (len(set(np.diff(ticks))) > 1) == encoding.varies


def test_a_made_file_is_kept_until_it_would_be_made_differently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(madeset, "ENCODINGS", {"x264": ENCODINGS["x264"]})
    monkeypatch.setattr(madeset, "COPIES", 1)
    monkeypatch.setattr(madeset, "pieces", lambda _: stock())
    monkeypatch.setattr(madeset, "labelled", lambda _: [])
    [video] = made(tmp_path, tmp_path)["x264"]
    written = video.path.stat().st_mtime_ns
    assert made(tmp_path, tmp_path) == {"x264": [video]}
    assert video.path.stat().st_mtime_ns == written
    assert read(video.path) == video
    monkeypatch.setattr(madeset, "SHOTS", 5)
    assert len(made(tmp_path, tmp_path)["x264"][0].transitions) == 4
    assert made(tmp_path, tmp_path, "tune")["x264"][0].path != video.path


def test_a_file_joined_with_itself_shows_the_same_again(tmp_path: Path) -> None:
    clip(tmp_path / "once.mp4", scenes=2, seconds=1, options={"bf": "3"})
    repeat(tmp_path / "once.mp4", tmp_path / "often.mp4", 3)
    once, often = list(brightness(tmp_path / "once.mp4")), list(brightness(tmp_path / "often.mp4"))
    assert often == once * 3
    with av.open(str(tmp_path / "often.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / FPS for number in range(150)])


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the folder of real videos")
def test_pieces_hold_no_transition() -> None:
    video = next(item for item in edits.labelled(REAL) if item.path.name == "nasa_13013.mp4")
    found = pieces([video], (64, 36))
    assert [len(piece) for piece in found] == [120, 120]  # 0 to 124 and 202 to 325; 153 to 202 is too short
