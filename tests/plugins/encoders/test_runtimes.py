"""The runtimes: they agree with eager as well as is said, and are chosen by what was measured here."""

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from time import sleep

import numpy as np
import open_clip
import pytest
import timm
import torch
import torchvision
from PIL import Image as Pillow
from safetensors.torch import save_file

from plugins import registry, runtimes
from plugins.contracts import Context, Encoder
from plugins.encoders import _int8, _runtimes
from plugins.encoders._pictures import batch_of
from plugins.encoders._runtimes import GLANCE, TURNS, cosines, probes
from plugins.encoders._torch import TorchEncoder
from plugins.errors import InvalidValue, PluginError, Unsupported
from plugins.runtimes import CLOSE, FAITHFUL, Figure, Measurement, Runtime, choose, read
from plugins.testing import pictures
from plugins.values import Image, Matrix
from plugins.weights import measure

SMALL = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
FIGURES = {
    Runtime.EAGER: Figure(10, 1.0),
    Runtime.BF16: Figure(20, 0.9999),
    Runtime.INT8: Figure(30, 0.995),
}


def made(model: torch.nn.Module, kind: str, name: str, folder: Path, runtime: str = "auto") -> TorchEncoder:
    """An encoder over a model's weights, with a folder for what is measured."""
    path = folder / "weights.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, path)
    context = Context(models=folder / "models", device="cpu", runtime=runtime)
    encoder = registry.encoder(f"{kind}:{name}@{path}", context)
    assert isinstance(encoder, TorchEncoder)
    return encoder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> TorchEncoder:
    folder = tmp_path_factory.mktemp("clip")
    config = folder / "Shotseek-Runtimes.json"
    config.write_text(json.dumps(SMALL))
    open_clip.add_model_config(config)
    torch.manual_seed(1)
    return made(open_clip.create_model(config.stem), "open-clip", config.stem, folder)


@pytest.fixture
def cnn(tmp_path: Path) -> TorchEncoder:
    torch.manual_seed(1)
    return made(timm.create_model("test_resnet"), "cnn", "test_resnet.r160_in1k", tmp_path)


def finding(figures: dict[Runtime, Figure] = FIGURES) -> Measurement:
    return Measurement(runtimes.processor(), version("torch"), figures, {})


def again(encoder: TorchEncoder, runtime: str) -> TorchEncoder:
    """The same encoder in a new process, with another setting."""
    return type(encoder)(encoder.argument, context=replace(encoder.context, runtime=runtime))


@pytest.mark.long
def test_measured_chosen_and_used(clip: TorchEncoder) -> None:
    """The one test that runs all of it: a real model, converted, measured, written, read and run."""
    measured = measure(clip.reference, clip.context)
    assert list(measured.figures) == list(Runtime)
    assert measured.figures[Runtime.BF16].cosine >= FAITHFUL
    assert measured.figures[Runtime.INT8].cosine >= CLOSE
    kept = read(next(clip.home.glob("runtimes-*.json")))
    assert kept == measured == again(clip, "auto").measured
    images, eager = pictures(), again(clip, "eager")
    for runtime in Runtime:
        forced = again(clip, runtime)
        assert cosines(forced.encode_images(images), eager.encode_images(images)).min() >= CLOSE
        text = ["a red flower"]
        np.testing.assert_array_equal(forced.encode_texts(text), eager.encode_texts(text))
    assert again(clip, "fast").runtime is measured.fastest(CLOSE)


def test_one_picture_or_many(clip: TorchEncoder) -> None:
    """In 8 bits the pictures of a batch share a scale; it must not matter more than the contract allows."""
    encoder = clip.running(Runtime.INT8)
    together = encoder.encode_images(pictures())
    alone = np.concatenate([encoder.encode_images([image]) for image in pictures()])
    assert cosines(together, alone).min() > 0.999


def test_a_convolutional_network(cnn: TorchEncoder) -> None:
    images = probes(3, 96, 160)
    plain = cnn.network.load(cnn.weights.path)
    with torch.inference_mode():
        theirs = plain.module.eval()(batch_of(images, plain.prepare)).numpy()
    assert cosines(cnn.running(Runtime.EAGER).encode_images(images), theirs).min() > 0.99999
    assert cosines(cnn.running(Runtime.BF16).encode_images(images), theirs).min() >= FAITHFUL
    with pytest.raises(Unsupported, match="int8 is for transformers"):
        cnn.running(Runtime.INT8).encode_images(images)


