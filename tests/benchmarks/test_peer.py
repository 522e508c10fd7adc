"""PySceneDetect run from what was measured names what it names when it looks for itself."""

from pathlib import Path

import av
import numpy as np
import pytest
import scenedetect

from benchmarks.peer import DEFAULTS, Named, named
from plugins.values import Image
from shotseek.draw import write_video
from tests.videos import FPS, dissolve, fade, scene

SIZE = (320, 180)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = dissolve([*scene(1, 40, SIZE), *scene(2, 40, SIZE)], scene(3, 60, SIZE), 12)
    path = tmp_path_factory.mktemp("peer") / "made.mp4"
    write_video(path, fade(frames, scene(4, 40, SIZE), 10), fps=FPS)
    return path


def images(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def found(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Named:
    return named(images(path), float(FPS), tmp_path_factory.mktemp("peer") / "cache.json")


@pytest.mark.parametrize("detector", DEFAULTS)
def test_defaults_name_what_the_library_names(detector: str, path: Path, found: Named) -> None:
    scenes = scenedetect.detect(str(path), getattr(scenedetect, f"{detector}Detector")())
    assert found[detector][DEFAULTS[detector]] == [start.frame_num for start, _ in scenes][1:]


def test_some_setting_finds_the_cut_and_settings_differ(found: Named) -> None:
    assert [40] in found["Content"].values()
    assert all(len({tuple(cuts) for cuts in settings.values()}) > 1 for settings in found.values())


def test_a_known_answer_is_not_looked_for_again(path: Path, found: Named, tmp_path: Path) -> None:
    cache = tmp_path / "cache.json"
    assert named(images(path), float(FPS), cache) == found
    assert named([], float(FPS), cache) == found
