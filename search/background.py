"""What a space answers to queries that nobody meant, kept as a file of the library. A cache: see `calibrate`.

background/<space>.npz: the sentences as vectors, which last as long as the space, and the best score of each
and of some of the library's own rows, which last until the library has changed much.
"""

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.library import Library
from plugins import durable
from plugins.values import Matrix, Space

log = logging.getLogger(__name__)

FOLDER = "background"
FORMAT = 1
ARRAYS = ("texts", "text_tops", "picture_tops")


@dataclass(frozen=True, slots=True)
class Background:
    """What was asked and how well it was answered."""

    space: Space
    digest: str
    """of the sentences"""
    rows: int
    """of the space at that time"""
    highest_id: int
    """of them"""
    texts: Matrix
    """float32 (n, dim): the sentences that the encoder understands"""
    text_tops: Matrix
    """float32 (n,): the best cosine of each in the library"""
    picture_tops: Matrix
    """float32 (n,): the best cosine of some rows in other videos"""


def path_of(library: Library, space: Space) -> Path:
    """Where the background of a space is kept."""
    return library.folder / FOLDER / f"{library.space_folder(space).name}.npz"


def digest(sentences: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(sentences).encode(), digest_size=8).hexdigest()


def read(path: Path, space: Space, sentences: str) -> Background | None:
    """A background that was kept; None where there is none of this space, with these sentences.

    Args:
        sentences: their digest
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            kept = json.loads(str(file["meta"]))
            if (kept["format"], kept["space"], kept["digest"]) != (FORMAT, _named(space), sentences):
                return None
            texts, text_tops, picture_tops = (np.asarray(file[name]) for name in ARRAYS)
            return Background(
                space, sentences, kept["rows"], kept["highest_id"], texts, text_tops, picture_tops
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s: %s; it is made again", path, error)
        return None


def write(path: Path, background: Background) -> None:
    """Keeps a background in place of any other of its space."""
    kept = {
        "format": FORMAT,
        "space": _named(background.space),
        "digest": background.digest,
        "rows": background.rows,
        "highest_id": background.highest_id,
    }
    arrays = {name: getattr(background, name) for name in ARRAYS}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, meta=np.array(json.dumps(kept)), **arrays)
    durable.write_cache(path, file.getvalue())


def _named(space: Space) -> list[str | int]:
    return [space.encoder, space.revision, space.dim]
