"""The runtimes of encoders against PyTorch as its users usually run it.

    python -m benchmarks.encoders [MODELS] [--beside VIDEO]

Prints a report in Markdown. With ``--beside`` a process decodes a video all the while, with one thread, as it
does when a library is made. Rates are medians of turns in one run. Random weights are as fast as good ones,
but their activations have none of the outliers of trained ones, which cost 8 bits more than they cost 16.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow

from plugins import registry
from plugins.contracts import Context, Encoder
from plugins.encoders._runtimes import cosines, probes
from plugins.encoders._torch import TorchEncoder
from plugins.errors import Unsupported
from plugins.runtimes import Runtime
from plugins.values import Image, Matrix

MODELS = ("open-clip:ViT-B-32", "cnn:resnet50", "transformer:vit_small_patch16_224")
PLAIN = "PyTorch"
DECODING = """
import sys, av
while True:
    with av.open(sys.argv[1]) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for _ in container.decode(video=0): pass
"""


@dataclass(slots=True)
class Plain:
    """A model as its library's manual runs it: pictures prepared one by one, float32, the usual layout."""

    encoder: TorchEncoder
    module: Any
    prepare: Any

    @classmethod
    def of(cls, encoder: TorchEncoder) -> "Plain":
        loaded = encoder.network.load(encoder.weights.path)
        return cls(encoder, loaded.module.eval(), loaded.prepare)

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        with torch.inference_mode():
            batch = torch.stack([self.prepare(Pillow.fromarray(image)) for image in images])
            rows: Matrix = self.encoder.forward_images(self.module, batch).numpy()
            return rows


def random_weights(reference: str, path: Path) -> None:
    """Weights of a model that has seen some noise, so that its batch norms, if any, are in order."""
    import open_clip
    import timm
    from safetensors.torch import save_file

    kind, _, name = reference.partition(":")
    model = open_clip.create_model(name) if kind == "open-clip" else timm.create_model(name)
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.momentum = 1
        with torch.no_grad():
            model.train()(torch.randn(8, 3, 224, 224))
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)


def runners(encoder: TorchEncoder) -> tuple[dict[str, Plain | Encoder], list[str]]:
    """What takes turns, and why some runtimes do not."""
    found: dict[str, Plain | Encoder] = {PLAIN: Plain.of(encoder)}
    without = []
    for runtime in Runtime:
        running = encoder.running(runtime)
        try:
            _ = running.loaded
            found[runtime] = running
        except Unsupported as error:
            without.append(f"{encoder.reference.partition('@')[0]}: {error}")
    return found, without


def turns(
    found: Mapping[str, Plain | Encoder], images: Sequence[Image], count: int
) -> Iterator[tuple[str, float, Matrix]]:
    """Name, pictures a second, and cosines to PyTorch's vectors."""
    rows = {name: runner.encode_images(images) for name, runner in found.items()}
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(count):
        for name, runner in found.items():
            began = time.perf_counter()
            runner.encode_images(images)
            seconds[name].append(time.perf_counter() - began)
    for name in found:
        yield name, len(images) / statistics.median(seconds[name]), cosines(rows[PLAIN], rows[name])


def report(references: Sequence[str], pictures: int, count: int) -> Iterator[str]:
    """The report, line by line, in Markdown."""
    yield "| model | runtime | pictures a second | over PyTorch | least cosine | median |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    images, notes = probes(pictures), []
    for reference in references:
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "random.safetensors"
            random_weights(reference, path)
            context = Context(models=Path(folder), device="cpu")
            encoder = registry.encoder(f"{reference}@{path}", context)
            assert isinstance(encoder, TorchEncoder)
            found, without = runners(encoder)
            notes += without
            plain = 0.0
            for name, rate, cosine in turns(found, images, count):
                plain = plain or rate
                yield (
                    f"| {reference} | {name} | {rate:.1f} | {rate / plain:.2f} x"
                    f" | {cosine.min():.5f} | {np.median(cosine):.5f} |"
                )
    yield ""
    size = f"{images[0].shape[1]}x{images[0].shape[0]}"
    yield f"{pictures} generated pictures of {size}, {torch.get_num_threads()} threads, random weights."
    yield from (f"Not run: {note}." for note in notes)


@contextmanager
def beside(video: Path | None) -> Iterator[None]:
    """While another process decodes this video again and again; nothing where there is none."""
    if video is None:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", DECODING, str(video)]) as process:
        try:
            yield
        finally:
            process.kill()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("models", nargs="*", default=MODELS)
    options.add_argument("--pictures", type=int, default=32)
    options.add_argument("--turns", type=int, default=5)
    options.add_argument("--beside", type=Path, metavar="VIDEO")
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    with beside(given.beside):
        for line in report(given.models, given.pictures, given.turns):
            print(line, flush=True)


if __name__ == "__main__":
    main()
