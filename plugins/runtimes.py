"""Ways to run one model on a processor, and which of them is chosen: the fastest that was measured to agree.

Which is fastest depends on the processor, so it is never guessed. `shotseek measure`, which `shotseek pull`
ends with, runs them in turns and keeps what it found beside the weights. Nothing here imports torch.
"""

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from pathlib import Path

from plugins import durable
from plugins.errors import InvalidValue, PluginError

FAITHFUL = 0.999
"""least cosine to eager's vectors at which vectors belong to the same space as those"""
CLOSE = 0.99
"""least cosine that ``fast`` is content with; below `FAITHFUL` the vectors get a space of their own"""
WORTHWHILE = 1.1
"""how many times as fast as eager another runtime must be to be chosen; less is within the noise"""


class Runtime(StrEnum):
    """A way to run a model; see `plugins.encoders._runtimes`."""

    EAGER = "eager"
    BF16 = "bf16"
    INT8 = "int8"


AUTO, FAST = "auto", "fast"
CHOICES = (AUTO, FAST, *Runtime)
"""what may be asked for: a runtime, or the fastest that agrees with eager faithfully, or closely"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one runtime did."""

    rate: float
    """pictures a second, their preparation included"""
    cosine: float
    """of the picture whose vector strays farthest from eager's"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the runtimes of one model did on one processor."""

    processor: str
    torch: str
    """its version"""
    figures: Mapping[Runtime, Figure]
    failures: Mapping[Runtime, str]
    """why the others cannot run the model here"""

    def fastest(self, cosine: float) -> Runtime:
        """The fastest that agrees so well with eager; eager unless another is worth it."""
        least = self.figures[Runtime.EAGER].rate * WORTHWHILE
        better = [
            (figure.rate, name)
            for name, figure in self.figures.items()
            if figure.cosine >= cosine and figure.rate >= least
        ]
        return max(better)[1] if better else Runtime.EAGER

    def write(self, path: Path) -> None:
        durable.write(path, json.dumps(asdict(self), indent=2).encode())


def read(path: Path) -> Measurement | None:
    """What was measured here; None if nothing was, or on another processor or with another torch."""
    try:
        found = json.loads(path.read_bytes())
        found["figures"] = {Runtime(name): Figure(**figure) for name, figure in found["figures"].items()}
        measured = Measurement(**found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # a damaged one is like none
        return None
    here = measured.processor == processor() and measured.torch == version("torch")
    return measured if here and Runtime.EAGER in measured.figures else None


def choose(choice: str, measured: Measurement | None, reference: str) -> Runtime:
    """The runtime that a choice means.

    Raises:
        InvalidValue: there is no such choice
        PluginError: it was not measured, or cannot run the model; ``auto`` and ``eager`` need no measurement
    """
    if choice not in CHOICES:
        raise InvalidValue(f"there is no runtime {choice!r}; there are: {', '.join(CHOICES)}")
    if choice == Runtime.EAGER or (choice == AUTO and measured is None):
        return Runtime.EAGER
    if measured is None:
        raise PluginError(
            "runtime %(choice)s was not measured on this processor; run `shotseek measure %(reference)s`",
            choice=repr(choice),
            reference=reference,
        )
    if choice in (AUTO, FAST):
        return measured.fastest(FAITHFUL if choice == AUTO else CLOSE)
    if choice not in measured.figures:
        cause = measured.failures.get(Runtime(choice), "it was never tried")
        raise PluginError(
            "%(reference)s could not run as %(choice)s when it was measured: %(cause)s; once that"
            " has changed, run `shotseek measure %(reference)s`",
            reference=reference,
            choice=repr(choice),
            cause=cause,
        )
    return Runtime(choice)


@cache
def processor() -> str:
    """The processor's name and the instructions for matrices that it has."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = sorted(set(re.findall(r"\b(?:avx|amx|asimd|sve|bf16|i8mm)\w*\b", text)))
    return " ".join([name[1] if name else platform.machine(), *flags])
