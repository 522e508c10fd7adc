"""Labels for every shot from a list of words: a shot has a label that it stands out for among any sentences.

A label is a query, and a shot is labelled where it would be a sure hit: its cosine is held against the best
that unrelated sentences get in the same library (`search.calibrate`), so that one measure holds for all
encoders and a picture of nothing in particular gets no label. Only the best and what comes close to it are
kept. Labels are made from stored vectors, and made again where the list or the space has changed.
"""

import hashlib
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import LABEL, StageRecord, State, label_name
from plugins.errors import InvalidValue, NotFound, NotUnderstood, Unsupported
from plugins.values import Space, Vectors, printable
from search.calibrate import Kind, Scale

if TYPE_CHECKING:
    from search.engine import Engine

VOCABULARY = files("search") / "labels.txt"
"""the list that ships with the package"""
MAX_LABELS = 5_000
"""of one list"""
STANDING = 1.5
"""deviations above what unrelated sentences get: one in fifteen of those reaches it somewhere"""
NEAR = 0.9
"""of a shot's best cosine, that its other labels must have"""
MOST = 3
"""labels of a shot"""
REVISION = 1
"""rises when the same vectors would get other labels"""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What has become of one video."""

    path: str
    shots: int
    """that have a label"""
    of: int
    """shots that it has"""


def vocabulary(path: str | os.PathLike[str] | None = None) -> list[str]:
    """A list of labels: one a line, in order, each once. Empty lines and those that begin with # are none.

    Args:
        path: the list that ships with the package by default

    Raises:
        NotFound: there is no such file
        InvalidValue: it holds no label, or too many, or one that is none
    """
    shown = "the list of labels" if path is None else printable(os.fspath(path))
    try:
        text = VOCABULARY.read_text("utf-8") if path is None else Path(path).read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise NotFound("no such list of labels: %(shown)s", shown=shown) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{shown} cannot be read as a list of labels, one a line in UTF-8") from error
    lines = [line.strip() for line in text.splitlines()]
    labels = list(dict.fromkeys(label_name(line) for line in lines if line and not line.startswith("#")))
    if not 1 <= len(labels) <= MAX_LABELS:
        raise InvalidValue(f"{shown} holds {len(labels)} labels; it may hold 1 to {MAX_LABELS:,}")
    return labels


class Labeller:
    """Labels the shots of one library with one list."""

    def __init__(self, engine: "Engine", labels: Sequence[str], *, encoder: str | None = None) -> None:
        """
        Args:
            labels: see `vocabulary`
            encoder: by reference; the one that knows most of the labels by default

        Raises:
            NotFound: nothing was indexed with that encoder
        """
        self._engine = engine
        self._catalog = engine.library.catalog
        self._labels = list(labels)
        self._spaces = engine.spaces([encoder] if encoder else ())

    def run(self) -> Iterator[Labelled]:
        """Labels every video that has no labels of this list and space yet, each in one transaction.

        Raises:
            Unsupported: no encoder of the library knows what the labels mean, or how sure it is
            PluginError: an encoder cannot be had
        """
        for file in self._catalog.files().values():
            before = file.stages.get(LABEL)
            if "scan" in file.stages and (before is None or before.revision != self._revision):
                yield from self._label(file.id, file.path)

    def _label(self, video_id: int, path: str) -> Iterator[Labelled]:
        started, labels = time.monotonic(), dict[int, list[tuple[str, float]]]()
        shots = [shot.id for shot in self._catalog.shots(video_id)]
        if not shots:  # the file could not become a video
            return
        owners, _, rows = self._catalog.rows_of(self._known.space, shots)
        if owners:
            ids, starts = np.unique(owners, return_index=True)
            best = np.maximum.reduceat(rows @ self._known.rows.data.T, starts)
            for shot, scores in zip(ids.tolist(), best, strict=True):
                labels[shot] = chosen(scores, self._known.labels, self._known.scale)
        seconds = time.monotonic() - started
        stage = StageRecord(LABEL, State.DONE, revision=self._revision, seconds=seconds)
        self._catalog.set_labels(video_id, labels, stage)
        yield Labelled(path, sum(map(bool, labels.values())), len(shots))

    @cached_property
    def _revision(self) -> str:
        """Of everything that decides which labels a shot gets; known without asking an encoder."""
        parts = [str((REVISION, STANDING, NEAR, MOST)), *map(str, self._spaces), *self._labels]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()

    @cached_property
    def _known(self) -> "_Known":
        """The labels in the space whose encoder knows most of them; the newest of those that know as many."""
        found = [known for space in self._spaces if (known := _known(self._engine, space, self._labels))]
        if not found:
            raise Unsupported(
                "no encoder of this library knows what the labels mean;"
                " fetch one that does with `shotseek pull open-clip`, then `shotseek index` again"
            )
        return max(reversed(found), key=lambda known: len(known.labels))


@dataclass(frozen=True, slots=True)
class _Known:
    """The labels that an encoder knows."""

    space: Space
    labels: Sequence[str]
    rows: Vectors
    scale: Scale


def chosen(scores: NDArray[np.float32], labels: Sequence[str], scale: Scale) -> list[tuple[str, float]]:
    """The labels that a shot stands out for, the best first, each with its confidence: the share of unrelated
    sentences that would be answered worse.

    Args:
        scores: (n,), the cosine of the shot with each label
    """
    best = np.argsort(-scores, kind="stable")[:MOST]
    near = [int(index) for index in best if scores[index] >= NEAR * scores[best[0]]]
    standings = [(labels[index], scale.standing(float(scores[index]))) for index in near]
    return [(label, _normal(standing)) for label, standing in standings if standing >= STANDING]


def _known(engine: "Engine", space: Space, labels: Sequence[str]) -> _Known | None:
    """What an encoder knows of a list; None where it is nothing, or cannot be held against anything."""
    if not engine.encoder(space.encoder).reads_text:
        return None
    parts = list(_understood(engine, space, labels))
    scale = engine.calibrator.scale(space, Kind.TEXT) if parts else None
    if scale is None:
        return None
    rows = Vectors(space, np.concatenate([rows.data for _, rows in parts]))
    return _Known(space, [label for some, _ in parts for label in some], rows, scale)


def _understood(
    engine: "Engine", space: Space, labels: Sequence[str]
) -> Iterator[tuple[Sequence[str], Vectors]]:
    """The labels that mean something to an encoder, in pieces."""
    try:
        yield labels, engine.encode_texts(space, labels)
    except NotUnderstood:
        if len(labels) > 1:
            half = len(labels) // 2
            yield from _understood(engine, space, labels[:half])
            yield from _understood(engine, space, labels[half:])


def _normal(standing: float) -> float:
    """Of a normal distribution, what lies below so many deviations."""
    return (1 + math.erf(standing / math.sqrt(2))) / 2
