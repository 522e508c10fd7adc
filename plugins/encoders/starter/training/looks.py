"""What pictures look like whatever they show: how batches are varied, and which colours and light result."""

import math

import torch
from torch import Tensor
from torch.nn.functional import (
    adaptive_avg_pool2d,
    affine_grid,
    avg_pool2d,
    grid_sample,
    interpolate,
    one_hot,
)

from plugins.encoders.starter.training import drawn
from plugins.encoders.starter.training.concepts import FALSE, TRUE, UNKNOWN

COLOURS = tuple(drawn.COLOURS)
RED, ORANGE, YELLOW, GREEN, BLUE, PURPLE, PINK, BROWN, BLACK, WHITE, GREY = range(len(COLOURS))
LIGHTS = ("dark", "bright", "black and white")
LOOKS = (*COLOURS, *LIGHTS)
GRID = 16
"""cells a side that colours are judged on"""
MUCH, LITTLE = 0.35, 0.05
"""shares of the middle from which a colour is named, and of the whole below which it is denied"""


def crop(images: Tensor, side: int, least: float, flip: bool) -> Tensor:
    """Random pieces of pictures, uint8 (n, h, w, 3) to float (n, 3, side, side) in 0..1.

    ``least`` is the smallest share of the area that is kept (Szegedy et al. 2015).
    """
    n = len(images)
    area = torch.empty(n).uniform_(least, 1.0)
    ratio = torch.empty(n).uniform_(-1, 1).mul_(math.log(4 / 3) * (1 - least)).exp()
    wide, high = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = wide, high
    theta[:, 0, 2] = (1 - wide) * torch.empty(n).uniform_(-1, 1)
    theta[:, 1, 2] = (1 - high) * torch.empty(n).uniform_(-1, 1)
    if flip:
        theta[:, 0, 0] *= torch.randint(0, 2, (n,)) * 2 - 1
    grid = affine_grid(theta, [n, 3, side, side], align_corners=False)
    floats = images.permute(0, 3, 1, 2).float().div_(255)
    return grid_sample(floats, grid, padding_mode="reflection", align_corners=False)


def jitter(images: Tensor) -> Tensor:
    """Light, contrast, tint and sharpness as cameras and codecs change them; some grey, some dark.

    Float (n, 3, h, w) in 0..1, before and after.
    """
    n = len(images)

    def one(low: float, high: float) -> Tensor:
        return torch.empty(n, 1, 1, 1).uniform_(low, high)

    mean = images.mean((1, 2, 3), keepdim=True)
    images = (images - mean) * one(0.7, 1.3) + mean * one(0.75, 1.25)
    images = images * (1 + (torch.rand(n, 3, 1, 1) - 0.5) * 0.12)
    grey = torch.rand(n, 1, 1, 1) < 0.08
    images = torch.where(grey, images.mean(1, keepdim=True), images)
    images = torch.where(torch.rand(n, 1, 1, 1) < 0.06, images * one(0.12, 0.4), images)
    soft = interpolate(avg_pool2d(images, 2), images.shape[2:], mode="bilinear")
    images = torch.where(torch.rand(n, 1, 1, 1) < 0.25, soft, images)
    return images.clamp_(0, 1)


def looks(images: Tensor) -> Tensor:
    """Whether each of `LOOKS` is TRUE of float pictures in 0..1, FALSE, or UNKNOWN: int8 (n, len(LOOKS))."""
    small = adaptive_avg_pool2d(images, GRID)
    named = _named(small)  # (n, GRID, GRID)
    edge = GRID // 5
    middle = one_hot(named[:, edge:-edge, edge:-edge].flatten(1), len(COLOURS)).float().mean(1)
    whole = one_hot(named.flatten(1), len(COLOURS)).float().mean(1)
    colours = _judged(middle > MUCH, whole < LITTLE)
    luma, spread = small.mean((1, 2, 3)), (small.amax(1) - small.amin(1)).flatten(1)
    lights = [
        _judged(luma < 0.2, luma > 0.35),
        _judged(luma > 0.75, luma < 0.55),
        _judged(spread.amax(1) < 0.04, spread.mean(1) > 0.08),
    ]
    return torch.cat([colours, torch.stack(lights, 1)], 1)


def _judged(true: Tensor, false: Tensor) -> Tensor:
    return torch.where(true, TRUE, torch.where(false, FALSE, UNKNOWN)).to(torch.int8)


def _named(images: Tensor) -> Tensor:
    """The colour of every cell, as a place in `COLOURS`."""
    r, g, b = images.unbind(1)
    high, low = images.amax(1), images.amin(1)
    chroma = high - low
    saturation = chroma / high.clamp(min=1e-3)
    safe = chroma.clamp(min=1e-3)
    beyond_red = torch.where(high == g, (b - r) / safe + 2, (r - g) / safe + 4)
    hue = torch.where(high == r, ((g - b) / safe) % 6, beyond_red) * 60
    bounds = torch.tensor([15.0, 42.0, 70.0, 165.0, 258.0, 300.0, 342.0])
    wheel = torch.tensor([RED, ORANGE, YELLOW, GREEN, BLUE, PURPLE, PINK, RED])
    named = wheel[torch.bucketize(hue, bounds)]
    warm = (named == ORANGE) | ((named == RED) & (hue < 20))
    named = torch.where(warm & ((high < 0.62) | (saturation < 0.45)), BROWN, named)
    named = torch.where((named == RED) & (saturation < 0.55) & (high > 0.6), PINK, named)
    named = torch.where(saturation < 0.16, torch.where(high > 0.8, WHITE, GREY), named)
    return torch.where(high < 0.17, BLACK, named)
