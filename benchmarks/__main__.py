"""Runs every benchmark and writes docs/benchmarks.md.

    python -m benchmarks VIDEOS SCRATCH

VIDEOS is a folder like the one the tests use; SCRATCH keeps what is made for them (vectors, videos) between
runs.
"""

import os
import platform
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PACKAGES = ("av", "faiss-cpu", "numpy", "onnxruntime", "torch")


def section(title: str, module: str, *arguments: str) -> str:
    """One benchmark's report, with the command that makes it."""
    print(title, file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return f"## {title}\n\n`{' '.join(['python', *command[1:]])}`\n\n{done.stdout.strip()}\n"


def machine() -> str:
    """What was measured on."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}; {date.today():%Y-%m-%d}."


def main(videos: str, scratch: str) -> None:
    parts = [
        "# Benchmarks\n\nWritten by `make bench`. Seconds are medians on a shared machine; what counts is the"
        f" ratios within one run.\n\n{machine()}\n",
        section("Indexing against decoding alone", "indexing", videos),
        section("All stages against the slowest", "overlap", videos, f"{scratch}/made"),
        section("Waiting", "waiting", videos),
        section("Not, then, and fusion", "asking"),
        section("Marks", "teach"),
        section("Knowing when there is no answer", "knowing", videos),
        section("Text on the screen", "words", videos),
        section("Encoders", "encoders"),
        section("Shots against PySceneDetect", "shots", videos, f"{scratch}/made"),
        section("Scanning against decoding and PySceneDetect", "scanning", videos, f"{scratch}/made"),
        section("Clips as queries", "align", videos, f"{scratch}/clips"),
        section("Search against raw FAISS: 100,000", "search", f"{scratch}/100k", "--rows", "100000"),
        section("Search against raw FAISS: 1,000,000", "search", f"{scratch}/1m", "--rows", "1000000"),
        section("The page of results", "results", scratch),
        section("Many at once", "load", scratch),
        section("The first paint", "paint", videos, scratch),
        section("The map of 200,000 shots", "map", scratch),
    ]
    REPORT.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
