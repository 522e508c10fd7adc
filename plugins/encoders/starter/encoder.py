"""``starter``: the text-image encoder that comes with Shotseek; see MODEL_CARD.md beside this file.

It needs no download, knows the names of ordinary things and of colours, and is fast on any processor. Reading
a sentence needs numpy only; torch is imported when the first picture is seen.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from plugins import durable
from plugins.contracts import Context, Encoder
from plugins.encoders._threads import side_by_side
from plugins.encoders.starter.reading import TextTower
from plugins.encoders.starter.words import Vocabulary
from plugins.errors import InvalidValue
from plugins.values import Image, Matrix

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.safetensors"
PREPARATION = "1"
"""changes with how pictures are prepared"""
SIDE = 80
"""a picture is brought to about this many pixels squared, whatever its shape"""
STEP = 16
"""both sides are multiples of it"""
PARTS = "parts"
WIDEST = 2.0
"""the longer side over the shorter one; a longer picture is squeezed to this shape"""


class StarterEncoder(Encoder):
    """Pictures and sentences about ordinary things. ``starter:parts`` sees the parts of pictures, too."""

    dim = 256

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        super().__init__(argument, reference=reference, context=context)
        if argument not in ("", PARTS):
            raise InvalidValue(
                f"{self.reference}: there are starter and starter:{PARTS}, of one set of weights"
            )
        self._lock = Lock()
        self._eyes: tuple[Any, Any] | None = None

    @property
    def sees_parts(self) -> bool:
        return self.argument == PARTS

    @cached_property
    def revision(self) -> str:
        return f"{PREPARATION}-{durable.inspect(WEIGHTS).sha256[:12]}"

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.load(HERE)

    @cached_property
    def _text(self) -> TextTower:
        return TextTower.load(WEIGHTS)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        rows = np.empty((len(texts), self.dim), np.float32)
        # one of them may be refused: then none is encoded
        understood = [self._vocabulary.understood(text) for text in texts]
        for row, text in zip(rows, understood, strict=True):
            row[:] = self._text(self._vocabulary.numbers([text])[0])
        return rows

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = np.empty((len(images), self.dim), np.float32)
        alike = defaultdict(list)
        for number, image in enumerate(images):
            alike[fitted(image.shape[1], image.shape[0])].append(number)
        _, device = self._loaded()
        for size, numbers in alike.items():
            for first in range(0, len(numbers), self.batch_size):
                batch = numbers[first : first + self.batch_size]
                seen = [images[at] for at in batch]
                rows[batch] = side_by_side(seen, partial(self._see, size), device)
        return rows

    def _see(self, size: tuple[int, int], images: Sequence[Image]) -> Matrix:
        """Vectors of pictures that are all seen at that (width, height)."""
        import torch

        network, device = self._loaded()
        pixels = torch.from_numpy(np.stack([_resized(image, size) for image in images])).to(device)
        with torch.inference_mode():
            rows: Matrix = network(pixels.permute(0, 3, 1, 2).float() / 255).cpu().numpy()
        return rows

    def _loaded(self) -> tuple[Any, Any]:
        """The picture tower and its device, made at the first use and by one thread only."""
        with self._lock:
            if self._eyes is None:
                from plugins.encoders.starter.network import load
                from plugins.tensors import choose_device

                device = choose_device(self.context.device)
                self._eyes = load(WEIGHTS).to(device), device
            return self._eyes


def fitted(width: int, height: int) -> tuple[int, int]:
    """The (width, height) at which a picture is seen: its own shape, and about `SIDE` squared pixels."""
    shape = min(max(width / height, 1 / WIDEST), WIDEST)
    wide, high = SIDE * shape**0.5, SIDE / shape**0.5
    return STEP * max(1, round(wide / STEP)), STEP * max(1, round(high / STEP))


def _resized(image: Image, size: tuple[int, int]) -> Image:
    from PIL import Image as Pillow

    picture = Pillow.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize(size, Pillow.Resampling.BICUBIC, reducing_gap=2.0))
