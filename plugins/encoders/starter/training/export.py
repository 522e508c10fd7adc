"""From a checkpoint to what ships: averaged weights, normalisation folded into convolutions, float16.

``python -m plugins.encoders.starter.training.export OUT`` writes the files beside the encoder.
"""

import shutil
import sys
from pathlib import Path

import click
import torch
from safetensors.torch import save_file

from plugins.encoders.starter.encoder import HERE, WEIGHTS
from plugins.encoders.starter.network import PictureTower, fold


def export(out: Path, into: Path = HERE) -> Path:
    """Writes the weights and the vocabulary of a run; says where the weights lie."""
    average = torch.load(out / "checkpoint.pt", map_location="cpu", weights_only=True)["average"]
    tower = PictureTower()
    tower.load_state_dict(_part(average, "picture."))
    kept = {f"picture.{name}": tensor for name, tensor in fold(tower).state_dict().items()}
    kept |= {f"text.{name}": tensor for name, tensor in _part(average, "text.").items()}
    save_file({name: tensor.half().contiguous() for name, tensor in kept.items()}, into / WEIGHTS.name)
    (into / WEIGHTS.name).chmod(0o644)  # safetensors writes it for its owner alone
    for name in ("pieces.txt", "words.txt"):
        shutil.copyfile(out / name, into / name)
    return into / WEIGHTS.name


def _part(state: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


if __name__ == "__main__":
    click.echo(export(Path(sys.argv[1])))
