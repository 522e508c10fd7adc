"""What the encoders that run on torch share: one lazy load, batches, the runtime.

torch takes seconds to import, so it is imported where it is needed and never by making an encoder.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from plugins.contracts import Context
from plugins.download import Source
from plugins.encoders import _runtimes
from plugins.encoders._pictures import batch_of
from plugins.encoders._threads import side_by_side
from plugins.errors import BrokenPlugin, InvalidValue, ShotseekError, Unsupported
from plugins.registry import describe
from plugins.runtimes import AUTO, CLOSE, FAITHFUL, Measurement, Runtime, choose, processor, read
from plugins.tensors import choose_device, unset
from plugins.values import Image, Matrix
from plugins.weights import WeightedEncoder


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model with its weights, and its own way of preparing what it reads."""

    module: Any
    """torch.nn.Module"""
    prepare: Callable[[Any], Any]
    """a PIL picture as a tensor, as the model's own configuration says"""
    tokenize: Callable[[list[str]], Any] | None = None
    """sentences as a tensor, where the model reads text"""


class Network(Protocol):
    """A named architecture of one library."""

    def source(self) -> Source:
        """Where its weights are published, see `WeightedEncoder.source`."""
        ...

    def dim(self) -> int:
        """Length of its vectors, without weights."""
        ...

    def load(self, weights: Path) -> Loaded: ...


class TorchEncoder(WeightedEncoder):
    """An encoder whose model runs on torch: the processor, or a GPU in bfloat16."""

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        super().__init__(argument, reference=reference, context=context)
        self._lock = Lock()
        self._loaded: Loaded | None = None

    @cached_property
    def network(self) -> Network:
        return self.make_network()

    @abstractmethod
    def make_network(self) -> Network:
        """The architecture that the argument names; ``network`` keeps it."""

    def origin(self) -> Source:
        return self.network.source()

    @cached_property
    def dim(self) -> int:
        return self.network.dim()

    @property
    def revision(self) -> str:
        """The digest of the weights; with the runtime's name where its vectors stray from eager's."""
        digest = super().revision
        if self.runtime is Runtime.EAGER or self.measured is None:
            return digest
        faithful = self.measured.figures[self.runtime].cosine >= FAITHFUL
        return digest if faithful else f"{digest}-{self.runtime}"

    @cached_property
    def runtime(self) -> Runtime:
        """How the model runs on a processor; on a GPU there is nothing to choose.

        Raises:
            InvalidValue, PluginError: see `plugins.runtimes.choose`
        """
        if self.context.runtime != AUTO and self._on_gpu:  # `auto` is answered without importing torch
            return Runtime.EAGER
        return choose(self.context.runtime, self.measured, self.reference)

    def measure(self) -> Measurement:
        if self.context.models is None:
            raise InvalidValue(f"{self.reference}: no folder for what is measured was given")
        if self._on_gpu:
            raise Unsupported(
                "%(reference)s runs on a GPU here; only a processor has several runtimes",
                reference=self.reference,
            )
        encoders = {runtime: self.running(runtime) for runtime in Runtime}
        figures, failures = _runtimes.measure(encoders, _runtimes.probes())
        measured = Measurement(processor(), version("torch"), figures, failures)
        measured.write(self._file("runtimes", ".json"))
        if measured.fastest(CLOSE) is not Runtime.INT8:
            self._file("int8", ".onnx").unlink(missing_ok=True)
        return measured

    def running(self, runtime: Runtime) -> "TorchEncoder":
        """The same encoder with a runtime of its own, whatever was measured or asked for."""
        other = type(self)(self.argument, reference=self.reference, context=self.context)
        other.runtime = runtime
        return other

    @cached_property
    def measured(self) -> Measurement | None:
        """What `measure` found on this processor."""
        return None if self.context.models is None else read(self._file("runtimes", ".json"))

    def _file(self, name: str, suffix: str) -> Path:
        """A file beside the weights that is about them: of other weights of the model it has another name."""
        return self.home / f"{name}-{self.weights.sha256[:16]}{suffix}"

    @cached_property
    def _on_gpu(self) -> bool:
        on_gpu: bool = self._device.type != "cpu"
        return on_gpu

    @cached_property
    def _device(self) -> Any:
        return choose_device(self.context.device)

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        prepare = self.loaded.prepare
        return self._run(images, lambda batch: batch_of(batch, prepare), self.forward_images)

    def forward_images(self, module: Any, batch: Any) -> Any:
        """Vectors of prepared pictures, a tensor (n, dim)."""
        return module(batch)

    def tower(self, module: Any) -> Any:
        """The part of the model that sees pictures."""
        return module

    def with_tower(self, loaded: Loaded, tower: Any) -> Loaded:
        """The model with another such part."""
        return replace(loaded, module=tower)

    @property
    def loaded(self) -> Loaded:
        """The model, loaded at the first use and by one thread only.

        Raises:
            WeightsMissing
            BrokenPlugin: the weights cannot be read or are another model's
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Loaded:
        path, device = self.weights.path, self._device
        try:
            with unset():
                loaded = self.network.load(path)
        except ShotseekError:
            raise
        except Exception as error:  # the libraries say in many ways that weights do not fit
            raise BrokenPlugin(
                "%(path)s does not fit %(reference)s: %(error)s",
                path=path,
                reference=self.reference,
                error=describe(error)[:300],
            ) from error
        loaded.module.eval().requires_grad_(False).to(device)
        return loaded if self._on_gpu else self._applied(loaded)

    def _applied(self, loaded: Loaded) -> Loaded:
        """The model, run as `runtime` says."""
        example = batch_of([np.zeros((64, 64, 3), np.uint8)], loaded.prepare)
        converted = None if self.context.models is None else self._file("int8", ".onnx")
        return self.with_tower(
            loaded, _runtimes.apply(self.runtime, self.tower(loaded.module), example, converted)
        )

    def _run(
        self,
        items: Sequence[Any],
        prepare: Callable[[list[Any]], Any],
        forward: Callable[[Any, Any], Any],
    ) -> Matrix:
        """Items through the model, ``batch_size`` at a time; float32 (len(items), dim)."""
        import torch

        module, device = self.loaded.module, self._device

        def vectors(batch: Sequence[Any]) -> Matrix:
            tensor = prepare(list(batch)).to(device)
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, device.type == "cuda"):
                rows: Matrix = forward(module, tensor).float().cpu().numpy()
            return rows

        rows, done = np.empty((len(items), self.dim), np.float32), 0
        for batch in _batches(items, self.batch_size):
            rows[done : done + len(batch)] = side_by_side(batch, vectors, device)
            done += len(batch)
        return rows


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
