"""``transnetv2`` from the command line: pulled, missing, and with a file of one's own."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from plugins.detectors._transnet import TransNetV2
from shotseek.cli.exits import Exit
from tests.plugins import published
from tests.plugins.hub import serve
from tests.shotseek.conftest import Run
from tests.videos import clip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a video of two shots of a second, and a place for weights and a library beside it."""
    monkeypatch.setenv("SHOTSEEK_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("SHOTSEEK_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("SHOTSEEK_ENCODERS", "palette")
    monkeypatch.setenv("SHOTSEEK_DEVICE", "cpu")
    folder = tmp_path / "videos"
    folder.mkdir()
    clip(folder / "a.mp4", 2)
    return folder


def test_pulled_weights_find_the_cut(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing where the decoding process is not told the folder of weights."""
    from huggingface_hub import constants

    weights = published.transnetv2().read_bytes()
    with serve() as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        hub.files["ByteDance/shot2story/transnetv2-pytorch-weights.pth"] = weights
        answer = run("pull", "transnetv2", "--json")
    assert answer.code == 0
    assert Path(answer.json["path"]).read_bytes() == weights
    answer = run("index", folder, "--detector", "transnetv2", "--json")
    assert answer.code == 0
    assert [video["state"] for video in answer.json["videos"]] == ["done"]
    shots = run("shots", "a.mp4", "--json").json["shots"]
    assert [shot["start"] for shot in shots] == [0, 1]


def test_missing_weights_are_said_before_anything_is_done(run: Run, folder: Path) -> None:
    answer = run("index", folder, "--detector", "transnetv2")
    assert answer.code == Exit.PLUGIN
    last = answer.err.strip().splitlines()[-1]
    assert last.endswith("are not on this machine; fetch them with `shotseek pull transnetv2`")
    assert run("videos", "--json").json["videos"] == []


def test_weights_of_ones_own(run: Run, folder: Path, tmp_path: Path) -> None:
    """Made here, so they find nothing in particular; those of half a network are named."""
    torch.manual_seed(1)
    state = TransNetV2().state_dict()
    mine = tmp_path / "mine.safetensors"
    save_file(state, mine)
    answer = run("index", folder, "--detector", f"transnetv2:@{mine}", "--json")
    assert answer.code == 0
    assert [video["state"] for video in answer.json["videos"]] == ["done"]
    del state["fc1.bias"]
    save_file(state, mine)
    clip(folder / "b.mp4", 1)
    answer = run("index", folder, "--detector", f"transnetv2:@{mine}", "--json")
    (failed,) = [video for video in answer.json["videos"] if video["state"] == "failed"]
    assert failed["reason"] == "detector"
    assert f"{mine} does not fit transnetv2" in failed["detail"]
