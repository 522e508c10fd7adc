"""The encoders with weights give what their libraries give: same preparation, same forward pass.

Small models with random weights, saved in the real formats.
"""

import ast
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import timm
import torch
import torchvision
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image as Pillow
from safetensors.torch import save_file

from plugins import registry
from plugins.contracts import Context, Encoder
from plugins.errors import BrokenPlugin, InvalidValue
from plugins.testing import EncoderContract, pictures
from plugins.values import Image, Matrix, Vectors
from plugins.weights import pull
from tests.plugins.hub import serve

CPU = Context(device="cpu")
SMALL_CLIP = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
SENTENCES = ["a red flower", "a dog running on the beach", "ein Hund im Café"]


@pytest.fixture(scope="module", autouse=True)
def seeded() -> Iterator[None]:
    state = torch.get_rng_state()
    torch.manual_seed(1)
    with torch.inference_mode():
        yield
    torch.set_rng_state(state)


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small architecture, made known through open_clip's own door."""
    file = tmp_path_factory.mktemp("configs") / "Shotseek-Small.json"
    file.write_text(json.dumps(SMALL_CLIP))
    open_clip.add_model_config(file)
    return file.stem


def used(model: Any) -> Any:
    """A convolutional network whose batch norms have seen pictures; before that many tell nothing apart."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1
    model.train()(torch.randn(4, 3, 96, 96))
    return model.eval()


def save(model: Any, path: Path) -> Path:
    """The weights of a model in the format of the file's name."""
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


def alike(ours: Matrix, theirs: Any) -> None:
    """Every row points where the library's does."""
    reference = theirs.numpy().astype(np.float64)
    assert ours.shape == reference.shape
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(reference, axis=1)
    assert ((ours * reference).sum(axis=1) / lengths).min() > 0.999
    spread = reference - reference.mean(axis=0)
    assert np.linalg.norm(spread) > 1e-3, "the reference must tell the pictures apart"


def batch(prepare: Callable[[Any], Any], images: list[Image]) -> Any:
    return torch.stack([prepare(Pillow.fromarray(np.ascontiguousarray(image))) for image in images])


@pytest.mark.parametrize(
    ("encoder", "model"),
    [
        ("cnn", "test_resnet.r160_in1k"),
        ("cnn", "test_efficientnet.r160_in1k"),
        ("transformer", "test_vit.r160_in1k"),
    ],
)
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_timm(encoder: str, model: str, suffix: str, tmp_path: Path) -> None:
    theirs = timm.create_model(model, pretrained=False).eval()
    theirs = theirs if encoder == "transformer" else used(theirs)
    path = save(theirs, tmp_path / f"weights{suffix}")
    ours = registry.encoder(f"{encoder}:{model}@{path}", CPU)
    prepare = timm.data.create_transform(**timm.data.resolve_model_data_config(theirs))
    theirs.reset_classifier(0)
    alike(ours.encode_images(pictures()), theirs(batch(prepare, pictures())))


def test_timm_without_or_with_another_classifier(tmp_path: Path) -> None:
    for classes in (0, 7):
        theirs = used(timm.create_model("test_resnet", pretrained=False, num_classes=classes))
        path = save(theirs, tmp_path / f"{classes}.pth")
        ours = registry.encoder(f"cnn:test_resnet.r160_in1k@{path}", CPU)
        prepare = timm.data.create_transform(**timm.data.resolve_model_data_config(theirs))
        alike(
            ours.encode_images(pictures()), theirs.reset_classifier(0) or theirs(batch(prepare, pictures()))
        )


@pytest.mark.parametrize(("model", "last"), [("resnet18", "fc"), ("mobilenet_v3_small", "classifier.3")])
def test_torchvision(model: str, last: str, tmp_path: Path) -> None:
    theirs = used(torchvision.models.get_model(model, weights=None))
    path = save(theirs, tmp_path / "weights.pth")
    ours = registry.encoder(f"cnn:torchvision/{model}@{path}", CPU)
    prepare = torchvision.models.get_model_weights(model).DEFAULT.transforms()
    before: list[Any] = []
    theirs.get_submodule(last).register_forward_hook(lambda _, inputs, __: before.append(inputs[0]))
    theirs(batch(prepare, pictures()))
    alike(ours.encode_images(pictures()), before[0])


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_open_clip(small_clip: str, suffix: str, tmp_path: Path) -> None:
    path = save(open_clip.create_model(small_clip), tmp_path / f"weights{suffix}")
    theirs, _, prepare = open_clip.create_model_and_transforms(small_clip, pretrained=str(path))
    theirs.eval()
    ours = registry.encoder(f"open-clip:{small_clip}@{path}", CPU)
    alike(ours.encode_images(pictures()), theirs.encode_image(batch(prepare, pictures())))
    alike(ours.encode_texts(SENTENCES), theirs.encode_text(open_clip.get_tokenizer(small_clip)(SENTENCES)))


def test_open_clip_prepares_as_the_weights_were_trained(tmp_path: Path) -> None:
    """OpenAI's weights want another activation than the architecture's own; the tag says so."""
    theirs = open_clip.create_model("RN50", force_quick_gelu=True).eval()
    path = save(theirs, tmp_path / "weights.safetensors")
    ours = registry.encoder(f"open-clip:RN50/openai@{path}", CPU)
    prepare = image_transform_v2(PreprocessCfg(**theirs.visual.preprocess_cfg), False)
    images = pictures()[3:5]
    alike(ours.encode_images(images), theirs.encode_image(batch(prepare, images)))
    alike(ours.encode_texts(SENTENCES), theirs.encode_text(open_clip.get_tokenizer("RN50")(SENTENCES)))


