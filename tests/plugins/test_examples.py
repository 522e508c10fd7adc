"""The example packages, really installed: they are listed, they work, their own tests pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.examples import EXAMPLES, install

TEACHER = EXAMPLES.parent.parent / "shared" / "teacher"
MODEL = TEACHER / "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"


def run(folder: Path, *arguments: str | Path) -> str:
    """What Python says with the folder on its path."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=EXAMPLES.parent,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PROGRAM = """
import sys, numpy as np
from plugins.registry import Kind, encoder, installed
print(*[item for item in installed(Kind.ENCODER) if item.distribution != "shotseek"])
made = encoder(sys.argv[1])
print(made.space, made.encode_images([np.zeros((9, 16, 3), np.uint8)]).shape)
"""


def test_the_encoder_plugin(tmp_path: Path) -> None:
    folder = install("encoder-plugin", tmp_path)
    said = run(folder, "-c", PROGRAM, "edges").splitlines()
    assert said[0] == "encoder 'edges' (shotseek_edges:EdgeEncoder, from shotseek-edges 1.0)"
    assert said[1] == "Space(encoder='edges', revision='1', dim=129) (1, 129)"
    tests = EXAMPLES / "encoder-plugin" / "test_shotseek_edges.py"
    assert " passed" in run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests)


@pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is not here")
@pytest.mark.long
def test_the_teacher_plugin(tmp_path: Path) -> None:
    folder = install("teacher-plugin", tmp_path)
    said = run(folder, "-c", PROGRAM, f"tflite:{MODEL}").splitlines()
    assert "'tflite'" in said[0]
    assert said[1].endswith("dim=1024) (1, 1024)")
    tests = EXAMPLES / "teacher-plugin" / "test_shotseek_tflite.py"
    assert "skipped" not in run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests)


def test_the_examples_are_short() -> None:
    for file in EXAMPLES.glob("*/shotseek_*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 60, file
