"""The text tower of ``starter``, in numpy: a query is a few pieces, and importing torch takes seconds.

A transformer of two layers, normalised before each half (Xiong et al., On Layer Normalization, 2020), over
the mean of its pieces. `plugins.encoders.starter.training.text` is the same as it is trained.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
HEADS = 4


class TextTower:
    """Pieces of a text to its vector."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights
        self._layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))

    @classmethod
    def load(cls, path: Path) -> "TextTower":
        """From the file that holds both towers."""
        from safetensors import safe_open

        with safe_open(path, "numpy") as file:
            mine = [name for name in file.keys() if name.startswith("text.")]  # noqa: SIM118 (not a mapping)
            return cls(
                {name.removeprefix("text."): file.get_tensor(name).astype(np.float32) for name in mine}
            )

    def __call__(self, numbers: NDArray[np.int64]) -> Array:
        """The vector of one text; ``numbers`` (pieces,) of the vocabulary, at least one."""
        x = self._linear("widen", self._weights["pieces.weight"][numbers])
        x += self._weights["places"][: len(numbers)]
        for layer in range(self._layers):
            x = x + self._attend(f"layers.{layer}", self._normed(f"layers.{layer}.before", x))
            inner = self._linear(f"layers.{layer}.think.0", self._normed(f"layers.{layer}.after", x))
            x = x + self._linear(f"layers.{layer}.think.2", inner * _normal(inner))
        return self._linear("head", self._normed("norm", x).mean(axis=0))

    def _attend(self, name: str, x: Array) -> Array:
        """Scaled dot-product attention of every piece to every piece, (pieces, width)."""
        asked = self._linear(f"{name}.ask", x).reshape(len(x), 3, HEADS, -1)
        query, key, value = asked.transpose(1, 2, 0, 3)
        likeness = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        share = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
        share /= share.sum(axis=-1, keepdims=True)
        return self._linear(f"{name}.mix", (share @ value).transpose(1, 0, 2).reshape(x.shape))

    def _linear(self, name: str, x: Array) -> Array:
        out: Array = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return out

    def _normed(self, name: str, x: Array) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        out: Array = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return out


def _normal(x: Array) -> Array:
    """How much of a normal distribution lies below x, for GELU, to 1e-7 (Abramowitz and Stegun 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x) / np.sqrt(2))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = 0.5 * series * np.exp(-(x**2) / 2)
    share: Array = np.where(x < 0, tail, 1 - tail).astype(np.float32)
    return share