def test_pulled_weights_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    model = timm.create_model("test_resnet", pretrained=False)
    content = save(model, tmp_path / "model.safetensors").read_bytes()
    context = Context(models=tmp_path / "models", device="cpu")
    with serve() as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        hub.files["timm/test_resnet.r160_in1k/model.safetensors"] = content
        pull("cnn:test_resnet.r160_in1k", context, lambda done, total: None)
    pulled = registry.encoder("cnn:test_resnet.r160_in1k", context)
    local = registry.encoder(f"cnn:test_resnet.r160_in1k@{tmp_path / 'model.safetensors'}", CPU)
    assert pulled.revision == local.revision
    np.testing.assert_array_equal(pulled.encode_images(pictures()), local.encode_images(pictures()))


class TestCnn(EncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
        folder = tmp_path_factory.mktemp("cnn")
        path = save(used(timm.create_model("test_resnet", pretrained=False)), folder / "weights.safetensors")
        return registry.encoder(f"cnn:test_resnet.r160_in1k@{path}", CPU)


class TestTorchvision(EncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
        folder = tmp_path_factory.mktemp("torchvision")
        path = save(used(torchvision.models.mobilenet_v3_small()), folder / "weights.pth")
        return registry.encoder(f"cnn:torchvision/mobilenet_v3_small@{path}", CPU)


class TestTransformer(EncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
        folder = tmp_path_factory.mktemp("transformer")
        path = save(timm.create_model("test_vit", pretrained=False), folder / "weights.safetensors")
        return registry.encoder(f"transformer:test_vit.r160_in1k@{path}", CPU)


class TestOpenClip(EncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, small_clip: str, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
        path = save(
            open_clip.create_model(small_clip), tmp_path_factory.mktemp("clip") / "weights.safetensors"
        )
        return registry.encoder(f"open-clip:{small_clip}@{path}", CPU)


class Canary:
    """What a hostile pickle does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("reference", ["cnn:test_resnet", "cnn:torchvision/resnet18", "open-clip:ViT-B-32"])
def test_code_in_a_weights_file_is_not_run(reference: str, tmp_path: Path) -> None:
    canary, path = tmp_path / "canary", tmp_path / "weights.pt"
    for dump in (torch.save, lambda thing, file: file.write_bytes(pickle.dumps(thing))):
        dump({"fc.weight": Canary(canary)}, path)
        encoder = registry.encoder(f"{reference}@{path}", CPU)
        with pytest.raises(BrokenPlugin, match="does not hold plain weights and was not run") as caught:
            encoder.encode_images(pictures())
        assert "\n" not in str(caught.value)
        assert not canary.exists()


def test_torch_load_is_always_told_to_run_no_code() -> None:
    plugins = Path(registry.__file__).parent
    calls = [
        {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        for file in plugins.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]
    assert calls
    assert {options.get("weights_only") for options in calls} == {"True"}


@pytest.mark.parametrize(
    ("reference", "content"),
    [
        ("cnn:test_resnet", b"not weights"),
        ("cnn:torchvision/resnet18", b""),
        ("open-clip:ViT-B-32", b"\x08\0\0\0\0\0\0\0{}      "),
    ],
)
def test_a_file_that_is_no_weights(reference: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(BrokenPlugin, match=r"weights\.safetensors") as caught:
        registry.encoder(f"{reference}@{path}", CPU).encode_images(pictures())
    assert "\n" not in str(caught.value)


def test_weights_of_another_model(small_clip: str, tmp_path: Path) -> None:
    path = save(timm.create_model("test_vit", pretrained=False), tmp_path / "vit.safetensors")
    state = timm.create_model("test_resnet", pretrained=False).state_dict()
    state.pop(next(iter(state)))
    partial = tmp_path / "partial.pt"
    torch.save(state, partial)
    for reference in (
        f"cnn:test_resnet@{path}",
        f"cnn:test_resnet@{partial}",
        f"cnn:torchvision/resnet18@{path}",
        f"open-clip:{small_clip}@{path}",
    ):
        with pytest.raises(BrokenPlugin, match="does not fit") as caught:
            registry.encoder(reference, CPU).encode_images(pictures())
        assert "\n" not in str(caught.value)


def test_a_training_checkpoint_is_unwrapped(tmp_path: Path) -> None:
    model = timm.create_model("test_resnet", pretrained=False)
    torch.save(model.state_dict(), tmp_path / "plain.pt")
    wrapped = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": wrapped}, tmp_path / "wrapped.pt")
    plain, unwrapped = (
        registry.encoder(f"cnn:test_resnet@{tmp_path / name}.pt", CPU).encode_images(pictures())
        for name in ("plain", "wrapped")
    )
    np.testing.assert_array_equal(plain, unwrapped)


@pytest.mark.parametrize("device", ["cuda:7", "tpu"])
def test_a_device_that_is_not_there(device: str, tmp_path: Path) -> None:
    path = save(timm.create_model("test_resnet", pretrained=False), tmp_path / "weights.safetensors")
    encoder = registry.encoder(f"cnn:test_resnet@{path}", Context(device=device))
    with pytest.raises(InvalidValue, match=f"no device '{device}'"):
        encoder.encode_images(pictures())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_agrees_with_the_processor(small_clip: str, tmp_path: Path) -> None:
    path = save(open_clip.create_model(small_clip), tmp_path / "weights.safetensors")
    rows = []
    for device in ("cpu", "cuda"):
        encoder = registry.encoder(f"open-clip:{small_clip}@{path}", Context(device=device))
        rows.append(Vectors.normalised(encoder.space, encoder.encode_images(pictures())).data)
    assert (rows[0] * rows[1]).sum(axis=1).min() > 0.99
