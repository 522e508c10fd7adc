"""The contracts as tests. An author subclasses one, gives it a fixture, and runs pytest:

    from plugins.testing import EncoderContract

    class TestMine(EncoderContract):
        @pytest.fixture
        def encoder(self):
            return MyEncoder()

Every test here says in its name what the host relies on.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from plugins.contracts import Annotator, Encoder, Matches, Media, ShotDetector, VectorStore
from plugins.errors import DamagedIndex, NotUnderstood, Unsupported
from plugins.values import Annotation, Ids, Image, Matrix, Shot, Space, Vectors


def pictures() -> list[Image]:
    """Six pictures that differ, of mixed and awkward sizes: plain, striped, shaded, noise, and one pixel."""
    shade = np.linspace(0, 255, 97, dtype=np.uint8)
    noise = np.random.default_rng(7).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    stripes = np.zeros((90, 160, 3), np.uint8)
    stripes[:, ::20] = stripes[:, 1::20] = (250, 240, 30)
    return [
        np.zeros((72, 96, 3), np.uint8),
        np.full((40, 30, 3), (200, 20, 30), np.uint8),
        np.broadcast_to(shade[:, None, None], (97, 61, 3)).copy(),
        stripes,
        noise,
        np.full((1, 1, 3), (10, 60, 220), np.uint8),
    ]


class EncoderContract:
    """What the host relies on in an encoder. Give it an ``encoder`` fixture."""

    texts: ClassVar[Sequence[str]] = ("a red flower", "blue sky over green hills")
    """sentences that the encoder understands, if it reads text"""
    tolerance: ClassVar[float] = 1e-3
    """how far the cosine of one picture encoded twice may be from 1"""

    def test_space_is_known_before_and_unchanged_after_encoding(self, encoder: Encoder) -> None:
        before = encoder.space
        encoder.encode_images(pictures())
        assert encoder.space == before
        assert _again(encoder).space == before

    def test_one_finite_float32_row_a_picture(self, encoder: Encoder) -> None:
        rows = encoder.encode_images(pictures())
        assert rows.dtype == np.float32
        assert rows.shape == (len(pictures()), encoder.dim)
        Vectors.normalised(encoder.space, rows)

    def test_no_pictures_no_rows(self, encoder: Encoder) -> None:
        assert encoder.encode_images([]).shape == (0, encoder.dim)

    def test_a_batch_is_its_pictures_one_by_one(self, encoder: Encoder) -> None:
        batch = encoder.encode_images(pictures())
        for row, image in zip(batch, pictures(), strict=True):
            self._same(row[None], encoder.encode_images([image]))

    def test_more_pictures_than_a_batch(self, encoder: Encoder) -> None:
        images = (pictures() * (encoder.batch_size // len(pictures()) + 1))[: encoder.batch_size + 1]
        rows = encoder.encode_images(images)
        assert rows.shape == (len(images), encoder.dim)
        self._same(rows[-1:], encoder.encode_images(images[-1:]))

    def test_the_same_pictures_get_the_same_vectors(self, encoder: Encoder) -> None:
        first = encoder.encode_images(pictures())
        self._same(first, encoder.encode_images(pictures()))
        self._same(first, _again(encoder).encode_images(pictures()))

    def test_different_pictures_get_different_vectors(self, encoder: Encoder) -> None:
        rows = Vectors.normalised(encoder.space, encoder.encode_images(pictures())).data
        alike = rows @ rows.T
        assert alike.min() < 1 - 1e-3, "every picture got the same vector"

    def test_pictures_are_left_as_they_were(self, encoder: Encoder) -> None:
        images = pictures()
        encoder.encode_images(images)
        for image, original in zip(images, pictures(), strict=True):
            np.testing.assert_array_equal(image, original)

    def test_views_and_read_only_pictures(self, encoder: Encoder) -> None:
        whole = pictures()[4]
        view = whole[::-1, 4:40]
        view.flags.writeable = False
        self._same(encoder.encode_images([view]), encoder.encode_images([view.copy()]))

    def test_one_row_a_shot(self, encoder: Encoder) -> None:
        shots = [pictures()[:1], pictures()[1:4], pictures()[4:]]
        rows = encoder.encode_shots(shots)
        assert rows.dtype == np.float32
        assert rows.shape == (3, encoder.dim)
        Vectors.normalised(encoder.space, rows)
        assert encoder.encode_shots([]).shape == (0, encoder.dim)

    def test_texts_get_vectors_or_are_refused(self, encoder: Encoder) -> None:
        if not encoder.reads_text:
            with pytest.raises(Unsupported):
                encoder.encode_texts(self.texts)
            return
        rows = encoder.encode_texts(self.texts)
        assert rows.dtype == np.float32
        assert rows.shape == (len(self.texts), encoder.dim)
        Vectors.normalised(encoder.space, rows)
        self._same(rows[:1], encoder.encode_texts(self.texts[:1]))
        assert encoder.encode_texts([]).shape == (0, encoder.dim)

    @pytest.mark.parametrize("text", ["zxqj wvkpt", "çöğ 東京 🎬", "word " * 2_000])
    def test_strange_texts_get_a_vector_or_are_not_understood(self, encoder: Encoder, text: str) -> None:
        if not encoder.reads_text:
            return
        try:
            rows = encoder.encode_texts([text])
        except NotUnderstood:
            return
        Vectors.normalised(encoder.space, rows)

    def test_many_threads_at_once(self, encoder: Encoder) -> None:
        fresh = _again(encoder)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(fresh.encode_images, [pictures()] * 4))
        for answer in answers:
            self._same(answer, encoder.encode_images(pictures()))

    def _same(self, left: Matrix, right: Matrix) -> None:
        assert left.shape == right.shape
        lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
        np.testing.assert_allclose((left * right).sum(axis=1) / lengths, 1, atol=self.tolerance)


def _again(encoder: Encoder) -> Encoder:
    """The same encoder made once more, as the host makes it."""
    return type(encoder)(encoder.argument, reference=encoder.reference, context=encoder.context)


class ShotDetectorContract:
    """What the host relies on in a shot detector. Give it ``detector`` and ``media`` fixtures; the media
    should hold at least one cut."""

    def test_cuts_ascend_inside_the_video(self, detector: ShotDetector, media: Media) -> None:
        cuts = list(detector.cuts(media))
        assert cuts, "the given media should hold a cut"
        assert all(isinstance(cut, int) for cut in cuts), "whole microseconds"
        assert cuts == sorted(set(cuts))
        assert cuts[0] > 0
        assert cuts[-1] < media.video.duration_us

    def test_the_same_video_gets_the_same_cuts(self, detector: ShotDetector, media: Media) -> None:
        again = type(detector)(detector.argument, reference=detector.reference, context=detector.context)
        first = list(detector.cuts(media))
        assert list(detector.cuts(media)) == first, "a detector keeps nothing from one video to the next"
        assert list(again.cuts(media)) == first


class AnnotatorContract:
    """What the host relies on in an annotator. Give it ``annotator``, ``media`` and ``shots`` fixtures; the
    media should hold something to write about."""

    def test_annotations_carry_the_source(
        self, annotator: Annotator, media: Media, shots: Sequence[Shot]
    ) -> None:
        written = list(annotator.annotate(media, shots))
        assert written, "the given media should hold something to write about"
        assert all(isinstance(item, Annotation) for item in written)
        assert {item.source for item in written} == {annotator.source}

    def test_annotations_begin_inside_the_video(
        self, annotator: Annotator, media: Media, shots: Sequence[Shot]
    ) -> None:
        for item in annotator.annotate(media, shots):
            assert 0 <= item.span.start_us < media.video.duration_us

    def test_the_same_video_gets_the_same_annotations(
        self, annotator: Annotator, media: Media, shots: Sequence[Shot]
    ) -> None:
        first = list(annotator.annotate(media, shots))
        assert list(annotator.annotate(media, shots)) == first


@dataclass
class Oracle:
    """What a store should find: every row in a dict, every query against every row."""

    rows: dict[int, Matrix] = field(default_factory=dict)
    highest_id: int = 0

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self.rows.update(zip(ids.tolist(), vectors.data, strict=True))
        self.highest_id = max([self.highest_id, *ids.tolist()])

    def remove(self, ids: Ids) -> None:
        for row_id in ids.tolist():
            self.rows.pop(row_id, None)

    def copy(self) -> "Oracle":
        return Oracle(dict(self.rows), self.highest_id)

    def check(self, store: VectorStore, queries: Vectors, k: int, allowed: Ids | None = None) -> None:
        """Fails unless the store finds what it should; rows of equal score may come in any order."""
        found = store.search(queries, k, allowed)
        assert found.ids.shape == found.scores.shape == (len(queries), k)
        assert found.ids.dtype == np.int64
        assert found.scores.dtype == np.float32
        permitted = set(self.rows) if allowed is None else set(self.rows) & set(allowed.tolist())
        for number, query in enumerate(queries.data):
            self._check_one(found, number, query, permitted)
        assert len(store) == len(self.rows)
        assert store.highest_id == self.highest_id

    def _check_one(self, found: Matches, number: int, query: Matrix, permitted: set[int]) -> None:
        ids, scores = found.ids[number], found.scores[number]
        count = min(len(ids), len(permitted))
        real = ids[:count].tolist()
        assert (ids[count:] == -1).all()
        assert (scores[count:] == -np.inf).all()
        assert set(real) <= permitted
        assert len(set(real)) == count, "a row was found twice"
        best = sorted((float(self.rows[i] @ query) for i in permitted), reverse=True)[:count]
        np.testing.assert_allclose(scores[:count], best, atol=1e-4)
        np.testing.assert_allclose(scores[:count], [self.rows[i] @ query for i in real], atol=1e-4)


class VectorStoreContract:
    """What the host relies on in a vector store. Give it ``store_class``."""

    store_class: ClassVar[type[VectorStore]]
    space: ClassVar[Space] = Space("contract", "1", 16)

    def test_an_empty_store_finds_nothing(self, tmp_path: Path) -> None:
        Oracle().check(self._open(tmp_path), self._vectors(3), 5)

    def test_an_empty_store_survives_a_flush(self, tmp_path: Path) -> None:
        self._open(tmp_path).flush()
        Oracle().check(self._open(tmp_path), self._vectors(1), 2)

    def test_an_empty_batch_changes_nothing(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 4)
        store.add(np.array([], np.int64), self._vectors(0))
        store.remove(np.array([], np.int64))
        oracle.check(store, self._vectors(2), 3)
        assert store.search(self._vectors(0), 3).ids.shape == (0, 3)

    def test_more_wanted_than_there_is(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 4)
        oracle.check(store, self._vectors(2), 10)

    def test_rows_are_found_at_once(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 40)
        store.flush()
        self._add(store, oracle, np.arange(41, 51))
        oracle.check(store, self._vectors(5), 45)

    def test_only_allowed_rows_are_found(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 40)
        store.flush()
        self._add(store, oracle, np.arange(41, 51))
        for allowed in ([], [7], [45], [50, 3, 41, 9_999], range(1, 51)):
            oracle.check(store, self._vectors(3), 6, np.array(allowed, np.int64))

    def test_removed_rows_are_gone(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 40)
        store.flush()
        self._add(store, oracle, np.arange(41, 51))
        gone = np.array([1, 40, 41, 50, 9_999], np.int64)
        store.remove(gone)
        oracle.remove(gone)
        oracle.check(store, self._vectors(3), 50)
        store.flush()
        oracle.check(self._open(tmp_path), self._vectors(3), 50)

    def test_highest_id_outlives_its_row(self, tmp_path: Path) -> None:
        store, _ = self._filled(tmp_path, 3)
        store.remove(np.array([1, 2, 3], np.int64))
        store.flush()
        reopened = self._open(tmp_path)
        assert (len(reopened), reopened.highest_id) == (0, 3)

    def test_only_what_was_flushed_is_kept(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 10)
        store.flush()
        kept = oracle.copy()
        self._add(store, oracle, np.arange(11, 21))
        kept.check(self._open(tmp_path), self._vectors(3), 20)

    def test_an_open_store_keeps_its_view(self, tmp_path: Path) -> None:
        writer, oracle = self._filled(tmp_path, 10)
        writer.flush()
        reader, seen = self._open(tmp_path), oracle.copy()
        self._add(writer, oracle, np.arange(11, 21))
        writer.flush()
        seen.check(reader, self._vectors(3), 20)
        oracle.check(self._open(tmp_path), self._vectors(3), 20)

    @pytest.mark.parametrize("seed", range(6))
    def test_any_history_agrees_with_the_oracle(self, tmp_path: Path, seed: int) -> None:
        chance = np.random.default_rng(seed)
        store, oracle = self._open(tmp_path), Oracle()
        kept = oracle.copy()
        for _ in range(25):
            match chance.choice(["add", "remove", "flush", "reopen", "search"], p=[0.4, 0.2, 0.1, 0.1, 0.2]):
                case "add":
                    ids = oracle.highest_id + np.cumsum(chance.integers(1, 4, chance.integers(0, 12)))
                    self._add(store, oracle, ids, seed=int(chance.integers(1 << 30)))
                case "remove":
                    gone = chance.integers(1, oracle.highest_id + 2, chance.integers(0, 6))
                    store.remove(gone)
                    oracle.remove(gone)
                case "flush":
                    store.flush()
                    kept = oracle.copy()
                case "reopen":
                    store, oracle = self._open(tmp_path), kept.copy()
            k = int(chance.integers(1, 20))
            allowed = chance.permutation(oracle.highest_id + 1)[: chance.integers(0, 30)]
            oracle.check(store, self._vectors(2, seed=k), k, allowed if chance.random() < 0.5 else None)

    def test_searching_while_adding(self, tmp_path: Path) -> None:
        store, oracle = self._filled(tmp_path, 50)
        query = self._vectors(1)

        def search(_: int) -> Matches:
            return store.search(query, 20)

        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(search, range(200))
            for start in range(51, 251, 20):
                self._add(store, oracle, np.arange(start, start + 20), seed=start)
                store.remove(np.array([start], np.int64))
                oracle.remove(np.array([start], np.int64))
            for found in answers:
                assert len(set(found.ids[0].tolist())) == 20
                assert (np.diff(found.scores[0]) <= 0).all()
        oracle.check(store, query, 20)

    def test_a_folder_of_another_space_is_refused(self, tmp_path: Path) -> None:
        store, _ = self._filled(tmp_path, 3)
        store.flush()
        with pytest.raises(DamagedIndex):
            self.store_class.open(tmp_path, Space("contract", "2", self.space.dim))

    def test_a_damaged_file_is_refused(self, tmp_path: Path) -> None:
        store, _ = self._filled(tmp_path, 50)
        store.flush()
        largest = max(
            (path for path in tmp_path.rglob("*") if path.is_file()), key=lambda p: p.stat().st_size
        )
        content = largest.read_bytes()
        largest.write_bytes(content[: len(content) // 2])
        with pytest.raises(DamagedIndex):
            self._open(tmp_path)

    def _open(self, folder: Path) -> VectorStore:
        return self.store_class.open(folder, self.space)

    def _vectors(self, count: int, seed: int = 1) -> Vectors:
        rows = np.random.default_rng(seed).normal(size=(count, self.space.dim))
        return Vectors.normalised(self.space, rows.astype(np.float32))

    def _add(self, store: VectorStore, oracle: Oracle, ids: Ids, seed: int = 2) -> None:
        vectors = self._vectors(len(ids), seed)
        store.add(ids.astype(np.int64), vectors)
        oracle.add(ids, vectors)

    def _filled(self, folder: Path, count: int) -> tuple[VectorStore, Oracle]:
        store, oracle = self._open(folder), Oracle()
        self._add(store, oracle, np.arange(1, count + 1), seed=3)
        return store, oracle
