"""What the runtimes of `plugins.runtimes` do to a model of torch, and how they are measured."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from plugins.contracts import Encoder
from plugins.encoders import _int8
from plugins.errors import ShotseekError, Unsupported
from plugins.registry import describe
from plugins.runtimes import Figure, Runtime
from plugins.values import Image, Matrix

TURNS = 3
GLANCE = 2
"""pictures that each runtime is tried with first"""
HOPELESS = 2.0
"""times as long as eager for a glance, at which a runtime is not looked at further: bfloat16 can take fifty
where a processor has no instructions for it"""


def apply(runtime: Runtime, tower: Any, example: Any, converted: Path | None) -> Any:
    """The part of a model that sees pictures, made to run so. The part that reads stays as it is: it takes
    milliseconds a query.

    Args:
        example: a batch of one prepared picture
        converted: where the model in 8 bits lies, or shall; None where there is no folder for it

    Raises:
        Unsupported: it cannot run so
    """
    import torch

    if runtime is Runtime.INT8:
        _int8.check(tower)
        if converted is None:
            raise Unsupported("int8 needs a folder for its converted weights")
        if not converted.exists():
            _int8.build(tower, example, converted)
        return _int8.open_tower(converted)
    convolutions = sum(isinstance(module, torch.nn.Conv2d) for module in tower.modules())
    if convolutions > 1:  # a vision transformer has one, and gains nothing
        tower.to(memory_format=torch.channels_last)
    if runtime is Runtime.BF16:
        tower.to(torch.bfloat16)
        tower.register_forward_pre_hook(lambda _, inputs: tuple(tensor.bfloat16() for tensor in inputs))
    return tower


def measure(
    encoders: Mapping[Runtime, Encoder], images: Sequence[Image]
) -> tuple[dict[Runtime, Figure], dict[Runtime, str]]:
    """What each runtime does, by an encoder that runs so, and why some cannot run the model.

    In turns, so that whatever else the machine does slows all alike.
    """
    glances, failures = _glances(encoders, images[:GLANCE])
    limit = glances[Runtime.EAGER].seconds * HOPELESS
    hopeful = [name for name, seen in glances.items() if seen.seconds <= limit]
    turns = [{name: _encode(encoders[name], images) for name in hopeful} for _ in range(TURNS)]
    figures = {}
    for name, seen in glances.items():
        runs = [turn[name] for turn in turns] if name in hopeful else [seen]
        eager = turns[0][Runtime.EAGER].rows[: len(runs[0].rows)]
        rate = len(eager) / median(run.seconds for run in runs)
        figures[name] = Figure(round(rate, 2), round(float(cosines(eager, runs[0].rows).min()), 6))
    return figures, failures


def cosines(rows: Matrix, others: Matrix) -> Matrix:
    """Of each row with the other of the same number, (n,)."""
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(others, axis=1)
    cosine: Matrix = (rows * others).sum(axis=1) / lengths
    return cosine


def probes(count: int = 16, height: int = 480, width: int = 854) -> list[Image]:
    """Pictures to measure with: as strong at each scale as photographs are, in colours that go together.
    Plain noise would be poor, as all of it looks the same to a model."""
    random = np.random.default_rng(0)
    scales = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    scales[0, 0] = np.inf
    return [_probe(random, scales, width) for _ in range(count)]


def _probe(random: np.random.Generator, scales: Matrix, width: int) -> Image:
    waves = random.normal(size=(3, *scales.shape)) + 1j * random.normal(size=(3, *scales.shape))
    noise = np.fft.irfft2(waves / scales ** random.uniform(0.9, 1.6), s=(len(scales), width))
    colours = np.tensordot(random.normal(size=(3, 3)) + 1, noise / noise.std(), axes=1)
    light = random.uniform(50, 200) + random.uniform(15, 60) * colours / colours.std()
    return np.ascontiguousarray(light.clip(0, 255).astype(np.uint8).transpose(1, 2, 0))


@dataclass(frozen=True, slots=True)
class _Run:
    rows: Matrix
    seconds: float


def _encode(encoder: Encoder, images: Sequence[Image]) -> _Run:
    began = time.perf_counter()
    rows = encoder.encode_images(images)
    return _Run(rows, time.perf_counter() - began)


def _glances(
    encoders: Mapping[Runtime, Encoder], images: Sequence[Image]
) -> tuple[dict[Runtime, _Run], dict[Runtime, str]]:
    """A short run of each model, loaded and warm, and why the others gave none."""
    glances: dict[Runtime, _Run] = {}
    failures: dict[Runtime, str] = {}
    for name, encoder in encoders.items():
        try:
            encoder.encode_images(images)
            glances[name] = _encode(encoder, images)
        except Exception as error:  # converters fail in many ways; eager must not
            if name is Runtime.EAGER:
                raise
            failures[name] = str(error) if isinstance(error, ShotseekError) else describe(error)[:300]
    return glances, failures
