"""Pictures and words through an encoder, checked on the way out.

Whatever an encoder does wrong ends here, as a `BrokenPlugin` that names it: a wrong vector stored once
would be wrong answers for ever.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from plugins.contracts import Encoder
from plugins.errors import BrokenPlugin, InvalidValue, ShotseekError
from plugins.registry import describe
from plugins.values import Image, Matrix, Vectors

T = TypeVar("T")

PART = 5 / 8
"""of either side of a picture, that its parts have: they overlap, so that little is cut by all of them"""


def encode_images(encoder: Encoder, images: Sequence[Image]) -> Vectors:
    """Vectors of pictures, handed over in the encoder's own batch size.

    Raises:
        BrokenPlugin: it fails, or returns what its contract forbids
    """
    size = encoder.batch_size
    batches = [images[i : i + size] for i in range(0, len(images), size)]
    parts = [_checked(encoder, partial(encoder.encode_images, batch), len(batch)) for batch in batches]
    return _joined(encoder, parts)


def encode_shots(encoder: Encoder, shots: Sequence[Sequence[Image]]) -> Vectors:
    """One vector a shot.

    Raises:
        BrokenPlugin: as `encode_images`
    """
    return _checked(encoder, partial(encoder.encode_shots, shots), len(shots))


def encode_texts(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors of sentences.

    Raises:
        Unsupported: the encoder reads no text
        NotUnderstood: it knows no word of one of them
        BrokenPlugin: as `encode_images`
    """
    return _checked(encoder, partial(encoder.encode_texts, texts), len(texts))


def parts(image: Image) -> list[Image]:
    """The picture, and then its four overlapping quarters."""
    high, wide = (max(1, round(side * PART)) for side in image.shape[:2])
    corners = [image[:high, :wide], image[:high, -wide:], image[-high:, :wide], image[-high:, -wide:]]
    return [image, *corners]


def spread(items: Sequence[T], count: int) -> Sequence[T]:
    """At most ``count`` of the items, evenly spread, the middle one where there is room for one only."""
    if len(items) <= count:
        return items
    return [items[(2 * i + 1) * len(items) // (2 * count)] for i in range(count)]


def _checked(encoder: Encoder, encode: Callable[[], Matrix], count: int) -> Vectors:
    try:
        data = encode()
    except ShotseekError:
        raise
    except Exception as error:  # a stranger's code may fail in any way; it must name itself
        raise BrokenPlugin(
            "encoder %(reference)s failed: %(error)s", reference=encoder.reference, error=describe(error)
        ) from error
    if not isinstance(data, np.ndarray) or data.dtype != np.float32 or data.shape != (count, encoder.dim):
        came = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
        raise BrokenPlugin(
            "encoder %(reference)s returned %(came)s, its contract says float32 %(shape)s",
            reference=encoder.reference,
            came=came,
            shape=(count, encoder.dim),
        )
    try:
        return Vectors.normalised(encoder.space, data)
    except InvalidValue as error:
        raise BrokenPlugin(
            "encoder %(reference)s broke its contract: %(error)s",
            reference=encoder.reference,
            error=str(error),
        ) from error


def _joined(encoder: Encoder, parts: Sequence[Vectors]) -> Vectors:
    data = [part.data for part in parts] or [np.zeros((0, encoder.dim), np.float32)]
    return Vectors(encoder.space, np.concatenate(data))
