"""Weights and plugins that nobody should trust: no code of a file runs; the safe mode has ours only."""

import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plugins import registry
from plugins.errors import BrokenPlugin, InvalidValue, UnknownPlugin
from plugins.registry import Kind, installed, safe_mode
from plugins.tensors import read_state
from tests.plugins.test_registry import EVERYBODY, STRANGERS, strangers

__all__ = ["strangers"]
SHOTSEEK = str(Path(sys.executable).with_name("shotseek"))


class Runs:
    """Touches a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.canary),))


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


def plain_pickle(path: Path, canary: Path) -> None:
    path.write_bytes(pickle.dumps(Runs(canary)))


def torch_file(path: Path, canary: Path) -> None:
    import torch

    torch.save({"state_dict": {"weight": torch.zeros(1)}, "more": Runs(canary)}, path)


def old_torch_file(path: Path, canary: Path) -> None:
    import torch

    torch.save(Runs(canary), path, _use_new_zipfile_serialization=False)


def numpy_file(path: Path, canary: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([Runs(canary)], object), allow_pickle=True)


def zip_of_pickle(path: Path, canary: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Runs(canary)))
        archive.writestr("archive/version", "3\n")


def long_header(path: Path, canary: Path) -> None:
    path.write_bytes((1 << 62).to_bytes(8, "little") + b"{}")


def lying_header(path: Path, canary: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 16)


def broken_header(path: Path, canary: Path) -> None:
    path.write_bytes((8).to_bytes(8, "little") + b'{"a":{"a')


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".safetensors"])
@pytest.mark.parametrize(
    "write",
    [
        plain_pickle,
        torch_file,
        old_torch_file,
        numpy_file,
        zip_of_pickle,
        long_header,
        lying_header,
        broken_header,
    ],
    ids=lambda write: write.__name__,
)
def test_no_code_of_weights_runs(write: Any, suffix: str, canary: Path, tmp_path: Path) -> None:
    """Seen failing with ``weights_only=False``."""
    path = tmp_path / f"weights{suffix}"
    write(path, canary)
    with pytest.raises(BrokenPlugin, match="was not run") as caught:
        read_state(path)
    assert "\n" not in str(caught.value)
    assert not canary.exists()


def test_the_canary_sings(canary: Path) -> None:
    """Else no test above could fail."""
    pickle.loads(pickle.dumps(Runs(canary)))
    assert canary.exists()


@pytest.mark.parametrize("suffix", [".pkl", ".npy", ".joblib", ".ckpt", ".h5", ".py"])
def test_other_files_are_no_weights(suffix: str) -> None:
    with pytest.raises(InvalidValue, match="are read from"):
        registry.encoder(f"cnn:resnet18@/models/mine{suffix}")


@pytest.fixture
def safe() -> Iterator[None]:
    safe_mode(True)
    yield
    safe_mode(False)


def test_the_safe_mode_has_our_own_only(strangers: None, safe: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing when strangers were listed: `palette` is then theirs as much as ours."""
    monkeypatch.delitem(sys.modules, "slow_stranger", raising=False)  # a test before may have imported it
    assert {item.distribution for kind in Kind for item in installed(kind)} == {"shotseek"}
    assert registry.encoder("palette").reference == "palette"
    for name in ("slow", "slow_stranger:Slow", "tests.indexer.encoders:Small"):
        with pytest.raises(UnknownPlugin):
            registry.encoder(name)
    assert "slow_stranger" not in sys.modules
    assert registry.encoder("plugins.encoders.palette:PaletteEncoder").dim > 0


def shotseek(folder: Path, *arguments: str | Path, everybody: bool = True) -> Any:
    path = os.pathsep.join(str(STRANGERS / name) for name in EVERYBODY) if everybody else ""
    return subprocess.run(
        [SHOTSEEK, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_strangers_that_take_a_name_of_ours_stop_nothing_in_safe_mode(tmp_path: Path) -> None:
    from tests.videos import clip

    clip(tmp_path / "a.mp4", 1)
    asked = ["index", str(tmp_path), "--library", "library", "--encoder", "palette", "--json"]
    refused = shotseek(tmp_path, *asked)
    assert "two plugins call themselves" in refused.stderr
    done = shotseek(tmp_path, "--safe-mode", *asked)
    assert done.returncode == 0, done.stderr
    assert [item["state"] for item in json.loads(done.stdout)["videos"]] == ["done"]


def test_code_that_lies_among_the_videos_is_never_imported(tmp_path: Path) -> None:
    """Modules under names that are imported soon, in the folder that is indexed and worked in."""
    from tests.videos import clip

    clip(tmp_path / "a.mp4", 1)
    names = ("shotseek_plugin", "sitecustomize", "av", "numpy", "indexer", "plugins", "pickle", "torch")
    for name in names:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'a').write({name!r})\n")
    asked = ["index", ".", "--library", "library", "--encoder", "palette", "--json"]
    done = shotseek(tmp_path, *asked, everybody=False)
    assert done.returncode == 0, done.stderr
    assert [item["state"] for item in json.loads(done.stdout)["videos"]] == ["done"]
    assert not (tmp_path / "canary").exists()
