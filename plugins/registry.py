"""Finds plugins through entry points. Listing reads metadata only and imports no plugin.

A reference names a plugin and what it is made with: ``palette``, ``cnn:resnet50``, or ``module:Class`` for
one that no package declares yet.
"""

import difflib
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from importlib import import_module, metadata
from typing import Any

from plugins.contracts import Annotator, Context, Encoder, ShotDetector, VectorStore
from plugins.errors import BrokenPlugin, DuplicatePlugin, ShotseekError, UnknownPlugin
from plugins.messages import Message

_is_safe = False


class Kind(Enum):
    """The kinds of plugin; the value is the entry-point group."""

    ENCODER = "shotseek.encoders"
    SHOT_DETECTOR = "shotseek.shot_detectors"
    ANNOTATOR = "shotseek.annotators"
    VECTOR_STORE = "shotseek.vector_stores"

    @property
    def label(self) -> str:
        """How a message calls it."""
        return self.name.lower().replace("_", " ")

    @property
    def contract(self) -> type[Any]:
        """The class that every plugin of this kind derives from."""
        return {
            Kind.ENCODER: Encoder,
            Kind.SHOT_DETECTOR: ShotDetector,
            Kind.ANNOTATOR: Annotator,
            Kind.VECTOR_STORE: VectorStore,
        }[self]


@dataclass(frozen=True, slots=True)
class Listing:
    """One plugin as its distribution declares it."""

    kind: Kind
    name: str
    target: str
    """``module:Class``"""
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.kind.label} {self.name!r} ({self.target}, from {self.distribution} {self.version})"


def safe_mode(on: bool | None = None) -> bool:
    """Whether the plugins that come with Shotseek are the only ones there are, in this process and in the
    decoding processes that it starts from now on.

    Args:
        on: turns it on or off; None asks
    """
    global _is_safe
    if on is not None:
        _is_safe = on
    return _is_safe


def installed(kind: Kind) -> list[Listing]:
    """Every declared plugin of a kind, sorted by name. A name may stand twice: see `load`."""
    found = set()
    for entry in metadata.entry_points(group=kind.value):
        if _is_safe and not _is_ours(entry.value):
            continue
        about = entry.dist.metadata if entry.dist else None
        if about and "Name" in about:  # an interrupted uninstall leaves entries without one
            found.add(Listing(kind, entry.name, entry.value, about["Name"], about["Version"]))
    return sorted(found, key=lambda listing: (listing.name, listing.distribution))


def load(kind: Kind, name: str) -> type[Any]:
    """The class behind a name or a ``module:Class``.

    Raises:
        UnknownPlugin, DuplicatePlugin, BrokenPlugin
    """
    by_name: dict[str, list[Listing]] = defaultdict(list)
    for listing in installed(kind):
        by_name[listing.name].append(listing)
    if len(by_name[name]) > 1:
        owners = " and ".join(f"{item.distribution} ({item.target})" for item in by_name[name])
        raise DuplicatePlugin(
            "two plugins call themselves %(label)s %(name)s: %(owners)s; uninstall one, or name"
            " it by its class",
            label=kind.label,
            name=repr(name),
            owners=owners,
        )
    if by_name[name]:
        return _import(by_name[name][0])
    if ":" in name and _is_safe and not _is_ours(name):
        raise UnknownPlugin(
            "%(label)s %(name)s does not come with Shotseek, and this is the safe mode",
            label=kind.label,
            name=repr(name),
        )
    if ":" in name:
        return _import(Listing(kind, name, name, "no distribution", "-"))
    known = sorted(key for key, listings in by_name.items() if listings)
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = (
        Message("did you mean %(name)s?", name=repr(nearest[0]))
        if nearest
        else Message("there are: %(names)s", names=", ".join(known) or "none")
    )
    raise UnknownPlugin(
        "no %(label)s is called %(name)s; %(hint)s", label=kind.label, name=repr(name), hint=hint
    )


def create(kind: Kind, reference: str, context: Context | None = None) -> Any:
    """Makes an encoder, detector or annotator from its reference.

    Raises:
        UnknownPlugin, DuplicatePlugin, BrokenPlugin: and whatever of our own errors the plugin raises
    """
    name, argument = split(kind, reference)
    cls = load(kind, name)
    try:
        return cls(argument, reference=reference, context=context)
    except ShotseekError:
        raise
    except Exception as error:
        raise BrokenPlugin(
            "%(label)s %(reference)s cannot be made: %(error)s",
            label=kind.label,
            reference=repr(reference),
            error=describe(error),
        ) from error


def encoder(reference: str, context: Context | None = None) -> Encoder:
    """An encoder from its reference, see `create`."""
    made: Encoder = create(Kind.ENCODER, reference, context)
    return made


def split(kind: Kind, reference: str) -> tuple[str, str]:
    """A reference as (name or ``module:Class``, argument); a declared name wins over a module's."""
    head, colon, rest = reference.partition(":")
    if not colon or any(listing.name == head for listing in installed(kind)):
        return head, rest
    cls, _, argument = rest.partition(":")
    return f"{head}:{cls}", argument


def describe(error: BaseException) -> str:
    """An error of somebody else's code as one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_ours(target: str) -> bool:
    """Whether ``module:Class`` lies in this package; a target says it before anything is imported."""
    return target.startswith("plugins.")


def _import(listing: Listing) -> type[Any]:
    module, _, attribute = listing.target.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a stranger's module may fail in any way; it must name itself
        raise BrokenPlugin(
            "%(listing)s cannot be loaded: %(error)s", listing=listing, error=describe(error)
        ) from error
    if not (isinstance(found, type) and issubclass(found, listing.kind.contract)):
        raise BrokenPlugin(
            "%(listing)s does not derive from %(name)s", listing=listing, name=listing.kind.contract.__name__
        )
    return found
