"""Maps are drawn in the background, kept, grow without jumping, and are drawn again when they are damaged."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexer.catalog import Catalog
from indexer.library import Library
from plugins.errors import InvalidQuery, NotFound
from plugins.queries import Filters
from plugins.values import Ids, Matrix, Vectors
from search import atlas
from search.atlas import KEPT, Atlas, by_lot, draw, load, save
from search.legend import By, groups, parts
from search.maps import Maps, Region, Sheet
from tests.indexer.catalogs import SCAN, SPACE, places, shots, video

if TYPE_CHECKING:
    from tests.servers import Server

KINDS, EACH = 4, 15
"""of shots, and shots in a video, which has one kind"""


def quiet(_done: float) -> None:
    """Nobody listens."""


def look(kind: int, seed: int) -> Matrix:
    """Rows of one kind, all a little different."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 0.12, (EACH, SPACE.dim)) + np.eye(SPACE.dim)[kind]
    unit: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def fill(catalog: Catalog, numbers: range) -> None:
    """Adds videos; the kinds take turns, and each has a folder and a year."""
    catalog.add_root("/v")
    for number in numbers:
        kind = number % KINDS
        catalog.publish(
            video(f"/v/{kind}/{number}.mp4", shots=EACH, created=datetime(2020 + kind, 1, 1, tzinfo=UTC)),
            root="/v",
            size=1,
            mtime_ns=1,
            stages=[SCAN],
            shots=shots(EACH),
            vectors={SPACE: (places(EACH), Vectors(SPACE, look(kind, number)))},
            annotations=[],
        )


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as made:
        yield made


@pytest.fixture
def filled(library: Library) -> Library:
    fill(library.catalog, range(8))
    return library


@pytest.fixture
def maps(filled: Library) -> Iterator[Maps]:
    made = Maps(filled)
    yield made
    made.close()


def kinds(catalog: Catalog, drawn: Atlas) -> Ids:
    """The kind of each shot of a map."""
    videos, origins = catalog.origins_of(drawn.shots)
    return np.array([int(origins[id_].path.split("/")[2]) for id_ in videos.tolist()])


def settled(maps: Maps) -> Sheet:
    """The map when nothing is being drawn any more."""
    for _ in range(1200):
        sheet = maps.sheet(SPACE)
        if sheet.done is None:
            return sheet
        time.sleep(0.05)
    raise AssertionError("the map was never drawn")


def test_shots_of_a_kind_lie_together(filled: Library) -> None:
    drawn = draw(filled.catalog, SPACE, None, quiet)
    kind = kinds(filled.catalog, drawn)
    apart = np.linalg.norm(drawn.positions[:, None] - drawn.positions, axis=2)
    nearest = np.argsort(apart, axis=1)[:, 1:6]
    assert len(drawn.shots) == 8 * EACH
    assert (kind[nearest] == kind[:, None]).mean() > 0.98


@pytest.mark.postgresql
def test_where_the_catalog_is_is_told_to_the_process_that_draws(server: "Server", tmp_path: Path) -> None:
    address = server.address(server.create())
    with Library.open(tmp_path / "library", create=True, address=address) as library:
        fill(library.catalog, range(2))
        maps = Maps(library)
        drawn = settled(maps)
        maps.close()
    assert drawn.problem == ""
    assert drawn.atlas is not None
    assert len(drawn.atlas.shots) == 2 * EACH


def test_the_same_library_makes_the_same_map(filled: Library) -> None:
    one, two = (draw(filled.catalog, SPACE, None, quiet) for _ in range(2))
    assert one.version == two.version
    assert np.array_equal(one.parts, two.parts)


def test_a_map_that_grows_keeps_its_shots_where_they_were(filled: Library) -> None:
    old = draw(filled.catalog, SPACE, None, quiet)
    fill(filled.catalog, range(8, 10))
    new = draw(filled.catalog, SPACE, old, quiet)
    was = dict(zip(old.shots.tolist(), old.positions, strict=True))
    moved = [
        np.linalg.norm(at - was[shot])
        for shot, at in zip(new.shots.tolist(), new.positions, strict=True)
        if shot in was
    ]
    assert len(moved) == len(old.shots)
    assert np.median(moved) < 0.1 * np.ptp(old.positions, axis=0).max()


