"""The runtime ``int8``: matrices in 8 bits by ONNX Runtime, with a scale for each channel of the weights.

Whatever is no matrix stays float.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plugins import durable
from plugins.errors import Unsupported
from plugins.extras import need

PACKAGES = ("onnx", "onnxruntime", "onnxscript")
MATRICES = ["MatMul", "Gemm"]
FEWEST = 2
"""linear layers; a convolutional network has at most its classifier's, which is not part of its vectors"""


def check(tower: Any) -> None:
    """Says whether a model can run so at all.

    Raises:
        Unsupported: a package is absent, or the model hardly has a matrix
    """
    import torch

    if sum(isinstance(module, torch.nn.Linear) for module in tower.modules()) < FEWEST:
        raise Unsupported("int8 is for transformers: this model computes with convolutions")
    need("int8", "int8", PACKAGES)


def build(tower: Any, example: Any, path: Path) -> None:
    """Writes the model in 8 bits. Takes a minute for a usual one.

    Args:
        example: a batch of one prepared picture
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from torch import cat, export, onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder, _quiet():
        whole = Path(folder) / "float.onnx"
        shapes = ({0: export.Dim("pictures", min=1)},)
        # two pictures, since an exporter takes a batch of one for a batch that is always one
        onnx.export(
            tower, (cat([example, example]),), whole, dynamo=True, dynamic_shapes=shapes, verbose=False
        )
        durable.publish(
            path,
            lambda temporary: quantize_dynamic(
                whole, temporary, MATRICES, per_channel=True, weight_type=QuantType.QInt8
            ),
            lambda temporary: _session(temporary),
        )


def open_tower(path: Path) -> Any:
    """The model as a module: pictures (n, channels, height, width) in, vectors (n, dim) out."""
    import torch

    class Tower(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.session = _session(path)
            self.input = self.session.get_inputs()[0].name

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(self.session.run(None, {self.input: batch.numpy()})[0])

    return Tower()


def _session(path: Path) -> Any:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1  # see `plugins.encoders._threads`
    return InferenceSession(path, options, providers=["CPUExecutionProvider"])


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter tells its own developers."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(disabled)
