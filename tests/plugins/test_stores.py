import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins import durable
from plugins.contracts import Matches, VectorStore
from plugins.errors import DamagedIndex, InvalidValue
from plugins.stores.exact import ExactStore
from plugins.stores.faiss import FaissStore
from plugins.stores.snapshotstore import SnapshotStore
from plugins.testing import VectorStoreContract
from plugins.values import Ids, Matrix, Space, Vectors

SPACE = Space("test", "1", 32)


class FlatFaiss(FaissStore):
    """Uses a flat index from the eighth row on."""

    flat_from = 8
    exact_below = 2


class InvertedFaiss(FaissStore):
    """Uses an inverted file from two thousand rows on."""

    flat_from = 8
    inverted_from = 2_000
    exact_below = 2


class TestExact(VectorStoreContract):
    store_class = ExactStore


class TestFaiss(VectorStoreContract):
    store_class = FaissStore


class TestFlatFaiss(VectorStoreContract):
    store_class = FlatFaiss


def rows(count: int, seed: int = 0, dim: int = SPACE.dim) -> Vectors:
    """Rows in clusters, as encoders make them, and as float16 holds them."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(60, dim))
    drawn = centres[random.integers(60, size=count)] + 0.7 * random.normal(size=(count, dim))
    space = Space("test", "1", dim)
    unit = Vectors.normalised(space, drawn.astype(np.float32)).data
    return Vectors(space, unit.astype(np.float16).astype(np.float32))


def filled(store: type[SnapshotStore], folder: Path, count: int) -> tuple[SnapshotStore, Matrix]:
    made, vectors = store.open(folder, SPACE), rows(count)
    made.add(np.arange(1, count + 1), vectors)
    made.flush()
    return made, vectors.data


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def recall(found: Matches, truth: Matches) -> float:
    """The share of rows as good as the truth's."""
    return float((found.scores >= truth.scores[:, -1:] - 1e-5).mean())


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "flush", "reopen", "search"]), st.integers(0, 40), st.integers(0, 9)
    ),
    max_size=30,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_exact_and_faiss_agree_whatever_happens(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stores: list[VectorStore] = [
            cls.open(Path(folder) / name, SPACE)
            for name, cls in (("exact", ExactStore), ("faiss", FlatFaiss))
        ]
        for action, count, seed in steps:
            stores = [
                after(Path(folder) / name, store, action, count, seed)
                for name, store in zip(("exact", "faiss"), stores, strict=True)
            ]
            compare(stores, count, seed)


def after(folder: Path, store: VectorStore, action: str, count: int, seed: int) -> VectorStore:
    random = np.random.default_rng(seed)
    match action:
        case "add":
            store.add(store.highest_id + np.cumsum(random.integers(1, 4, count)), rows(count, seed))
        case "remove":
            store.remove(random.integers(1, store.highest_id + 2, count))
        case "flush":
            store.flush()
        case "reopen":
            store.flush()
            return type(store).open(folder, SPACE)
    return store


def compare(stores: list[VectorStore], count: int, seed: int) -> None:
    exact, other = stores
    k, allowed = 1 + seed, np.random.default_rng(count).integers(0, exact.highest_id + 2, count)
    for chosen in (None, allowed):
        expected, found = (store.search(rows(3, seed + 50), k, chosen) for store in (exact, other))
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
        assert ((found.ids == -1) == (expected.ids == -1)).all()
    assert (len(exact), exact.highest_id) == (len(other), other.highest_id)


@pytest.fixture(scope="module")
def inverted(tmp_path_factory: pytest.TempPathFactory) -> tuple[SnapshotStore, SnapshotStore]:
    folder = tmp_path_factory.mktemp("inverted")
    store, _ = filled(InvertedFaiss, folder / "faiss", 6_000)
    exact, _ = filled(ExactStore, folder / "exact", 6_000)
    assert manifest(folder / "faiss")["notes"]["index"] == "inverted"
    return store, exact


def test_the_kind_of_index_follows_size(tmp_path: Path) -> None:
    for count, kind in ((5, "none"), (100, "flat"), (2_000, "inverted")):
        filled(InvertedFaiss, tmp_path / kind, count)
        assert manifest(tmp_path / kind)["notes"]["index"] == kind


def test_an_inverted_file_finds_what_it_promised(inverted: tuple[SnapshotStore, SnapshotStore]) -> None:
    store, exact = inverted
    notes = manifest(store._folder)["notes"]
    assert notes["recall"] >= InvertedFaiss.recall
    assert notes["probes"] < notes["lists"], "the data are so hard that the measure measures nothing"
    queries = rows(200, seed=1)
    assert recall(store.search(queries, 10), exact.search(queries, 10)) > 0.95


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_a_filter_does_not_cost_recall(inverted: tuple[SnapshotStore, SnapshotStore], share: float) -> None:
    store, exact = inverted
    allowed = np.flatnonzero(np.random.default_rng(3).random(6_001) < share)
    queries = rows(100, seed=2)
    found = store.search(queries, 10, allowed)
    assert set(found.ids.flat) <= set(allowed.tolist())
    assert recall(found, exact.search(queries, 10, allowed)) > 0.95


def test_scores_are_exact_whatever_the_index(inverted: tuple[SnapshotStore, SnapshotStore]) -> None:
    store, _ = inverted
    queries, data = rows(20, seed=4), rows(6_000).data
    found = store.search(queries, 10)
    expected = np.einsum("qkd,qd->qk", data[found.ids - 1], queries.data)
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)


