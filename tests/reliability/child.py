"""Indexes in a process of its own that ends at a given step: ``child.py KIND STEP LIBRARY FOLDER``."""

import sys
from pathlib import Path

from tests.reliability import faults
from tests.reliability.golden import opened, small_snapshots

KINDS: dict[str, type[faults.Steps]] = {"kill": faults.Kill, "power": faults.PowerCut, "none": faults.Steps}

if __name__ == "__main__":
    kind, step, library, folder = sys.argv[1:]
    small_snapshots()
    with faults.steps(KINDS[kind](int(step) or 1 << 62)), opened(Path(library)) as opening:
        opening.index(folder)
