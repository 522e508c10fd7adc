"""The contract tests themselves: they pass what is right and fail what is wrong."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pytest

from plugins.contracts import Encoder, Matches, VectorStore
from plugins.errors import DamagedIndex, NotUnderstood
from plugins.testing import EncoderContract, VectorStoreContract
from plugins.values import Ids, Image, Matrix, Space, Vectors


class PlainStore(VectorStore):
    """The least a store can be: a dict, sorted at every search, kept as JSON."""

    def __init__(self, folder: Path, space: Space) -> None:
        self.file, self.space = folder / "rows.json", space
        self.rows: dict[int, Matrix] = {}
        self.highest = 0

    @classmethod
    def open(cls, folder: Path, space: Space) -> Self:
        store = cls(folder, space)
        if store.file.exists():
            try:
                kept = json.loads(store.file.read_text())
            except ValueError as error:
                raise DamagedIndex(f"{store.file} is not JSON") from error
            if kept["space"] != repr(space):
                raise DamagedIndex(f"{store.file} belongs to {kept['space']}")
            store.highest = kept["highest"]
            store.rows = {int(i): np.array(row, np.float32) for i, row in kept["rows"].items()}
        return store

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self.rows = self.rows | dict(zip(ids.tolist(), vectors.data, strict=True))
        self.highest = max([self.highest, *ids.tolist()])

    def remove(self, ids: Ids) -> None:
        self.rows = {i: row for i, row in self.rows.items() if i not in set(ids.tolist())}

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> Matches:
        ids = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        permitted = None if allowed is None else set(allowed.tolist())
        rows = {i: row for i, row in self.rows.items() if permitted is None or i in permitted}
        for number, query in enumerate(queries.data):
            best = sorted(((float(row @ query), i) for i, row in rows.items()), reverse=True)[:k]
            scores[number, : len(best)] = [score for score, _ in best]
            ids[number, : len(best)] = [i for _, i in best]
        return Matches(ids, scores)

    def flush(self) -> None:
        rows = {i: row.tolist() for i, row in self.rows.items()}
        self.file.write_text(json.dumps({"space": repr(self.space), "highest": self.highest, "rows": rows}))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def highest_id(self) -> int:
        return self.highest


class MeanColour(Encoder):
    """The least an encoder can be."""

    dim = 4
    revision = "1"
    batch_size = 8

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = [[*image.reshape(-1, 3).mean(axis=0), 32] for image in images]
        return np.array(rows, np.float32).reshape(len(images), self.dim)


class TestPlainStore(VectorStoreContract):
    store_class = PlainStore


class TestMeanColour(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return MeanColour()


class Forgetful(PlainStore):
    def remove(self, ids: Ids) -> None: ...


class Unfiltered(PlainStore):
    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> Matches:
        return super().search(queries, k)


class Trusting(PlainStore):
    @classmethod
    def open(cls, folder: Path, space: Space) -> Self:
        try:
            return super().open(folder, space)
        except DamagedIndex:
            return cls(folder, space)


class Worst(PlainStore):
    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> Matches:
        opposite = Vectors(queries.space, -queries.data)
        found = super().search(opposite, k, allowed)
        return Matches(found.ids, np.where(found.ids < 0, -np.inf, -found.scores).astype(np.float32))


StoreTest = Callable[[VectorStoreContract, Path], None]


@pytest.mark.parametrize(
    ("store", "test"),
    [
        (Forgetful, VectorStoreContract.test_removed_rows_are_gone),
        (Unfiltered, VectorStoreContract.test_only_allowed_rows_are_found),
        (Trusting, VectorStoreContract.test_a_damaged_file_is_refused),
        (Trusting, VectorStoreContract.test_a_folder_of_another_space_is_refused),
        (Worst, VectorStoreContract.test_rows_are_found_at_once),
    ],
)
def test_a_wrong_store_fails(store: type[VectorStore], test: StoreTest, tmp_path: Path) -> None:
    class Contract(VectorStoreContract):
        store_class: ClassVar[type[VectorStore]] = store

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(Contract(), tmp_path)


class OneVector(MeanColour):
    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return np.ones((len(images), self.dim), np.float32)


class NoEmptyBatch(MeanColour):
    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return np.stack([super(NoEmptyBatch, self).encode_images([image])[0] for image in images])


class Double(MeanColour):
    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return super().encode_images(images).astype(np.float64)


class Relative(MeanColour):
    """Encodes a picture by what stands beside it."""

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = super().encode_images(images)
        return rows - rows.mean(axis=0) + np.float32(1) if len(rows) else rows


class Random(MeanColour):
    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return np.random.default_rng().normal(size=(len(images), self.dim)).astype(np.float32)


class Scribbler(MeanColour):
    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = super().encode_images(images)
        for image in images:
            image[:] = 0
        return rows


class Drifting(MeanColour):
    calls = 0

    @property
    def revision(self) -> str:  # type: ignore[override]
        return str(self.calls)

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        self.calls += 1
        return super().encode_images(images)


class SilentReader(MeanColour):
    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        return np.zeros((len(texts), self.dim), np.float32)


EncoderTest = Callable[[EncoderContract, Encoder], None]


@pytest.mark.parametrize(
    ("encoder", "test"),
    [
        (OneVector, EncoderContract.test_different_pictures_get_different_vectors),
        (NoEmptyBatch, EncoderContract.test_no_pictures_no_rows),
        (Double, EncoderContract.test_one_finite_float32_row_a_picture),
        (Relative, EncoderContract.test_a_batch_is_its_pictures_one_by_one),
        (Random, EncoderContract.test_the_same_pictures_get_the_same_vectors),
        (Scribbler, EncoderContract.test_pictures_are_left_as_they_were),
        (Drifting, EncoderContract.test_space_is_known_before_and_unchanged_after_encoding),
        (SilentReader, EncoderContract.test_texts_get_vectors_or_are_refused),
    ],
)
def test_a_wrong_encoder_fails(encoder: type[Encoder], test: EncoderTest) -> None:
    with pytest.raises((AssertionError, ValueError)):
        test(EncoderContract(), encoder())


def test_not_understanding_is_an_answer() -> None:
    class Strict(MeanColour):
        def encode_texts(self, texts: Sequence[str]) -> Matrix:
            raise NotUnderstood("no word is known")

    EncoderContract().test_strange_texts_get_a_vector_or_are_not_understood(Strict(), "zxqj")
