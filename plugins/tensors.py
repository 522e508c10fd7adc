"""What every plugin that runs on torch needs: a device, and weights that are read without running them.

torch takes seconds to import, so these import it when they are called.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plugins.errors import BrokenPlugin, InvalidValue
from plugins.registry import describe

RANDOM = frozenset(["uniform_", "normal_", "kaiming_uniform_", "kaiming_normal_", "trunc_normal_"])
"""what fills a tensor at random"""


@contextmanager
def unset() -> Iterator[None]:
    """Modules made in here are not filled at random, which takes longer than reading their weights. Whoever
    makes one must give it all of them."""
    from torch.overrides import TorchFunctionMode

    class Unset(TorchFunctionMode):  # type: ignore[misc]  # torch is not followed
        def __torch_function__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
        ) -> Any:
            given = dict(kwargs or {})
            if getattr(func, "__name__", "") in RANDOM:
                return args[0] if args else given["tensor"]
            return func(*args, **given)

    with Unset():
        yield


def choose_device(name: str) -> Any:
    """The torch device of a context's ``device``.

    Raises:
        InvalidValue: this machine has no such device
    """
    import torch

    gpus = torch.cuda.device_count()
    if name == "auto":
        return torch.device("cuda" if gpus else "cpu")
    kind, _, number = name.partition(":")
    if kind == "cpu" or (kind == "cuda" and int(number or 0) < gpus):
        return torch.device(name)
    raise InvalidValue(f"there is no device {name!r} here (GPUs found: {gpus}); use auto or cpu")


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a weights file, by name. Runs no code of the file's.

    Raises:
        BrokenPlugin: it holds anything but plain weights
    """
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            state: Any = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpicklers and parsers fail in many ways; all mean the same
        raise BrokenPlugin(
            "%(path)s does not hold plain weights and was not run; convert it to safetensors"
            " where you trust it (%(error)s)",
            path=path,
            error=describe(error)[:120],
        ) from error
    state = _unwrapped(state)
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise BrokenPlugin("%(path)s holds no table of weights", path=path)
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}


def _unwrapped(state: Any) -> Any:
    """The table of weights inside a training checkpoint."""
    for key in ("state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            return state[key]
    return state
