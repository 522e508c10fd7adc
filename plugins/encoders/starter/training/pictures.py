"""The pictures of all sources in memory, small and square, with the kind that each one is of."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plugins.encoders.starter.training import captions
from plugins.encoders.starter.training.sources import SOURCES, Source
from plugins.encoders.starter.training.wordnet import WordNet

HELD_BACK = 25
"""one picture of so many is kept from training"""
WIDEST = 1.5
"""the longer side over the shorter one; what is beyond is cut off at both ends"""


@dataclass(frozen=True, slots=True)
class Pictures:
    """One source."""

    source: Source
    images: NDArray[np.uint8]
    """(n, side, side, 3)"""
    kinds: NDArray[np.int64]
    """(n,) into the kinds of all sources"""
    sentences: tuple[tuple[str, ...], ...] | None
    """of every picture, where the source has captions"""


@dataclass(frozen=True, slots=True)
class Library:
    """All sources that are there; captioned ones come last."""

    sources: tuple[Pictures, ...]
    kinds: tuple[tuple[str, ...], ...]
    """the labels of each kind, as synsets"""
    complete: tuple[bool, ...]
    classes: int
    """kinds that are classes; the rest are the label sets of captioned pictures"""


def load(data: Path, cache: Path, wordnet: WordNet, held_back: bool = False) -> Library:
    """Reads what is under ``data``, or what an earlier run has kept in ``cache``.

    With ``held_back`` it is the pictures that are kept from training, otherwise those that are not.
    """
    kinds: dict[tuple[tuple[str, ...], bool], int] = {}
    found, classes = [], 0
    for source in SOURCES:
        if not (data / source.folder).is_dir():
            click.echo(f"{source.folder}: not there, left out")
            continue
        listed = [
            (path, tuple(sorted(synset(wordnet, label) for label in labels)))
            for path, labels in source.list(data / source.folder, wordnet)
        ]
        images, whole = _images([path for path, _ in listed], source, cache)
        numbers = [kinds.setdefault((listed[at][1], source.complete), len(kinds)) for at in whole]
        mine = (np.arange(len(images)) % HELD_BACK == HELD_BACK - 1) == held_back
        said = captions.sentences(data / source.folder) if source.captioned else None
        texts = tuple(said[listed[at][0].name] for at in whole[mine]) if said else None
        found.append(Pictures(source, images[mine], np.array(numbers)[mine], texts))
        classes = classes if source.captioned else len(kinds)
        click.echo(f"{source.folder}: {len(images)} pictures of {len(set(numbers))} kinds")
    return Library(tuple(found), tuple(k for k, _ in kinds), tuple(c for _, c in kinds), classes)


def synset(wordnet: WordNet, label: str) -> str:
    """``car#1`` or ``n02958343`` as an id; phrases stay as they are."""
    word, _, sense = label.partition("#")
    return wordnet.senses[word][int(sense) - 1] if sense else label


def square(image: Image.Image, side: int) -> NDArray[np.uint8]:
    """The middle of a picture, uint8 (side, side, 3)."""
    width, height = image.size
    left, top = max(0.0, (width - WIDEST * height) / 2), max(0.0, (height - WIDEST * width) / 2)
    box = (left, top, width - left, height - top)
    resized = image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC, box, 2.0)
    return np.asarray(resized)


def _images(
    paths: Sequence[Path], source: Source, cache: Path
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The pictures that can be read, and which ones these are."""
    kept = cache / f"{source.folder}-{source.side}-{len(paths)}.npz"
    if not kept.exists():
        with ProcessPoolExecutor() as pool:
            rows = list(pool.map(partial(_read, source.side), paths, chunksize=256))
        whole = [at for at, row in enumerate(rows) if row is not None]
        if len(whole) < len(rows):
            click.echo(f"{source.folder}: {len(rows) - len(whole)} damaged pictures left out")
        images = np.stack([row for row in rows if row is not None])
        np.savez(kept, images=images, whole=np.array(whole))
    with np.load(kept) as table:
        return table["images"], table["whole"]


def _read(side: int, path: Path) -> NDArray[np.uint8] | None:
    try:
        with Image.open(path) as image:
            image.draft("RGB", (2 * side, 2 * side))
            return square(image, side)
    except (OSError, SyntaxError):  # what Pillow says of damaged files
        return None


def weights(library: Library) -> NDArray[np.float64]:
    """How often a picture of each source comes, (sources,), summing to one."""
    shares = np.array([len(p.images) * p.source.weight for p in library.sources], np.float64)
    return np.asarray(shares / shares.sum())