def test_removed_rows_never_come_back(tmp_path: Path) -> None:
    store, data = filled(InvertedFaiss, tmp_path, 3_000)
    gone = np.random.default_rng(0).choice(np.arange(1, 3_001), 900, replace=False)
    store.remove(gone)
    for _ in range(2):
        found = store.search(Vectors(SPACE, data[:1_000]), 5)
        assert not set(found.ids.flat) & set(gone.tolist())
        store.flush()
    assert len(store) == 2_100


@pytest.mark.parametrize("store_class", [ExactStore, FlatFaiss])
def test_snapshots_are_published_by_generation_and_one_is_kept(
    tmp_path: Path, store_class: type[SnapshotStore]
) -> None:
    store, _ = filled(store_class, tmp_path, 20)
    assert manifest(tmp_path)["generation"] == 1
    store.flush()  # nothing has changed
    assert manifest(tmp_path)["generation"] == 1
    for _ in range(3):
        store.add(store.highest_id + np.arange(1, 11), rows(10))
        store.flush()
    assert manifest(tmp_path)["generation"] == 4
    assert {name.split("-")[1][:6] for name in names(tmp_path) if "-" in name} == {"000003", "000004"}


def test_a_writer_that_died_leaves_nothing_for_long(tmp_path: Path) -> None:
    store, _ = filled(FlatFaiss, tmp_path, 20)
    for name in ("ids-000002.npy", "rows-000002.npy.12-ab.tmp", "index-000009.faiss"):
        (tmp_path / name).write_bytes(b"half")
    assert len(FlatFaiss.open(tmp_path, SPACE)) == 20
    store.add(store.highest_id + np.arange(1, 11), rows(10))
    store.flush()
    assert manifest(tmp_path)["generation"] == 10
    assert len(names(tmp_path)) == 7
    assert len(FlatFaiss.open(tmp_path, SPACE)) == 30


def test_a_full_disk_leaves_the_snapshot_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = filled(FlatFaiss, tmp_path, 20)
    before = names(tmp_path)
    # what FAISS does when there is no room for a small index: it returns, and the file is empty
    monkeypatch.setattr("faiss.write_index", lambda index, path: Path(path).touch())
    store.add(store.highest_id + np.arange(1, 11), rows(10))
    with pytest.raises(OSError, match="is not an index"):
        store.flush()
    assert len(store) == 30
    assert FlatFaiss.open(tmp_path, SPACE).highest_id == 20
    monkeypatch.undo()
    store.flush()
    assert len(FlatFaiss.open(tmp_path, SPACE)) == 30
    assert set(before) <= set(names(tmp_path))


