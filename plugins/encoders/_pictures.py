"""Pictures as the batch a model reads: cut to its size one by one, made numbers all at once.

They are prepared as the model's own library says. But its steps on the numbers of one picture are so short
that torch's threads wait for each other longer than they work, the more so beside a busy decoder.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from plugins.values import Image

NUMBERS = ("ToTensor", "MaybeToTensor")
"""what torchvision, timm and open_clip call the step from pixels to numbers between 0 and 1"""


def batch_of(images: Sequence[Image], prepare: Callable[[Any], Any]) -> Any:
    """Prepared pictures, a tensor (n, channels, height, width).

    Args:
        prepare: what a library does to one picture; the last two steps, where usual, are done on the batch
    """
    import torch
    from PIL import Image as Pillow

    cut, normalize = _steps(prepare)
    ready = [cut(Pillow.fromarray(np.ascontiguousarray(image))) for image in images]
    if normalize is None:
        return torch.stack(ready)
    pixels = torch.from_numpy(np.stack([np.asarray(picture) for picture in ready]))
    mean, deviation = (torch.as_tensor(values)[:, None, None] for values in (normalize.mean, normalize.std))
    return pixels.permute(0, 3, 1, 2).float().div_(255).sub_(mean).div_(deviation)


def _steps(prepare: Any) -> tuple[Callable[[Any], Any], Any]:
    """The steps on a picture, and the normalization of its numbers; all and None if it has other ones."""
    from torchvision import transforms

    steps = list(getattr(prepare, "transforms", ()))
    usual = len(steps) > 1 and type(steps[-2]).__name__ in NUMBERS and type(steps[-1]) is transforms.Normalize
    return (transforms.Compose(steps[:-2]), steps[-1]) if usual else (prepare, None)
