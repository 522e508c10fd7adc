"""``shotseek measure``, and that ``pull`` ends with it."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from shotseek.cli.exits import Exit
from tests.plugins.hub import serve
from tests.shotseek.conftest import Run

MODEL = "test_resnet.r160_in1k"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights of one's own, and a folder for what is found about them."""
    monkeypatch.setenv("SHOTSEEK_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("SHOTSEEK_DEVICE", "cpu")
    torch.manual_seed(1)
    path = tmp_path / "mine.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), path)
    return path


def test_measure(run: Run, weights: Path) -> None:
    name = f"cnn:{MODEL}@{weights}"
    answer = run("measure", name, "--json")
    assert answer.code == 0
    assert answer.json["fastest"] in ("eager", "bf16")
    assert answer.json["figures"]["eager"]["cosine"] == pytest.approx(1)
    assert "int8 is for transformers" in answer.json["failures"]["int8"]
    assert len(list(weights.parent.glob(f"models/cnn/{MODEL}/runtimes-*.json"))) == 1


@pytest.mark.long
def test_pull_ends_with_a_measurement(run: Run, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    with serve() as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        hub.files[f"timm/{MODEL}/model.safetensors"] = weights.read_bytes()
        answer = run("pull", f"cnn:{MODEL}")
    assert answer.code == 0
    assert "times as fast as eager" in answer.err
    assert "int8 was not measured: int8 is for transformers" in answer.err
    assert answer.out.count("\n") == 1
    assert len(list(weights.parent.glob(f"models/cnn/{MODEL}/runtimes-*.json"))) == 1


def test_nothing_to_measure(run: Run) -> None:
    answer = run("measure", "starter")
    assert answer.code == Exit.PLUGIN
    assert "starter runs in one way only" in answer.err


def test_a_runtime_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOTSEEK_RUNTIME", "bf61")
    answer = run("config")
    assert answer.code == Exit.USAGE
    assert "cannot be 'bf61': there are auto, fast, eager, bf16, int8" in answer.err