def test_shots_beyond_the_landmarks_lie_with_their_like(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas, "LANDMARKS", 40)
    monkeypatch.setattr(atlas, "BLOCK", 16)
    drawn = draw(filled.catalog, SPACE, None, quiet)
    kind = kinds(filled.catalog, drawn)
    apart = np.linalg.norm(drawn.positions[:, None] - drawn.positions[:40], axis=2)
    assert len(drawn.shots) == 8 * EACH
    assert (kind[apart[40:].argmin(axis=1)] == kind[40:]).mean() > 0.95


def test_lots_stay_when_others_come_between() -> None:
    few, many = by_lot(np.arange(0, 100, 3)), by_lot(np.arange(100))
    assert few.tolist() == [shot for shot in many.tolist() if shot % 3 == 0]
    assert few.tolist() != sorted(few.tolist())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_few_shots_have_a_map(library: Library, count: int) -> None:
    library.catalog.add_root("/v")
    library.catalog.publish(
        video("/v/a.mp4", shots=count),
        root="/v",
        size=1,
        mtime_ns=1,
        stages=[SCAN],
        shots=shots(count),
        vectors={SPACE: (places(count), Vectors(SPACE, look(0, 1)[:count]))},
        annotations=[],
    )
    drawn = draw(library.catalog, SPACE, None, quiet)
    assert len(drawn.shots) == count
    assert np.isfinite(drawn.bounds).all()


def test_a_shot_is_placed_by_the_mean_of_its_rows(filled: Library) -> None:
    catalog = filled.catalog
    wanted = catalog.shots_in([SPACE])[[7, 2, 30]]
    found, means = catalog.shot_means(SPACE, np.append(wanted, 999_999))
    assert found.tolist() == wanted.tolist()
    for shot, mean in zip(wanted.tolist(), means, strict=True):
        total = catalog.shot_vectors(SPACE, shot).sum(axis=0)
        assert mean == pytest.approx(total / np.linalg.norm(total), abs=1e-5)


def test_a_map_is_drawn_by_a_process_and_kept(maps: Maps, filled: Library) -> None:
    first = maps.sheet(SPACE)
    assert (first.atlas, first.is_current, first.done) == (None, False, 0.0)
    sheet = settled(maps)
    assert sheet.atlas is not None
    assert sheet.is_current
    again = Maps(filled).sheet(SPACE)  # which finds the file, and draws nothing
    assert again.atlas is not None
    assert (again.atlas.version, again.is_current, again.done) == (sheet.atlas.version, True, None)


def test_the_old_map_is_shown_while_the_next_is_drawn(maps: Maps, filled: Library) -> None:
    old = settled(maps).atlas
    assert old is not None
    maps._drawings.clear()  # as if it had rested long enough
    fill(filled.catalog, range(8, 9))
    sheet = maps.sheet(SPACE)
    assert sheet.atlas is old
    assert not sheet.is_current
    assert sheet.done is not None
    new = settled(maps)
    assert new.is_current
    assert new.atlas is not None
    assert len(new.atlas.shots) == 9 * EACH
    assert maps.atlas(SPACE, old.version).version == old.version  # what was selected on it can be searched


def test_a_map_is_not_drawn_again_at_once(maps: Maps, filled: Library) -> None:
    settled(maps)
    fill(filled.catalog, range(8, 9))
    sheet = maps.sheet(SPACE)
    assert (sheet.is_current, sheet.done) == (False, None)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no more", None])
def test_a_damaged_or_deleted_map_is_drawn_again(filled: Library, damage: bytes | None) -> None:
    folder = filled.maps_folder(SPACE)
    save(draw(filled.catalog, SPACE, None, quiet), folder)
    [path] = folder.iterdir()
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert load(folder) is None
    maps = Maps(filled)
    assert settled(maps).is_current
    maps.close()
    assert load(folder) is not None


def test_a_flipped_byte_is_noticed(filled: Library) -> None:
    folder = filled.maps_folder(SPACE)
    save(draw(filled.catalog, SPACE, None, quiet), folder)
    [path] = folder.iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    assert load(folder) is None


def test_the_last_maps_are_kept(filled: Library) -> None:
    folder = filled.maps_folder(SPACE)
    drawn = draw(filled.catalog, SPACE, None, quiet)
    versions = []
    for step in range(KEPT + 2):
        moved = Atlas(drawn.shots, drawn.positions + step, drawn.parts, drawn.state, "")
        made = Atlas(
            *(moved.shots, moved.positions, moved.parts, moved.state),
            atlas._version(moved.shots, moved.positions),
        )
        save(made, folder)
        versions.append(made.version)
    assert [load(folder, version) is not None for version in versions] == [False] * 2 + [True] * KEPT


