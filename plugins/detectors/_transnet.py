"""The network of TransNet V2 (Souček and Lokoč, TransNet V2: An effective deep network architecture for fast
shot transition detection, 2020, arXiv 2008.04838), for prediction only.

The names of modules are those of the published weights, so that these load as they are; what they are called
elsewhere stands beside them.
"""

from torch import Tensor, arange, bmm, cat, nn, ones, zeros
from torch.nn.functional import normalize, pad, relu

WIDTHS = (16, 32, 64)
"""channels of one dilation in each of the three stacks; a block has four dilations"""
DILATIONS = (1, 2, 4, 8)
"""frames between two taps of the convolutions in time"""
CELLS = 3 * 6
"""of a frame of 27 x 48 pixels, halved three times"""
REACH = 50
"""frames before and after, with which a frame is compared"""
COMPARED = 128
"""length of what a comparison gives"""
HIDDEN = 1024
SHADES = 8
"""of each of red, green and blue, in a histogram"""


class Separable(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """A convolution in space, then one in time, instead of one in both."""

    def __init__(self, inside: int, outside: int, dilation: int) -> None:
        super().__init__()
        space = nn.Conv3d(inside, 2 * outside, (1, 3, 3), padding=(0, 1, 1), bias=False)
        time = nn.Conv3d(
            2 * outside, outside, (3, 1, 1), dilation=(dilation, 1, 1), padding=(dilation, 0, 0), bias=False
        )
        self.layers = nn.ModuleList([space, time])

    def forward(self, x: Tensor) -> Tensor:
        space, time = self.layers
        return time(space(x))


class Block(nn.Module):  # type: ignore[misc]
    """The same frames seen at four paces, side by side."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        for dilation in DILATIONS:
            self.add_module(f"Conv3D_{dilation}", Separable(inside, width, dilation))
        self.bn = nn.BatchNorm3d(len(DILATIONS) * width, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        paces = [self.get_submodule(f"Conv3D_{dilation}")(x) for dilation in DILATIONS]
        return self.bn(cat(paces, dim=1))


class Stack(nn.Module):  # type: ignore[misc]
    """Two blocks with a shortcut over the second, then half the height and width."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        self.DDCNN = nn.ModuleList([Block(inside, width), Block(len(DILATIONS) * width, width)])
        self.pool = nn.AvgPool3d((1, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.DDCNN
        short = relu(first(x))
        return self.pool(relu(second(short)) + short)


class FrameSimilarity(nn.Module):  # type: ignore[misc]
    """How alike a frame's features are to those of the frames around it."""

    def __init__(self) -> None:
        super().__init__()
        self.projection = nn.Linear(sum(len(DILATIONS) * width for width in WIDTHS), COMPARED)
        self.fc = nn.Linear(2 * REACH + 1, COMPARED)

    def forward(self, features: list[Tensor]) -> Tensor:
        means = cat([stack.mean(dim=(3, 4)) for stack in features], dim=1)
        return relu(self.fc(around(self.projection(means.transpose(1, 2)))))


class ColorHistograms(nn.Module):  # type: ignore[misc]
    """How alike a frame's colours are to those of the frames around it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2 * REACH + 1, COMPARED)

    def forward(self, frames: Tensor) -> Tensor:
        return relu(self.fc(around(histograms(frames))))


class TransNetV2(nn.Module):  # type: ignore[misc]
    """Frames, uint8 (n, t, 27, 48, 3) RGB, to one logit a frame (n, t): whether it is the last frame before a
    cut, or the middle of a gradual transition."""

    def __init__(self) -> None:
        super().__init__()
        insides = (3, *(len(DILATIONS) * width for width in WIDTHS[:-1]))
        self.SDDCNN = nn.ModuleList(map(Stack, insides, WIDTHS))
        self.frame_sim_layer = FrameSimilarity()
        self.color_hist_layer = ColorHistograms()
        self.fc1 = nn.Linear(2 * COMPARED + CELLS * len(DILATIONS) * WIDTHS[-1], HIDDEN)
        self.cls_layer1 = nn.Linear(HIDDEN, 1)
        self.cls_layer2 = nn.Linear(HIDDEN, 1)
        """says all frames of a transition; it made training better, and nothing here asks it"""

    def forward(self, frames: Tensor) -> Tensor:
        x = frames.permute(0, 4, 1, 2, 3).float() / 255
        features = []
        for stack in self.SDDCNN:
            x = stack(x)
            features.append(x)
        cells = x.permute(0, 2, 3, 4, 1).flatten(2)
        seen = cat([self.color_hist_layer(frames), self.frame_sim_layer(features), cells], dim=2)
        return self.cls_layer1(relu(self.fc1(seen))).squeeze(2)


def around(rows: Tensor) -> Tensor:
    """Cosine of each frame's row with those of the frames around it.

    Args:
        rows: (n, t, length)

    Returns:
        (n, t, 2 * REACH + 1), the frame itself in the middle, 0 where there is no frame
    """
    unit = normalize(rows, dim=2)
    cosines = pad(bmm(unit, unit.transpose(1, 2)), (REACH, REACH))
    count, frames = rows.shape[:2]
    first = arange(frames, device=rows.device)[:, None]
    columns = first + arange(2 * REACH + 1, device=rows.device)
    return cosines.gather(2, columns.expand(count, -1, -1))


def histograms(frames: Tensor) -> Tensor:
    """How many pixels of each frame have each of 512 colours, float (n, t, 512)."""
    red, green, blue = (frames.long() * SHADES // 256).unbind(4)
    colours = ((red * SHADES + green) * SHADES + blue).flatten(2)
    counts = zeros(*colours.shape[:2], SHADES**3, device=frames.device)
    return counts.scatter_add_(2, colours, ones(colours.shape, device=frames.device))
