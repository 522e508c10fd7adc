"""What the shots of a map have in common: groups to colour them by, and names for its parts."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import Catalog, Origin
from plugins.messages import Message
from plugins.values import Ids, printable
from search.atlas import Atlas

GROUPS = 7
"""that are told apart; all others are one more"""
SAMPLE = 200
"""shots of a part that are looked at for its name"""
TELLING = 0.3
"""of a part's shots that have a label, at least, for the part to be named by it"""
EDGE = 0.02
"""of a part's shots that lie outside its box on either side, so that a stray one does not stretch it"""


class By(StrEnum):
    """What shots are grouped by."""

    VIDEO = "video"
    FOLDER = "folder"
    YEAR = "year"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Groups:
    """Some shots, each in one group."""

    names: tuple[str, ...]
    """of the groups, the largest first; what is in none of them is not named"""
    counts: tuple[int, ...]
    """shots in each"""
    of: NDArray[np.uint8]
    """the number of each shot's group; that after the last is all others"""


@dataclass(frozen=True, slots=True)
class Part:
    """Shots that lie together."""

    name: str
    count: int
    box: tuple[float, float, float, float]
    """where nearly all of them lie: the least and the greatest x, y"""
    shots: tuple[int, ...]
    """some of them"""


def groups(catalog: Catalog, shots: Ids, by: By) -> Groups:
    """Groups shots by what most of them have."""
    if by is By.LABEL:
        return _by_label(catalog, shots)
    videos, origins = catalog.origins_of(shots)
    ids, which, sizes = np.unique(videos, return_inverse=True, return_counts=True)
    keys = [_key(id_, origins[id_], by) if id_ in origins else None for id_ in ids.tolist()]
    counts: Counter[Hashable] = Counter()
    for key, size in zip(keys, sizes.tolist(), strict=True):
        if key is not None:
            counts[key] += size
    largest = sorted(counts, key=lambda key: (-counts[key], str(key)))[:GROUPS]
    names = _video_names(largest, origins) if by is By.VIDEO else tuple(_shown(key, by) for key in largest)
    number: dict[Hashable, int] = {key: at for at, key in enumerate(largest)}
    of = np.array([number.get(key, len(largest)) for key in keys], np.uint8)[which]
    return Groups(names, tuple(counts[key] for key in largest), of)


def parts(catalog: Catalog, atlas: Atlas, samples: int = 3) -> list[Part]:
    """The parts of a map, the largest first, named by the labels that set them apart, or by their videos.

    Args:
        samples: shots of each that are given
    """
    members = [np.flatnonzero(atlas.parts == part) for part in range(int(atlas.parts.max(initial=0)) + 1)]
    members = [found for found in members if len(found)]
    looked_at = [atlas.shots[found[:SAMPLE]] for found in members]
    labels = _labels(catalog, looked_at)
    common = Counter(label for counts in labels for label in counts)
    made = []
    for found, shots, counts in zip(members, looked_at, labels, strict=True):
        (x0, y0), (x1, y1) = np.quantile(atlas.positions[found], (EDGE, 1 - EDGE), axis=0).tolist()
        name = _telling(counts, common, len(shots), len(members)) or _mostly(catalog, shots)
        made.append(Part(name, len(found), (x0, y0, x1, y1), tuple(shots[:samples].tolist())))
    return sorted(made, key=lambda part: -part.count)


def _key(id_: int, origin: Origin, by: By) -> Hashable:
    if by is By.VIDEO:
        return id_
    if by is By.FOLDER:
        return origin.path.rpartition("/")[0] or "/"
    return origin.created.year if origin.created else None


def _shown(key: Hashable, by: By) -> str:
    return printable(str(key)) if by is By.FOLDER else str(key)


def _video_names(ids: Sequence[Hashable], origins: dict[int, Origin]) -> tuple[str, ...]:
    return tuple(printable(origins[id_].path.rpartition("/")[2]) for id_ in ids if isinstance(id_, int))


def _by_label(catalog: Catalog, shots: Ids) -> Groups:
    """Of several labels, the rarest of those that are told apart: it says most."""
    pairs = catalog.labels_of(shots.tolist())
    counts = Counter(label for _, label in pairs)
    largest = sorted(counts, key=lambda label: (-counts[label], label))[:GROUPS]
    number = {label: at for at, label in enumerate(largest)}
    chosen: dict[int, int] = {}
    for shot, label in pairs:
        if label in number:
            chosen[shot] = max(chosen.get(shot, 0), number[label])
    of = np.array([chosen.get(shot, len(largest)) for shot in shots.tolist()], np.uint8)
    met = np.bincount(of, minlength=len(largest) + 1)[: len(largest)]
    return Groups(tuple(largest), tuple(met.tolist()), of)


def _labels(catalog: Catalog, shots: Sequence[Ids]) -> list[Counter[str]]:
    """How often each label is in each of some lists of shots."""
    lists: dict[int, int] = {id_: at for at, part in enumerate(shots) for id_ in part.tolist()}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for shot, label in catalog.labels_of(lists):
        counts[lists[shot]][label] += 1
    return [counts[at] for at in range(len(shots))]


def _telling(counts: Counter[str], common: Counter[str], total: int, lists: int) -> str:
    """The one or two labels that many of these shots have and few of the other parts."""
    worth = {
        label: count / total * math.log((1 + lists) / common[label])
        for label, count in counts.items()
        if count >= TELLING * total
    }
    return ", ".join(sorted(worth, key=lambda label: (-worth[label], label))[:2])


def _mostly(catalog: Catalog, shots: Ids) -> str:
    videos, origins = catalog.origins_of(shots)
    counts = Counter(id_ for id_ in videos.tolist() if id_ in origins)
    if not counts:
        return Message("gone by now")
    most = min(counts, key=lambda id_: (-counts[id_], id_))
    name = printable(origins[most].path.rpartition("/")[2])
    others = len(counts) - 1
    if not others:
        return name
    if others == 1:
        return Message("%(name)s and 1 other video", name=name)
    return Message("%(name)s and %(others)s other videos", name=name, others=others)
