"""The picture tower of ``starter``: a small residual network (He et al., Deep Residual Learning, 2016).

It is trained with batch normalisation after every convolution; what ships has these folded into the weights.
"""

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, channels_last, nn
from torch.nn.functional import relu
from torch.nn.utils.fusion import fuse_conv_bn_eval

DIM = 256
"""length of the common vectors"""
STEM = 32
"""channels of the first convolution"""
WIDTHS = (96, 192, 384)
"""channels of the stages; each halves the picture"""
BLOCKS = (1, 2, 1)
"""of each stage"""
NARROW = 320
"""the widest that the middle of a block gets"""


class Convolution(nn.Sequential):  # type: ignore[misc]  # torch is untyped here
    """A convolution that keeps the size, or halves it; normalised in training, with a bias afterwards."""

    def __init__(self, inside: int, outside: int, size: int, stride: int = 1, folded: bool = False) -> None:
        plain = nn.Conv2d(inside, outside, size, stride, size // 2, bias=folded)
        super().__init__(plain) if folded else super().__init__(plain, nn.BatchNorm2d(outside))


class Block(nn.Module):  # type: ignore[misc]
    """Two convolutions and a shortcut, which is pooled as in ResNet-D (He et al., Bag of Tricks, 2019)."""

    def __init__(self, inside: int, outside: int, stride: int, folded: bool) -> None:
        super().__init__()
        middle = min(outside, NARROW)
        self.first = Convolution(inside, middle, 3, stride, folded)
        self.second = Convolution(middle, outside, 3, 1, folded)
        self.short = None
        if stride > 1:
            pool = nn.AvgPool2d(stride, ceil_mode=True)
            self.short = nn.Sequential(pool, Convolution(inside, outside, 1, 1, folded))

    def forward(self, x: Tensor) -> Tensor:
        short = x if self.short is None else self.short(x)
        return relu(self.second(relu(self.first(x))) + short)


class PictureTower(nn.Module):  # type: ignore[misc]
    """RGB pictures of any size, float (n, 3, height, width) in 0..1, to vectors (n, DIM)."""

    def __init__(self, folded: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = [Convolution(3, STEM, 3, 2, folded), nn.ReLU()]
        inside = STEM
        for width, blocks in zip(WIDTHS, BLOCKS, strict=True):
            for number in range(blocks):
                layers.append(Block(inside, width, 1 if number else 2, folded))
                inside = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(inside, DIM)

    def features(self, x: Tensor) -> Tensor:
        """What the head sees, (n, WIDTHS[-1]): the mean over all places."""
        means: Tensor = self.body((x - 0.45) / 0.25).mean((2, 3))
        return means

    def forward(self, x: Tensor) -> Tensor:
        vectors: Tensor = self.head(self.features(x))
        return vectors


def fold(tower: PictureTower) -> PictureTower:
    """The same tower with each normalisation folded into its convolution."""
    folded = PictureTower(folded=True)
    for plain, normalised in zip(_convolutions(folded), _convolutions(tower.eval()), strict=True):
        plain[0].load_state_dict(fuse_conv_bn_eval(normalised[0], normalised[1]).state_dict())
    folded.head.load_state_dict(tower.head.state_dict())
    return folded


def load(weights: Path) -> PictureTower:
    """The folded tower from the file that holds both towers."""
    tower: PictureTower = PictureTower(folded=True).eval().requires_grad_(False)
    state = load_file(weights)
    mine = {
        name.removeprefix("picture."): state[name].float() for name in state if name.startswith("picture.")
    }
    tower.load_state_dict(mine)
    tower.to(memory_format=channels_last)
    return tower


def _convolutions(tower: PictureTower) -> list[Convolution]:
    return [module for module in tower.modules() if isinstance(module, Convolution)]
