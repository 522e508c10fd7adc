"""The text tower while it is trained; `plugins.encoders.starter.reading` has the same arithmetic in numpy."""

import torch
from torch import Tensor, nn

from plugins.encoders.starter.network import DIM
from plugins.encoders.starter.words import LENGTH


class Reader(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """One layer of a transformer, normalised before each half (Xiong et al., On Layer Normalization, 2020).

    Written out, because torch's own is slower on texts this short.
    """

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ask = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, empty: Tensor) -> Tensor:
        """Pieces (n, length, width) and which of them are none (n, length) to (n, length, width)."""
        n, length, width = x.shape
        asked = self.ask(self.before(x)).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4)
        likeness = query @ key.transpose(2, 3) * (width // self.heads) ** -0.5
        share = likeness.masked_fill(empty[:, None, None, :], -1e4).softmax(-1)
        x = x + self.mix((share @ value).transpose(1, 2).reshape(n, length, width))
        return x + self.think(self.after(x))


class TextTower(nn.Module):  # type: ignore[misc]
    """Numbers of pieces, int64 (n, length) with 0 for none, to (n, DIM)."""

    def __init__(self, pieces: int, narrow: int = 96, width: int = 192, layers: int = 2) -> None:
        super().__init__()
        self.pieces = nn.Embedding(pieces, narrow, padding_idx=0)
        self.widen = nn.Linear(narrow, width)
        self.places = nn.Parameter(torch.randn(LENGTH, width) * 0.01)
        self.layers = nn.ModuleList(Reader(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, DIM)

    def forward(self, numbers: Tensor) -> Tensor:
        empty = numbers == 0
        x = self.widen(self.pieces(numbers)) + self.places[: numbers.shape[1]]
        for layer in self.layers:
            x = layer(x, empty)
        x = self.norm(x).masked_fill(empty.unsqueeze(-1), 0)
        return self.head(x.sum(1) / (~empty).sum(1, keepdim=True))