def test_absent_packages_are_named(clip: TorchEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_int8, "PACKAGES", ("onnx_of_nobody",))
    with pytest.raises(Unsupported, match=r"pip install 'shotseek\[int8\]'") as caught:
        clip.running(Runtime.INT8).encode_images(pictures())
    assert "\n" not in str(caught.value)


def test_preparation_is_the_librarys(clip: TorchEncoder) -> None:
    model = timm.create_model("test_vit.r160_in1k")
    for prepare in (
        clip.loaded.prepare,
        timm.data.create_transform(**timm.data.resolve_model_data_config(model)),
        torchvision.models.get_model_weights("resnet18").DEFAULT.transforms(),
    ):
        theirs = torch.stack([prepare(Pillow.fromarray(image)) for image in pictures()])
        assert torch.equal(batch_of(pictures(), prepare), theirs)


def test_without_a_measurement_auto_is_eager(clip: TorchEncoder, tmp_path: Path) -> None:
    encoder = type(clip)(clip.argument, context=Context(models=tmp_path, device="cpu"))
    assert (encoder.measured, encoder.runtime) == (None, Runtime.EAGER)
    without_folder = type(clip)(clip.argument, context=Context(device="cpu"))
    assert without_folder.runtime is Runtime.EAGER


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [("auto", "bf16"), ("fast", "int8"), ("eager", "eager"), ("bf16", "bf16"), ("int8", "int8")],
)
def test_choices(choice: str, chosen: str) -> None:
    assert choose(choice, finding(), "cnn") == chosen


def test_little_gain_is_no_reason() -> None:
    assert finding({Runtime.EAGER: Figure(10, 1), Runtime.BF16: Figure(10.5, 1)}).fastest(CLOSE) == "eager"


@pytest.mark.parametrize("choice", ["fast", "bf16", "int8"])
def test_what_was_asked_for_is_never_replaced_in_silence(choice: str) -> None:
    with pytest.raises(PluginError, match="run `shotseek measure cnn`"):
        choose(choice, None, "cnn")


def test_a_runtime_that_cannot_be(cnn: TorchEncoder) -> None:
    found = Measurement("", "", {Runtime.EAGER: FIGURES[Runtime.EAGER]}, {Runtime.INT8: "int8 is for others"})
    with pytest.raises(
        PluginError, match="could not run as 'int8' when it was measured: int8 is for others; once"
    ):
        choose("int8", found, "cnn")
    with pytest.raises(InvalidValue, match="no runtime 'int4'; there are: auto, fast, eager, bf16, int8"):
        _ = again(cnn, "int4").runtime


def test_what_was_measured_elsewhere_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runtimes.json"
    assert read(path) is None
    finding().write(path)
    assert read(path) == finding()
    for other in (replace(finding(), processor="another"), replace(finding(), torch="1.0")):
        other.write(path)
        assert read(path) is None
    for damaged in ("", "[]", "{}", '{"figures": {"int3": {}}}', '{"figures": {"eager": {"rate": 1}}}'):
        path.write_text(damaged)
        assert read(path) is None


def test_vectors_that_stray_have_a_space_of_their_own(cnn: TorchEncoder) -> None:
    digest = cnn.revision
    finding().write(cnn.home / f"runtimes-{digest}.json")
    revisions = {choice: again(cnn, choice).revision for choice in runtimes.CHOICES}
    assert revisions == {
        "auto": digest,
        "eager": digest,
        "bf16": digest,
        "fast": f"{digest}-int8",
        "int8": f"{digest}-int8",
    }


class Slow(Encoder):
    """Counts the pictures it is given, and takes its time."""

    dim, revision = 2, "1"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.seen = seconds, 0

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        self.seen += len(images)
        sleep(self.seconds)
        return np.ones((len(images), 2), np.float32)


def test_the_hopeless_are_only_glanced_at() -> None:
    eager, slow = Slow(0.01), Slow(0.2)
    images = probes(5, 8, 8)
    figures, _ = _runtimes.measure({Runtime.EAGER: eager, Runtime.BF16: slow}, images)
    assert (eager.seen, slow.seen) == (2 * GLANCE + TURNS * 5, 2 * GLANCE)
    assert figures[Runtime.BF16].rate < figures[Runtime.EAGER].rate
    assert figures[Runtime.BF16].cosine == pytest.approx(1)
