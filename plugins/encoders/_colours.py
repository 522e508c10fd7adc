"""What a colour is called: sRGB to the shares of named shades, the same table for pictures and for words."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from plugins.values import Image, Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHADES: dict[str, tuple[str, ...]] = {
    "black": ("#000000", "#101010", "#1a1a1c"),
    "dark grey": ("#303030", "#444444", "#383a3c"),
    "grey": ("#666666", "#808080", "#787a7c", "#8a8888"),
    "light grey": ("#a4a4a4", "#bcbcbc", "#cecece"),
    "white": ("#e8e8e8", "#f6f6f6", "#ffffff"),
    "dark red": ("#4a0a0a", "#6b0f12", "#8b0000", "#5c1418", "#7a2024"),
    "red": ("#b01018", "#d01020", "#f01414", "#ff2a20", "#c82830", "#b83838", "#e04030"),
    "dark pink": ("#b02060", "#c83078", "#d8207c", "#a83c64"),
    "pink": ("#ff5a9c", "#ff80b0", "#f06aa0", "#e080a0", "#e88c8c", "#d07890"),
    "light pink": ("#ffb6c1", "#ffc8d4", "#f4c2c2", "#f8d8e0"),
    "orange": ("#ff6a10", "#ff8c00", "#ffa030", "#e87820", "#f89050", "#d86818"),
    "dark brown": ("#2c1a0e", "#3a2414", "#4a2e18", "#40281c"),
    "brown": ("#6b4423", "#805030", "#8a5a38", "#704838", "#96603c", "#a0522d"),
    "light brown": ("#b07c50", "#b88a60", "#a87c5c", "#c09068"),
    "beige": ("#d8c4a0", "#e0cdb0", "#f0e2c8", "#d2b48c", "#cdb89a"),
    "dark yellow": ("#b89010", "#a88a20", "#c8a020"),
    "yellow": ("#ffd700", "#ffe620", "#f8f010", "#f0c820", "#e8d040", "#ffe860"),
    "light yellow": ("#fff6a0", "#fbf3b8", "#f6eb90"),
    "olive": ("#5a5a1e", "#6b6b23", "#808030", "#8a8440"),
    "dark green": ("#0c3010", "#143c18", "#1e4a20", "#2c4420", "#0a4a2c", "#344a28"),
    "green": (
        "#1e8020",
        "#2ca02c",
        "#20c040",
        "#00e020",
        "#4a7a30",
        "#587a38",
        "#6a9040",
        "#3c8c50",
        "#6c8c5c",
    ),
    "light green": ("#90ee90", "#a8d878", "#b4e0a0", "#98fb60", "#a0c888", "#c8e8b8"),
    "teal": ("#0a4c4c", "#006060", "#107878", "#24686c"),
    "turquoise": ("#10a0a0", "#20c8c0", "#40e0d0", "#00e8f0", "#30b0b8", "#58b4b0"),
    "light turquoise": ("#a0f0e8", "#b4e8e8", "#88e0e0"),
    "dark blue": ("#080c38", "#0c1450", "#101c68", "#1c2c58", "#14284c"),
    "blue": ("#1020d0", "#1e50e0", "#2060c0", "#3070d0", "#0050a0", "#3c6cb0", "#4878a8", "#3c5c94"),
    "light blue": ("#60a8f0", "#80b8f0", "#87ceeb", "#a8d0f4", "#7ca4cc", "#94b4d4", "#bcd8f0"),
    "dark purple": ("#280a40", "#3c1060", "#4a1a68", "#3c2450"),
    "purple": ("#7020a0", "#8030c0", "#9040d0", "#a020f0", "#7c4c98", "#8c3c8c", "#b030b0", "#d020d8"),
    "light purple": ("#b48cd8", "#c8a8e8", "#d8c0f0", "#b090c8", "#e0a0e8"),
}
"""What a shade looks like in sRGB: several swatches each, since a name covers a region and not a point."""

COLOURS = (
    "black", "grey", "white", "red", "pink", "orange", "brown", "beige",
    "yellow", "green", "turquoise", "blue", "purple",
)  # fmt: skip
_COLOUR_OF = {"teal": "turquoise", "olive": "green"}
"""the colour of a shade whose name does not end in one"""


_NAMING = np.array([0.5, 1, 1], np.float32)
"""names depend less on OKLab's lightness than on its two axes of colour"""
_BLUR = 0.012
"""OKLab distance within which a colour between two shades is a little of both"""


def colour_of(shade: str) -> str:
    """The colour a shade counts as: ``dark green`` as green."""
    last = shade.split()[-1]
    return _COLOUR_OF.get(last, last)


def name_shades(rgb: Image) -> Matrix:
    """How much each pixel is each shade, (..., shades); sums to 1 over the shades."""
    named: Matrix = _table()[_codes(rgb)]
    return named


@cache
def shades_to_colours() -> Matrix:
    """(shades, colours), 1 where the shade counts as the colour."""
    return np.array([[colour_of(shade) == colour for colour in COLOURS] for shade in SHADES], np.float32)


def oklab(rgb: Matrix) -> Matrix:
    """sRGB, 0 to 1, as OKLab (Ottosson 2020): lightness 0 to 1, green to red, blue to yellow."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4).astype(np.float32)
    to_lms = np.array(
        [
            [0.41222147, 0.53633254, 0.05144599],
            [0.2119035, 0.6806995, 0.107397],
            [0.0883025, 0.2817188, 0.6299787],
        ],
        np.float32,
    )
    to_lab = np.array(
        [
            [0.2104543, 0.7936178, -0.0040720],
            [1.9779985, -2.4285922, 0.4505937],
            [0.0259040, 0.7827718, -0.8086758],
        ],
        np.float32,
    )
    lab: Matrix = np.cbrt(linear @ to_lms.T) @ to_lab.T
    return lab


def _codes(rgb: Image) -> "NDArray[np.int32]":
    """Each colour as a number of 15 bits, five of each channel."""
    bits = rgb.astype(np.int32) >> 3
    codes: NDArray[np.int32] = (bits[..., 0] << 10) | (bits[..., 1] << 5) | bits[..., 2]
    return codes


@cache
def _table() -> Matrix:
    """How much each of the 32768 colours is each shade, (32768, shades); rows sum to 1."""
    steps = (np.arange(4, 256, 8) / 255).astype(np.float32)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = np.stack([_distance(oklab(cube), swatches) for swatches in SHADES.values()], axis=1)
    beyond = nearest**2 - (nearest**2).min(axis=1, keepdims=True)
    closeness = np.exp(-beyond / (2 * _BLUR**2))
    table: Matrix = (closeness / closeness.sum(axis=1, keepdims=True)).astype(np.float32)
    return table


def _distance(lab: Matrix, swatches: Sequence[str]) -> Matrix:
    """From each colour to the nearest of the swatches, (n,)."""
    rgb = np.array([list(bytes.fromhex(swatch[1:])) for swatch in swatches], np.float32)
    points = oklab((rgb / 255).astype(np.float32))
    offsets = np.subtract(lab[:, None], points[None]) * _NAMING
    distance: Matrix = np.linalg.norm(offsets, axis=2).min(axis=1)
    return distance
