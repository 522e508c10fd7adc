"""``edges``: finds pictures whose lines run the same way in the same places. Takes no argument."""

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow

from plugins import Encoder
from plugins.values import Image, Matrix

SIDE, CELLS, DIRECTIONS = 64, 4, 8


class EdgeEncoder(Encoder):
    """How strong the edges of each direction are, in each of 4 x 4 parts of the picture."""

    dim = CELLS * CELLS * DIRECTIONS + 1
    revision = "1"

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = np.empty((len(images), self.dim), np.float32)
        for row, image in zip(rows, images, strict=True):
            row[:-1], row[-1] = edges(image), 1  # a plain picture has no edges, but no vector may be zero
        return rows


def edges(image: Image) -> Matrix:
    picture = Pillow.fromarray(np.ascontiguousarray(image)).convert("L").resize((SIDE, SIDE))
    down, right = np.gradient(np.asarray(picture, np.float32))
    direction = (np.arctan2(down, right) / np.pi % 1 * DIRECTIONS).astype(int) % DIRECTIONS
    strength = np.hypot(down, right)[..., None] * np.eye(DIRECTIONS)[direction]
    step = SIDE // CELLS
    cells: Matrix = strength.reshape(CELLS, step, CELLS, step, DIRECTIONS).sum(axis=(1, 3)).ravel()
    return cells
