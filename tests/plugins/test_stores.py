from plugins.stores.exact import ExactStore
from plugins.stores.faiss import FaissStore
from plugins.testing import VectorStoreContract


class TestExact(VectorStoreContract):
    store_class = ExactStore


class TestFaiss(VectorStoreContract):
    store_class = FaissStore


class FlatFaiss(FaissStore):
    """Uses FAISS from the eighth row on."""

    flat_from = 8
    exact_below = 2


class TestFlatFaiss(VectorStoreContract):
    store_class = FlatFaiss
