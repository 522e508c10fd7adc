"""Installs the packages under ``examples/`` as a user would, into a folder of its own."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def install(example: str, folder: Path) -> Path:
    """Installs an example, without its dependencies, and gives the folder to put on ``PYTHONPATH``."""
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", folder, EXAMPLES / example], check=True
    )
    return folder
