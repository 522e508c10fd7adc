from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from shotseek_tflite import TfliteEncoder

from plugins.errors import WeightsMissing
from plugins.testing import EncoderContract
from plugins.values import Vectors

TEACHER = Path(__file__).parents[3] / "shared" / "teacher"
MODEL = TEACHER / "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
needs_model = pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is not here")


@needs_model
class TestTflite(EncoderContract):
    @pytest.fixture
    def encoder(self) -> TfliteEncoder:
        return TfliteEncoder(str(MODEL))


@needs_model
def test_a_flipped_picture_is_nearer_than_another() -> None:
    encoder = TfliteEncoder(str(MODEL))
    birds = [np.asarray(Pillow.open(TEACHER / name).convert("RGB")) for name in ("owl.jpg", "parrot.jpg")]
    rows = Vectors.normalised(encoder.space, encoder.encode_images([*birds, birds[0][:, ::-1]])).data
    assert rows[0] @ rows[2] > rows[0] @ rows[1] + 0.1


def test_a_path_that_is_none() -> None:
    for argument in ("", "model.tflite", "/nowhere/model.tflite"):
        with pytest.raises(WeightsMissing):
            TfliteEncoder(argument)
