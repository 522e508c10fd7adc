"""Things that call themselves encoders, and an encoder that will not be made."""

from collections.abc import Sequence
from typing import Any

from plugins.contracts import Encoder
from plugins.values import Image, Matrix


class NotAnEncoder:
    """Has the right methods and no contract."""

    def encode_images(self, images: Sequence[Image]) -> Any: ...


def function() -> None: ...


class Moody(Encoder):
    """Fails while it is made."""

    dim = 1
    revision = "1"

    def __init__(self, *_: object, **__: object) -> None:
        raise RuntimeError("not\ntoday")

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        raise NotImplementedError
