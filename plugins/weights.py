"""Plugins that need a file of weights: where it lies, and the command that brings it there.

    MODELS/timm/resnet50.a1_in1k/model.safetensors
                                 weights.json         what it is and its digest; written last

Nothing is fetched unless `pull` is called.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from plugins import durable, registry
from plugins.contracts import Context, Encoder, Plugin
from plugins.download import Report, Source, download
from plugins.errors import InvalidValue, PullFailed, Unsupported, WeightsMissing
from plugins.registry import Kind
from plugins.runtimes import Measurement

CARD = "weights.json"
SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
"""of the files that are read: safetensors, or torch's own format with ``weights_only``"""
PREFERRED = ("open-clip",)
"""what ``auto`` takes, the best first, where its weights are present"""
KINDS = (Kind.ENCODER, Kind.SHOT_DETECTOR, Kind.ANNOTATOR)
"""of plugins that may have weights; where two have one name, the first is meant"""
ALWAYS = "starter"
"""what ``auto`` takes where no better weights are: it comes with its own"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights on this machine."""

    path: Path
    sha256: str
    """hexadecimal"""


@dataclass(frozen=True, slots=True)
class Card:
    """What is written beside fetched weights, as JSON."""

    file: str
    sha256: str
    size: int
    """bytes"""
    source: str


class Weighted(Plugin, ABC):
    """The base of plugins with weights, beside that of their kind: ``class Mine(Weighted, ShotDetector)``.

    The argument is ``MODEL``, ``MODEL@/local/file.safetensors``, ``@/local/file.safetensors`` or nothing.
    """

    default: ClassVar[str]
    """the model that is meant when none is named"""
    folder: ClassVar[str]
    """where its models lie among all models"""

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        super().__init__(argument, reference=reference, context=context)
        model, at, checkpoint = argument.partition("@")
        self.model = model or self.default
        if not _NAME.fullmatch(self.model):
            raise InvalidValue(f"{self.reference}: {self.model!r} cannot be the name of a model")
        self.checkpoint = _checkpoint(self.reference, checkpoint) if at else None

    @abstractmethod
    def origin(self) -> Source:
        """Where the weights can be fetched. May import the model's library, must not use the network.

        Raises:
            InvalidValue: there is no model of that name
            PullFailed: nobody publishes its weights
        """

    def companions(self) -> Sequence[Source]:
        """Small files that the weights are of no use without; fetched before them, into the same folder."""
        return ()

    @property
    def weights(self) -> Weights:
        """The file, found again at every call.

        Raises:
            WeightsMissing
        """
        if self.checkpoint is not None:
            return Weights(self.checkpoint, self._checkpoint_digest)
        card = self._card()
        if card is None:
            raise WeightsMissing(
                "the weights of %(reference)s are not on this machine; fetch them with `shotseek pull"
                " %(reference)s`",
                reference=self.reference,
            )
        return Weights(self.home / card.file, card.sha256)

    def check(self) -> None:
        _ = self.weights

    def is_present(self) -> bool:
        """Whether `weights` would find them; reads no weights."""
        return self.checkpoint.is_file() if self.checkpoint else self._card() is not None

    def pull(self, report: Report) -> Path:
        """Fetches the weights, unless they are here and are what they were when they were fetched.

        Raises:
            Unsupported, InvalidValue, PullFailed
        """
        if self.checkpoint is not None:
            raise Unsupported(
                "%(reference)s reads %(checkpoint)s; there is nothing to fetch",
                reference=self.reference,
                checkpoint=self.checkpoint,
            )
        if self.context.models is None:
            raise PullFailed(f"{self.reference}: no folder for weights was given")
        card = self._card()
        if card is not None and durable.inspect(self.home / card.file).sha256 == card.sha256:
            return self.home / card.file
        source = self.origin()
        for beside in self.companions():
            download(beside, self.home, lambda _done, _total: None)
        path, written = download(source, self.home, report)
        card = Card(path.name, written.sha256, written.size, str(source))
        durable.write(self.home / CARD, json.dumps(asdict(card), indent=2).encode())
        return path

    @property
    def home(self) -> Path:
        """Where what belongs to its model lies."""
        return (self.context.models or Path()) / self.folder / self.model

    def _card(self) -> Card | None:
        """The card of weights that are there in full."""
        if self.context.models is None:
            return None
        try:
            card = Card(**json.loads((self.home / CARD).read_bytes()))
            return card if (self.home / card.file).stat().st_size == card.size else None
        except (FileNotFoundError, ValueError, TypeError):  # a damaged card is cured like an absent one
            return None

    @cached_property
    def _checkpoint_digest(self) -> str:
        path = self.checkpoint or Path()
        if not path.is_file():
            raise WeightsMissing(
                "%(reference)s: there is no file %(path)s", reference=self.reference, path=path
            )
        return durable.inspect(path).sha256


class WeightedEncoder(Weighted, Encoder):
    """The base of encoders with weights: other weights, another space."""

    @property
    def revision(self) -> str:
        return self.weights.sha256[:16]

    def measure(self) -> Measurement:
        """Finds how fast each runtime is here and how well it agrees with eager; keeps it beside the weights.

        Raises:
            Unsupported: there is nothing to choose from (the default)
            WeightsMissing, BrokenPlugin
        """
        raise Unsupported(
            "%(reference)s runs in one way only; there is nothing to measure", reference=self.reference
        )


def pull(reference: str, context: Context, report: Report) -> Path:
    """Fetches the weights of an encoder, a shot detector or an annotator and says where they lie.

    Raises:
        Unsupported: it has none to fetch
        PullFailed, PluginError, InvalidValue
    """
    made = _made(reference, context)
    if not isinstance(made, Weighted):
        raise Unsupported(
            "%(reference)s can be used as it is; there is nothing to fetch", reference=reference
        )
    return made.pull(report)


def measure(reference: str, context: Context) -> Measurement:
    """Finds the fastest way to run an encoder here, see `WeightedEncoder.measure`."""
    made = _made(reference, context)
    if not isinstance(made, WeightedEncoder):
        raise Unsupported(
            "%(reference)s runs in one way only; there is nothing to measure", reference=reference
        )
    return made.measure()


def is_ready(plugin: Plugin) -> bool:
    """Whether a plugin has the weights it needs; reads none."""
    return not isinstance(plugin, Weighted) or plugin.is_present()


def best_available(context: Context, preferred: Sequence[str] = PREFERRED) -> str:
    """The reference that ``auto`` stands for on this machine."""
    for reference in preferred:
        if is_ready(registry.encoder(reference, context)):
            return reference
    return ALWAYS


def _made(reference: str, context: Context) -> Plugin:
    """The plugin of that name, whichever of `KINDS` it is."""
    name = reference.partition(":")[0]
    declared = [kind for kind in KINDS if any(item.name == name for item in registry.installed(kind))]
    made: Plugin = registry.create((declared or KINDS)[0], reference, context)
    return made


def _checkpoint(reference: str, text: str) -> Path:
    path = Path(text).expanduser()
    if path.suffix not in SUFFIXES:
        raise InvalidValue(
            f"{reference}: weights are read from {', '.join(SUFFIXES)} files, not {path.name!r}"
        )
    if not path.is_absolute():
        raise InvalidValue(f"{reference}: name the weights by their whole path: {path.resolve()}")
    return path
