"""Edit lists that only shift time need not be honoured sample by sample; all others are."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import edits
from indexer.media import open_media
from shotseek.draw import SAMPLE_RATE, write_video
from tests.videos import FPS, REAL, scene

Times = tuple[list[int], list[tuple[int, int]]]
PLAIN = (
    "androidx-media/sample.mp4",
    "androidx-media/h265_bframes.mp4",
    "moviepy/fire2.mp4",
    "sam2/01_dog.mp4",
)
EDITED = (
    "androidx-media/sample_edit_list.mp4",
    "androidx-media/sample_sef_slow_motion.mp4",
    "androidx-media/bt601.mov",
    "intel/car-detection.mp4",
)
"""files of which the edits leave something out"""


@pytest.fixture(autouse=True)
def all_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "LEAST_BYTES", 0)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With frames in another order than that of decoding, and with sound: both streams have an edit list."""
    path = tmp_path_factory.mktemp("edits") / "a.mp4"
    sound = np.random.default_rng(1).uniform(-0.1, 0.1, 2 * SAMPLE_RATE).astype(np.float32)
    write_video(path, [*scene(1), *scene(2)], fps=FPS, options={"bf": "3"}, sound=sound)
    return path


def shifts(path: Path) -> bool:
    file = os.open(path, os.O_RDONLY)
    try:
        return edits.only_shift(file)
    finally:
        os.close(file)


def times(path: Path) -> Times:
    """When pictures are shown, and where pieces of sound begin and how long they are."""
    with open_media(str(path), [str(path.parent)]) as media:
        shown = [picture.time_us for picture in media.pictures()]
        return shown, [(piece.start_us, len(piece.samples)) for piece in media.audio()]


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Times, Times]:
    """As it is, and with every edit list honoured sample by sample."""
    as_it_is = times(path)
    monkeypatch.setattr("indexer.media.only_shift", lambda _: False)
    return as_it_is, times(path)


def test_a_film_is_the_same_without_its_edit_list(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert film.read_bytes().count(b"elst") == 2
    assert shifts(film)
    one, other = both(film, monkeypatch)
    assert one == other
    assert len(one[0]) == 2 * FPS


@pytest.mark.parametrize("name", PLAIN)
def test_a_real_video_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = REAL / name
    if not path.exists():
        pytest.skip("no real videos here")
    assert shifts(path)
    one, other = both(path, monkeypatch)
    assert one == other


@pytest.mark.parametrize("name", EDITED)
def test_real_edits_are_seen(name: str) -> None:
    path = REAL / name
    if not path.exists():
        pytest.skip("no real videos here")
    assert not shifts(path)


def changed(path: Path, target: Path, change: Callable[[list[int]], list[int]]) -> Path:
    """The film with another first edit: its length, media time and rate."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    data[at : at + 12] = struct.pack(">Iii", *change(list(struct.unpack(">Iii", data[at : at + 12]))))
    target.write_bytes(data)
    return target


@pytest.mark.parametrize(
    "change",
    [
        lambda edit: [edit[0] // 2, *edit[1:]],
        lambda edit: [edit[0], edit[1] + 5000, edit[2]],
        lambda edit: [*edit[:2], 2 * edit[2]],
        lambda edit: [edit[0], edits.EMPTY, edit[2]],
    ],
    ids=["the end is left out", "the beginning is left out", "twice as fast", "nothing is shown"],
)
def test_what_is_more_than_a_shift_is_honoured(
    film: Path, tmp_path: Path, change: Callable[[list[int]], list[int]]
) -> None:
    assert not shifts(changed(film, tmp_path / "b.mp4", change))


def test_small_tables_are_not_looked_at(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "LEAST_BYTES", 1 << 20)
    assert not shifts(film)


@given(st.data())
def test_a_hostile_file_is_only_not_understood(film: Path, data: st.DataObject) -> None:
    """Whatever its boxes claim of themselves."""
    content = bytearray(film.read_bytes())
    tables = content.index(b"moov") - 4
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(tables, len(content) - 4))
        content[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    path = film.with_name("hostile.mp4")
    path.write_bytes(content[: data.draw(st.integers(tables, len(content)))])
    assert shifts(path) in (True, False)


@given(st.binary(max_size=200))
def test_any_bytes_are_only_not_understood(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    path.write_bytes(content)
    assert not shifts(path)