def test_why_no_map_was_drawn_is_said(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    (filled.folder / "maps").write_text("in the way")
    maps = Maps(filled)
    sheet = settled(maps)
    assert sheet.atlas is None
    assert "maps" in sheet.problem
    maps.close()


def test_closing_ends_what_is_being_drawn(filled: Library) -> None:
    maps = Maps(filled)
    maps.sheet(SPACE)
    process = maps._drawings[SPACE].process
    assert isinstance(process, subprocess.Popen)
    maps.close()
    assert process.poll() is not None
    assert maps.sheet(SPACE).done is None


def test_a_region_holds_exactly_what_lies_in_it(maps: Maps, filled: Library) -> None:
    drawn = settled(maps).atlas
    assert drawn is not None
    rng = np.random.default_rng(5)
    for _ in range(20):
        x0, y0, x1, y1 = (float(edge) for edge in rng.uniform(-6, 6, 4))
        region = Region.parse(f"toy:{drawn.version}:{x0},{y0},{x1},{y1}")
        inside = {
            shot
            for shot, (x, y) in zip(drawn.shots.tolist(), drawn.positions.tolist(), strict=True)
            if min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1)
        }
        found = maps.shots(region)
        assert found == inside
        allowed = filled.catalog.allowed(SPACE, Filters(shots=found))
        assert allowed is not None
        located = filled.catalog.locate(allowed.tolist())
        assert {place.shot_id for place in located.values()} == inside


@pytest.mark.parametrize(
    "text", ["", "toy", "toy:abc:1,2,3", "toy:abc:1,2,3,x", ":abc:1,2,3,4", "toy:../x:1,2,3,4"]
)
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="select it there"):
        Region.parse(text)


def test_a_region_of_an_encoder_with_colons_is_read() -> None:
    assert Region.parse("my.module:Class:0a1b:-1,2.5,3,4e1") == Region(
        "my.module:Class", "0a1b", (-1, 2.5, 3, 40)
    )


def test_a_region_of_a_map_that_is_gone_says_what_to_do(maps: Maps) -> None:
    with pytest.raises(NotFound, match="drawn again since; select"):
        maps.shots(Region("toy", "0123456789ab", (0, 0, 1, 1)))
    with pytest.raises(NotFound, match="encoder 'nobody'"):
        maps.shots(Region("nobody", "0123456789ab", (0, 0, 1, 1)))


def test_sets_of_shots_are_intersected() -> None:
    both = Filters(shots=frozenset({1, 2}), min_height=3) & Filters(shots=frozenset({2, 3}))
    assert both == Filters(shots=frozenset({2}), min_height=3)
    assert (Filters() & Filters(shots=frozenset())).shots == frozenset()
    assert (Filters() & Filters()).shots is None


def test_shots_are_grouped_by_what_they_have(filled: Library) -> None:
    catalog = filled.catalog
    everything = catalog.shots_in([SPACE])
    folders = groups(catalog, everything, By.FOLDER)
    assert folders.names == ("/v/0", "/v/1", "/v/2", "/v/3")
    assert folders.counts == (2 * EACH,) * 4
    assert groups(catalog, everything, By.YEAR).names == ("2020", "2021", "2022", "2023")
    videos = groups(catalog, everything, By.VIDEO)
    assert videos.counts == (EACH,) * 7
    assert (videos.of == 7).sum() == EACH  # the eighth is all others
    assert groups(catalog, everything, By.LABEL).names == ()


def test_parts_are_named_by_labels_that_set_them_apart_or_by_their_videos(filled: Library) -> None:
    catalog = filled.catalog
    drawn = draw(catalog, SPACE, None, quiet)
    assert sum(part.count for part in parts(catalog, drawn)) == len(drawn.shots)
    assert all(".mp4" in part.name for part in parts(catalog, drawn))
    for summary in catalog.videos(limit=50):
        label = "beach" if "/0/" in summary.video.path else "town"
        ids = [shot.id for shot in catalog.shots(summary.video.id)]
        catalog.set_labels(summary.video.id, {id_: [(label, 0.9)] for id_ in ids}, SCAN)
    names = {part.name for part in parts(catalog, drawn)}
    assert names == {"beach", "town"}
