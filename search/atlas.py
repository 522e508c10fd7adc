"""Maps of the library: where every shot of a space lies, drawn once and kept as a file that can be deleted.

Up to `LANDMARKS` shots are laid out (`search.layout`), drawn by lot; every other shot is placed between those
it is most like. The lot goes by the shot's number, so that a library that grows keeps most of its landmarks,
and they begin where they lay on the last map: it changes little.
"""

import hashlib
import io
import logging
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import Catalog
from plugins import durable
from plugins.values import Ids, Matrix, Space
from search.layout import KNOTS, SEED, Positions, Projection, Say, arrange, nearest, place

log = logging.getLogger(__name__)

LANDMARKS = 20_000
KEPT = 4
"""maps of a space: what was selected on one of them can be searched as long as it is there"""
PARTS = 12
"""into which a map is divided, at most"""
PART = 8
"""shots that a part has, about, at least"""
BLOCK = 20_000
"""shots read at once"""
FORMAT = 1
_ENDING = ".map"


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """One map of one space."""

    shots: Ids
    """(n,), in a random order that stays: the first of them are a fair sample of all"""
    positions: Positions
    """(n, 2), in the same order"""
    parts: NDArray[np.uint8]
    """the part of the map that each shot is in, (n,)"""
    state: tuple[int, int]
    """of the space when it was drawn, see `VectorReader.extent`"""
    version: str
    """changes when the map does"""

    def inside(self, box: tuple[float, float, float, float]) -> NDArray[np.intp]:
        """Which of the shots lie in a rectangle of two corners: x, y, x, y; edges count."""
        x0, y0, x1, y1 = box
        x, y = self.positions.T.astype(np.float64)  # else the corners would be rounded to float32
        within = (x >= min(x0, x1)) & (x <= max(x0, x1)) & (y >= min(y0, y1)) & (y <= max(y0, y1))
        return np.flatnonzero(within)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The least and the greatest x, y; of a map without shots 0."""
        if not len(self.shots):
            return 0.0, 0.0, 0.0, 0.0
        (x0, y0), (x1, y1) = self.positions.min(axis=0).tolist(), self.positions.max(axis=0).tolist()
        return x0, y0, x1, y1


def draw(catalog: Catalog, space: Space, old: Atlas | None, say: Say) -> Atlas:
    """Draws the map of a space as it is now.

    Args:
        old: the last one, near which this one stays
        say: is told how far the work is

    Raises:
        NotFound: nothing was indexed with that encoder
    """
    state = catalog.extent(space)
    asked = by_lot(catalog.shots_in([space]))
    shots, rows = catalog.shot_means(space, asked[:LANDMARKS])
    if not len(shots):
        return _atlas(shots, np.zeros((0, 2), np.float32), state)
    projection = Projection(rows)
    marks = projection(rows)
    share = len(shots) / len(asked)
    at = arrange(marks, _begin(shots, marks, old), lambda done: say(done * share))
    drawn, positions = [shots], [at]
    for first in range(LANDMARKS, len(asked), BLOCK):
        more, rows = catalog.shot_means(space, asked[first : first + BLOCK])
        found, apart = nearest(projection(rows), marks, min(KNOTS, len(marks)))
        drawn.append(more)
        positions.append(place(found, apart, at))
        say(min(1.0, (first + BLOCK) / len(asked)))
    return _atlas(np.concatenate(drawn), np.concatenate(positions), state)


def by_lot(shots: Ids) -> Ids:
    """Shots in an order that is random, but the same for ever, also when others come between them."""
    mixed = shots.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # Steele's SplitMix64
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return shots[np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")]


def save(atlas: Atlas, folder: Path) -> None:
    """Keeps a map, and forgets all but the last few.

    Raises:
        OSError
    """
    file = io.BytesIO()
    np.savez(
        file,
        allow_pickle=False,
        state=np.array([FORMAT, *atlas.state], np.int64),
        shots=atlas.shots,
        positions=atlas.positions,
        parts=atlas.parts,
    )
    durable.write_cache(folder / f"{time.time_ns():020d}-{atlas.version}{_ENDING}", file.getvalue())
    for path in _files(folder)[KEPT:]:
        path.unlink(missing_ok=True)


def load(folder: Path, version: str = "") -> Atlas | None:
    """The last map that is kept, or that of a version; None if there is none. Damaged ones are removed."""
    for path in _files(folder):
        if path.name.endswith(f"-{version}{_ENDING}") if version else True:
            try:
                return _read(path)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                log.warning("%s is damaged (%s); the map is drawn again", path, error)
                path.unlink(missing_ok=True)
    return None


def _files(folder: Path) -> list[Path]:
    """The last one first."""
    return sorted(folder.glob(f"*{_ENDING}"), reverse=True)


def _read(path: Path) -> Atlas:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        number, *state = file["state"].tolist()
        shots, positions, parts = file["shots"], file["positions"], file["parts"]
    fits = len(positions) == len(shots) == len(parts) and bool(np.isfinite(positions).all())
    made = Atlas(shots, positions, parts, (state[0], state[1]), _version(shots, positions))
    if number != FORMAT or not fits or not path.name.endswith(f"-{made.version}{_ENDING}"):
        raise ValueError("it is not what was written")
    return made


def _atlas(shots: Ids, positions: Positions, state: tuple[int, int]) -> Atlas:
    return Atlas(shots, positions, _divided(positions), state, _version(shots, positions))


def _version(shots: Ids, positions: Positions) -> str:
    return hashlib.blake2b(shots.tobytes() + positions.tobytes(), digest_size=6).hexdigest()


def _begin(shots: Ids, marks: Matrix, old: Atlas | None) -> Positions | None:
    """Where landmarks lay on the last map; new ones between those that they are most like."""
    if old is None or not len(old.shots):
        return None
    order = np.argsort(old.shots)
    at = order[np.minimum(np.searchsorted(old.shots, shots, sorter=order), len(order) - 1)]
    known = old.shots[at] == shots
    if known.sum() < max(KNOTS, len(shots) / 2):
        return None
    start = old.positions[at]
    if not known.all():
        start[~known] = place(*nearest(marks[~known], marks[known], KNOTS), start[known])
    return start


def _divided(positions: Positions) -> NDArray[np.uint8]:
    """Divides a map into parts of shots that lie together."""
    import faiss

    count = min(PARTS, max(1, len(positions) // PART))
    if count == 1:
        return np.zeros(len(positions), np.uint8)
    sample = positions[:LANDMARKS]
    groups = faiss.Kmeans(2, count, seed=SEED, min_points_per_centroid=1, niter=20)
    groups.train(np.ascontiguousarray(sample))
    _, found = groups.index.search(np.ascontiguousarray(positions), 1)
    parts: NDArray[np.uint8] = found[:, 0].astype(np.uint8)
    return parts
