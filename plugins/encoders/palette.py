"""``palette``: finds pictures by the names of their colours. Needs no weights, only numpy and Pillow.

A picture is brought to a small grid of cells, which removes pixel noise, and every cell is named after the
colours it is close to. A vector is made of blocks of equal length, so that the cosine with a sentence is a
sum of "how much of what was asked is there":

    shades   how much of the picture has each shade (dark green, turquoise, light grey)
    places   how much of each part of the picture has each colour (green, blue, grey)
    moods    how dark, bright, vivid, pale, nightly, black-and-white the picture is: pairs of yes and no

A block holds square roots of shares, so it has unit length and its dot product with another is their overlap.
"""

from collections.abc import Sequence

import numpy as np

from plugins.contracts import Encoder
from plugins.encoders._colour_words import MOODS, PLACES, Wish, share_known, wishes
from plugins.encoders._colours import COLOURS, SHADES, colour_of, name_shades, oklab, shades_to_colours
from plugins.errors import NotUnderstood
from plugins.values import Image, Matrix

GRID = 48
"""cells along each side of the grid that a picture is brought to, whatever its shape"""

_SHADE_NAMES = tuple(SHADES)
_PLACES_AT = len(SHADES)
_MOODS_AT = _PLACES_AT + len(PLACES) * len(COLOURS)


class PaletteEncoder(Encoder):
    """Colours and where they are, in pictures and in sentences. Takes no argument."""

    dim = _MOODS_AT + 2 * len(MOODS)
    revision = "1"

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = np.empty((len(images), self.dim), np.float32)
        for row, image in zip(rows, images, strict=True):
            row[:] = _picture(image)
        return rows

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for wish in wishes(text):
                row[_position(wish)] += wish.weight
            if not row.any():
                raise NotUnderstood(
                    "palette knows no word of %(text)s, only colours (red, pink, …), light (dark, vivid,"
                    " black and white, …) and places (left, top, centre, …)",
                    text=repr(text[:60]),
                )
        return rows

    def understanding(self, text: str) -> float:
        return share_known(text)


def _position(wish: Wish) -> int:
    """Where in a vector stands what is wished for."""
    if wish.name in MOODS:
        return _MOODS_AT + MOODS.index(wish.name)
    if wish.place is None:
        return _SHADE_NAMES.index(wish.name)
    return _PLACES_AT + PLACES.index(wish.place) * len(COLOURS) + COLOURS.index(colour_of(wish.name))


def _picture(image: Image) -> Matrix:
    """The vector of one picture, (dim,)."""
    cells = _cells(image)
    shades = name_shades(cells)  # (GRID, GRID, shades)
    colours = shades @ shades_to_colours()  # (GRID, GRID, colours)
    shares = [shades.mean(axis=(0, 1)), *(colours[_PARTS[place]].mean(axis=(0, 1)) for place in PLACES)]
    moods = _moods(oklab((cells.reshape(-1, 3) / 255).astype(np.float32)))
    vector: Matrix = np.sqrt(np.concatenate([*shares, moods, 1 - moods]))
    return vector


def _cells(image: Image) -> Image:
    """The picture as GRID x GRID cells, each the mean of its pixels."""
    from PIL import Image as Pillow

    picture = Pillow.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize((GRID, GRID), Pillow.Resampling.BOX))


def _moods(lab: Matrix) -> Matrix:
    """How much of each mood, 0 to 1, in the order of MOODS."""
    light, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    contrast = _ramp(light.std(), 0.04, 0.16)
    dark = _ramp(light.mean(), 0.45, 0.15)
    values = {
        "dark": dark,
        "bright": _ramp(light.mean(), 0.6, 0.9),
        "night": dark * contrast,
        "vivid": _ramp(chroma.mean(), 0.04, 0.16),
        "pale": _ramp(light.mean(), 0.6, 0.8) * _ramp(chroma.mean(), 0.09, 0.04),
        "black and white": contrast * _ramp(np.quantile(chroma, 0.95), 0.02, 0.006),
    }
    return np.array([values[mood] for mood in MOODS], np.float32)


def _ramp(value: float, none: float, full: float) -> float:
    """0 at ``none`` and beyond, 1 at ``full`` and beyond, straight between."""
    return float(np.clip((value - none) / (full - none), 0, 1))


_HALF, _THIRD = GRID // 2, GRID // 3
_PARTS: dict[str, tuple[slice, slice]] = {
    "anywhere": np.s_[:, :],
    "left": np.s_[:, :_HALF],
    "right": np.s_[:, _HALF:],
    "top": np.s_[:_HALF, :],
    "bottom": np.s_[_HALF:, :],
    "centre": np.s_[_THIRD:-_THIRD, _THIRD:-_THIRD],
}
"""the cells of each place"""