def test_rows_are_kept_in_half_the_space_where_that_loses_nothing(tmp_path: Path) -> None:
    store, _ = filled(FlatFaiss, tmp_path, 20)
    assert store._state.snapshot.rows.dtype == np.float16
    third = Vectors.normalised(SPACE, np.full((1, 32), 1 / 3, np.float32))
    store.add(np.array([30]), third)
    store.flush()
    assert store._state.snapshot.rows.dtype == np.float32
    found = FlatFaiss.open(tmp_path, SPACE).search(third, 1)
    assert found.ids.tolist() == [[30]]
    np.testing.assert_allclose(found.scores, 1, atol=1e-6)


@pytest.mark.parametrize("store_class", [ExactStore, FlatFaiss])
def test_what_does_not_fit_is_refused(tmp_path: Path, store_class: type[SnapshotStore]) -> None:
    store, _ = filled(store_class, tmp_path, 10)
    foreign = rows(1, dim=16)
    for ids, vectors, what in (
        ([10], rows(1), "above 10"),
        ([12, 12], rows(2), "ascend"),
        ([13, 12], rows(2), "ascend"),
        ([11], rows(2), "1 ids for 2"),
        ([11], foreign, "do not belong"),
    ):
        with pytest.raises(InvalidValue, match=what):
            store.add(np.array(ids), vectors)
    with pytest.raises(InvalidValue, match="do not belong"):
        store.search(foreign, 1)
    with pytest.raises(InvalidValue, match="positive"):
        store.search(rows(1), 0)
    assert (len(store), store.highest_id) == (10, 10)


def test_one_store_does_not_open_the_files_of_another(tmp_path: Path) -> None:
    filled(ExactStore, tmp_path, 10)
    with pytest.raises(DamagedIndex, match="belongs to exact"):
        FaissStore.open(tmp_path, SPACE)


def damage(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of a snapshot, cut or changed at many places."""
    random = np.random.default_rng(0)
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        for cut in random.integers(0, len(content), 8).tolist():
            yield path, content[:cut]
        for at in [*range(0, 60, 4), *random.integers(0, len(content), 12).tolist()]:
            changed = bytearray(content)
            changed[at] ^= 1 << int(random.integers(8))
            yield path, bytes(changed)


def test_no_damaged_file_is_ever_searched(tmp_path: Path) -> None:
    store, _ = filled(FlatFaiss, tmp_path, 100)
    expected = store.search(rows(5, seed=3), 10)
    for path, content in damage(tmp_path):
        whole = path.read_bytes()
        path.write_bytes(content)
        try:
            found = FlatFaiss.open(tmp_path, SPACE).search(rows(5, seed=3), 10)
        except DamagedIndex:
            pass
        else:  # a manifest whose numbers are still those of the files
            assert path.name == "manifest.json"
            assert (found.ids == expected.ids).all()
        path.write_bytes(whole)


def test_a_byte_changed_without_a_trace_is_found_by_verify(tmp_path: Path) -> None:
    filled(FlatFaiss, tmp_path, 100)
    path = tmp_path / "index-000001.faiss"
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(DamagedIndex, match="not the file that was published"):
        FlatFaiss.verify(tmp_path, SPACE)


def test_opening_reads_no_file_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(FlatFaiss, tmp_path, 100)
    monkeypatch.setattr(durable, "inspect", pytest.fail)
    FlatFaiss.open(tmp_path, SPACE)


def test_a_reader_goes_on_while_snapshots_come_and_go(tmp_path: Path) -> None:
    writer, data = filled(FlatFaiss, tmp_path, 200)
    reader, errors = FlatFaiss.open(tmp_path, SPACE), list[BaseException]()
    expected: Ids = reader.search(Vectors(SPACE, data[:4]), 5).ids
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                assert (reader.search(Vectors(SPACE, data[:4]), 5).ids == expected).all()
                FlatFaiss.open(tmp_path, SPACE)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(25):
        writer.add(writer.highest_id + np.arange(1, 11), rows(10, number))
        writer.flush()
    stop.set()
    thread.join()
    assert errors == []
