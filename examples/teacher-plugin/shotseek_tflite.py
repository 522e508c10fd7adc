"""``tflite:/path/model.tflite``: any 8-bit TensorFlow Lite model that turns a picture into a vector."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image as Pillow

from plugins import Context, Encoder
from plugins.errors import WeightsMissing
from plugins.values import Image, Matrix


class TfliteEncoder(Encoder):
    """The output of the model, of the whole picture at the model's own size."""

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        super().__init__(argument, reference=reference, context=context)
        self.path = Path(argument)
        if not self.path.is_absolute() or not self.path.is_file():
            raise WeightsMissing(f"{self.reference}: give the whole path of a .tflite file, got {argument!r}")
        self.lock = Lock()  # an interpreter holds the tensors of one picture

    @cached_property
    def model(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        model = Interpreter(str(self.path), num_threads=1)
        model.allocate_tensors()
        return model

    @property
    def dim(self) -> int:
        return int(np.prod(self.model.get_output_details()[0]["shape"]))

    @cached_property
    def revision(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        with self.lock:
            rows = [self.encode(image) for image in images]
            return np.array(rows, np.float32).reshape(len(images), self.dim)

    def encode(self, image: Image) -> Matrix:
        entry, exit_ = self.model.get_input_details()[0], self.model.get_output_details()[0]
        _, height, width, _ = entry["shape"]
        picture = Pillow.fromarray(np.ascontiguousarray(image)).resize(
            (width, height), Pillow.Resampling.BILINEAR
        )
        self.model.set_tensor(entry["index"], np.asarray(picture, np.uint8)[None])
        self.model.invoke()
        scale, zero = exit_["quantization"]
        vector: Matrix = (self.model.get_tensor(exit_["index"]).ravel().astype(np.float32) - zero) * scale
        return vector
