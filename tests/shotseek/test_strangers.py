"""A stranger's encoder, installed as a package, indexes and searches; bad neighbours change nothing."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shotseek import open_library
from tests.plugins.examples import EXAMPLES, install
from tests.shotseek.conftest import SHOTSEEK

REAL = EXAMPLES.parent.parent / "shared"
MODEL = REAL / "teacher/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
STRANGERS = Path(__file__).parents[1] / "plugins" / "strangers"


def shotseek(path: list[Path], *arguments: str | Path) -> Any:
    """What a command says as JSON with further packages installed."""
    done = subprocess.run(
        [SHOTSEEK, *arguments, "--json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def a_frame(library: Path, name: str, folder: Path) -> Path:
    """A picture of the first shot of a video."""
    with open_library(library) as opened:
        (video,) = opened.find(name)
        shot = opened.shots(video.id)[0]
        picture = folder / "frame.jpg"
        picture.write_bytes(opened.library.thumbnail(video, shot.keyframes_us[0]).read_bytes())
    return picture


def test_a_strangers_encoder_indexes_and_searches_among_bad_neighbours(videos: Path, tmp_path: Path) -> None:
    bad = [STRANGERS / name for name in ("broken", "pretender", "slow")]
    path = [install("encoder-plugin", tmp_path / "site"), *bad]
    library = tmp_path / "library"
    ended = shotseek(path, "index", videos, "--library", library, "--encoder", "edges")
    assert {item["state"] for item in ended["videos"]} == {"done"}
    picture = a_frame(library, "meadow.mp4", tmp_path)
    hit = shotseek(path, "search", "--image", picture, "--library", library)["hits"][0]
    assert Path(hit["video"]).name == "meadow.mp4"
    assert hit["start"] == 0
    assert hit["evidence"][0]["source"] == "edges"


@pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is not here")
def test_a_real_pretrained_model_knows_a_video_by_one_of_its_frames(tmp_path: Path) -> None:
    with open_library(tmp_path / "pictures", create=True, encoders=["palette"]) as opened:
        opened.index(REAL / "videos/mdn/flower.webm")
    picture = a_frame(tmp_path / "pictures", "flower.webm", tmp_path)  # the same scene, another file

    path = [install("teacher-plugin", tmp_path / "site")]
    library = tmp_path / "library"
    real = [REAL / "videos" / name for name in ("mdn/flower.mp4", "moviepy/chaplin.mp4", "sam2/01_dog.mp4")]
    shotseek(path, "index", *real, "--library", library, "--encoder", f"tflite:{MODEL}")
    hits = shotseek(path, "search", "--image", picture, "--library", library)["hits"]
    assert Path(hits[0]["video"]).name == "flower.mp4"
    first, second = (hit["evidence"][0]["score"] for hit in hits[:2])
    assert first > 0.8  # the flower some seconds earlier
    assert second < first / 2
