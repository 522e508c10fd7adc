"""What runs inside the process that draws a map: low in priority, on one core; in the end there is one file.

A process of its own, so that searches never wait for it and its memory is given back (the other end is
`search.maps`).
"""

import json
import os
import sys

from indexer.library import Library
from plugins.errors import ShotseekError
from plugins.values import Space
from search.atlas import draw, load, save

BOOT = "import sys; sys.path[:] = sys.argv[3:]; from search.drawing import main; main(*sys.argv[1:3])"
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""of the environment, which the libraries read when they are imported"""
STEP = 0.005
"""of the work, between two lines"""


def main(folder: str, space: str) -> None:
    """Draws the map of a space and keeps it. Lines of JSON on standard output say how far it is, and why if
    there will be none.

    Args:
        space: encoder, revision and dimension, as JSON
    """
    os.nice(10)
    said = 0.0

    def say(done: float) -> None:
        nonlocal said
        if done - said >= STEP:
            said = done
            _emit({"done": done})

    try:
        with Library.open(folder) as library:
            wanted = Space(*json.loads(space))
            maps = library.maps_folder(wanted)
            save(draw(library.catalog, wanted, load(maps), say), maps)
    except (ShotseekError, OSError, MemoryError) as error:
        _emit({"problem": str(error) or type(error).__name__})
        sys.exit(1)


def _emit(line: dict[str, object]) -> None:
    """Where nobody reads any more, the parent is gone, and this process ends with the error."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
