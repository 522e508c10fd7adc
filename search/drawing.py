"""What runs inside the process that draws a map: low in priority, and in the end there is one file more.

A process of its own, so that searches never wait for it and its memory is given back (the other end is
`search.maps`).
"""

import json
import os
from contextlib import suppress
from multiprocessing.connection import Connection

from indexer.address import Address
from indexer.library import Library
from plugins.errors import ShotseekError
from plugins.values import Space
from search.atlas import draw, load, save

BOOT = "import sys; sys.path[:] = sys.argv[4:]; from search.drawing import run; run(*sys.argv[1:4])"
STEP = 0.005
"""of the work, between two messages"""


def run(fd: str, folder: str, space: str) -> None:
    """Draws the map of a space and keeps it.

    Args:
        fd: of a pipe that says where the catalog is, which may have a password in it; then is told, as JSON,
            how far it is, and in the end that it is kept or why not. Where nobody holds its other end any
            more, sending fails and this process ends.
        folder: of the library
        space: encoder, revision and dimension, as JSON
    """
    import faiss

    os.nice(10)
    faiss.omp_set_num_threads(1)
    with Connection(int(fd)) as pipe:
        try:
            url = pipe.recv_bytes().decode()
            _draw(pipe, folder, Address(url) if url else None, Space(*json.loads(space)))
        except (ShotseekError, OSError, MemoryError) as error:
            with suppress(BrokenPipeError):
                _tell(pipe, problem=str(error) or type(error).__name__)


def _draw(pipe: Connection, folder: str, address: Address | None, space: Space) -> None:
    said = 0.0

    def say(done: float) -> None:
        nonlocal said
        if done - said >= STEP:
            said = done
            _tell(pipe, done=done)

    with Library.open(folder, address=address) as library:
        maps = library.maps_folder(space)
        save(draw(library.catalog, space, load(maps), say), maps)
    _tell(pipe, kept=True)


def _tell(pipe: Connection, **words: object) -> None:
    pipe.send_bytes(json.dumps(words).encode())
