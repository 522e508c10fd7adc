import pytest
from shotseek_edges import EdgeEncoder

from plugins.testing import EncoderContract


class TestEdges(EncoderContract):
    @pytest.fixture
    def encoder(self) -> EdgeEncoder:
        return EdgeEncoder()
