"""Fetching weights from a hub on this machine, and what happens when it lies, is silent or is not there."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins import registry
from plugins.contracts import Context
from plugins.download import HubFile, WebFile, download
from plugins.errors import InvalidValue, PullFailed, Unsupported, WeightsMissing
from plugins.weights import best_available, measure, pull
from tests.plugins.hub import Hub, serve

REFERENCE = "open-clip:ViT-B-32/laion2b_s34b_b79k"
REPOSITORY = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
CONTENT = bytes(range(256)) * 5_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def ignore(done: int, total: int) -> None: ...


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    with serve() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        hub.files[f"{REPOSITORY}/open_clip_model.safetensors"] = CONTENT
        yield hub


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(models=tmp_path / "models", device="cpu")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_pulled_is_found(hub: Hub, context: Context) -> None:
    heard: list[tuple[int, int]] = []
    path = pull(REFERENCE, context, lambda done, total: heard.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert heard[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    encoder = registry.encoder(REFERENCE, context)
    assert encoder.revision == DIGEST[:16]
    assert encoder.dim == 512
    assert context.models is not None
    home = "open-clip/ViT-B-32/laion2b_s34b_b79k"
    assert files(context.models) == [f"{home}/open_clip_model.safetensors", f"{home}/weights.json"]
    card = json.loads((context.models / home / "weights.json").read_text())
    assert (card["sha256"], card["size"], card["source"]) == (DIGEST, len(CONTENT), REPOSITORY)


def test_what_is_there_is_not_fetched_again(hub: Hub, context: Context) -> None:
    path = pull(REFERENCE, context, ignore)
    asked = list(hub.asked)
    assert pull(REFERENCE, context, ignore) == path
    assert hub.asked == asked


def test_a_damaged_file_is_missed_and_fetched_again(hub: Hub, context: Context) -> None:
    path = pull(REFERENCE, context, ignore)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsMissing):
        _ = registry.encoder(REFERENCE, context).space
    path.write_bytes(b"\0" * len(CONTENT))
    assert pull(REFERENCE, context, ignore).read_bytes() == CONTENT
    card = path.with_name("weights.json")
    card.write_text("{")
    with pytest.raises(WeightsMissing):
        _ = registry.encoder(REFERENCE, context).revision
    pull(REFERENCE, context, ignore)
    assert registry.encoder(REFERENCE, context).revision == DIGEST[:16]


def test_missing_weights_name_the_command_and_fetch_nothing(hub: Hub, context: Context) -> None:
    for reference in (REFERENCE, "open-clip", "cnn", "transformer", "cnn:torchvision/resnet18"):
        with pytest.raises(WeightsMissing, match=f"`shotseek pull {reference}`"):
            _ = registry.encoder(reference, context).space
    assert hub.asked == []


def test_the_second_name_is_tried(hub: Hub, context: Context) -> None:
    hub.files = {f"{REPOSITORY}/open_clip_pytorch_model.bin": CONTENT}
    assert pull(REFERENCE, context, ignore).name == "open_clip_pytorch_model.bin"


def _fails(context: Context, match: str, reference: str = REFERENCE) -> None:
    with pytest.raises(PullFailed, match=match) as caught:
        pull(reference, context, ignore)
    assert "\n" not in str(caught.value)
    assert context.models is not None
    assert files(context.models) == [], "nothing half-fetched is left"
    with pytest.raises(WeightsMissing):
        _ = registry.encoder(reference, context).revision


def test_other_bytes_than_promised(hub: Hub, context: Context) -> None:
    hub.lies[f"{REPOSITORY}/open_clip_model.safetensors"] = CONTENT[::-1]
    _fails(context, "not what was promised")


def test_no_digest(hub: Hub, context: Context) -> None:
    hub.digests = False
    _fails(context, "no SHA-256")


def test_no_such_file(hub: Hub, context: Context) -> None:
    hub.files.clear()
    _fails(context, "has none of open_clip_model.safetensors, open_clip_pytorch_model.bin")


def test_no_network(hub: Hub, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    )
    _fails(context, "could not be fetched")


def test_unknown_models_are_named(context: Context) -> None:
    for reference, hint in {
        "cnn:resnet5O": "resnet50",
        "cnn:resnet50.a9_in1k": r"resnet50\.a",
        "transformer:vit_smal_patch16_224": "vit_small_patch16_224",
        "cnn:torchvision/resnet19": "resnet1",
        "open-clip:ViT-B-33/openai": "ViT-B-32",
        "open-clip:ViT-B-32/nope": "laion2b_s34b_b79k",
    }.items():
        with pytest.raises(InvalidValue, match=hint):
            pull(reference, context, ignore)


def test_a_tokenizer_from_the_network_is_refused(context: Context) -> None:
    with pytest.raises(Unsupported, match="tokenizer"):
        pull("open-clip:ViT-B-16-SigLIP/webli", context, ignore)


@pytest.mark.parametrize(
    "model", ["../../etc/passwd", "/etc/passwd", "a//b", "a/../b", ".hidden", "hf-hub:x/y"]
)
def test_a_model_name_is_no_path(model: str, context: Context) -> None:
    with pytest.raises(InvalidValue, match="cannot be the name of a model"):
        registry.encoder(f"cnn:{model}", context)


def test_local_files(context: Context, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="are read from"):
        registry.encoder("cnn:resnet18@/models/mine.pkl", context)
    with pytest.raises(InvalidValue, match="whole path"):
        registry.encoder("cnn:resnet18@mine.pt", context)
    with pytest.raises(WeightsMissing, match=r"there is no file .*absent\.pt"):
        _ = registry.encoder(f"cnn:resnet18@{tmp_path / 'absent.pt'}", context).revision
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    encoder = registry.encoder(f"cnn:resnet18@{tmp_path / 'mine.pt'}", context)
    assert encoder.revision == DIGEST[:16]
    with pytest.raises(Unsupported, match="nothing to fetch"):
        pull(encoder.reference, context, ignore)


def test_nothing_to_pull(context: Context) -> None:
    for reference in ("palette", "starter", "content", "fixed:3"):
        with pytest.raises(Unsupported, match=f"{reference} can be used as it is"):
            pull(reference, context, ignore)
    with pytest.raises(PullFailed, match="no folder"):
        pull("cnn", Context(), ignore)


def test_a_shot_detector_is_pulled_by_its_name(hub: Hub, context: Context) -> None:
    """Seen failing when every name is taken for an encoder's."""
    hub.files["ByteDance/shot2story/transnetv2-pytorch-weights.pth"] = CONTENT
    path = pull("transnetv2", context, ignore)
    assert context.models is not None
    assert path == context.models / "detectors/transnetv2/transnetv2-pytorch-weights.pth"
    registry.create(registry.Kind.SHOT_DETECTOR, "transnetv2", context).check()
    with pytest.raises(Unsupported, match="runs in one way only"):
        measure("transnetv2", context)


def test_auto_takes_the_best_that_is_there(hub: Hub, context: Context) -> None:
    assert best_available(context) == "starter"
    pull("open-clip", context, ignore)
    assert best_available(context) == "open-clip"


def test_a_file_with_its_digest_in_its_name(tmp_path: Path) -> None:
    with serve() as hub:
        hub.files[f"resnet18-{DIGEST[:8]}.pth"] = CONTENT
        heard: list[tuple[int, int]] = []
        path, written = download(
            WebFile(f"{hub.url}/resnet18-{DIGEST[:8]}.pth"), tmp_path, lambda *seen: heard.append(seen)
        )
        assert path.read_bytes() == CONTENT
        assert (written.sha256, heard[-1]) == (DIGEST, (len(CONTENT), len(CONTENT)))
        hub.files[f"wrong-{'0' * 8}.pth"] = CONTENT
        with pytest.raises(PullFailed, match="not what was promised"):
            download(WebFile(f"{hub.url}/wrong-{'0' * 8}.pth"), tmp_path, ignore)
        with pytest.raises(PullFailed, match="404"):
            download(WebFile(f"{hub.url}/absent-{'0' * 8}.pth"), tmp_path, ignore)
        with pytest.raises(PullFailed, match="no digest"):
            download(WebFile(f"{hub.url}/plain.pth"), tmp_path, ignore)
    assert files(tmp_path) == [path.name]


def test_sources_of_the_defaults(context: Context) -> None:
    """Where the libraries say that the default weights lie; a new version may move them."""
    sources = {
        "open-clip": HubFile(REPOSITORY, ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")),
        "cnn": HubFile("timm/resnet50.a1_in1k", ("model.safetensors", "pytorch_model.bin")),
        "transformer": HubFile("timm/vit_small_patch16_224.dino", ("model.safetensors", "pytorch_model.bin")),
        "cnn:torchvision/resnet18": WebFile("https://download.pytorch.org/models/resnet18-f37072fd.pth"),
    }
    for reference, source in sources.items():
        assert registry.encoder(reference, context).origin() == source  # type: ignore[attr-defined]


@pytest.mark.long
def test_the_hub_is_where_the_environment_says(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from plugins.contracts import Context;"
        "from plugins.weights import pull;"
        f"pull({REFERENCE!r}, Context(models=Path(sys.argv[1])), lambda done, total: None)"
    )
    with serve() as hub:
        hub.files[f"{REPOSITORY}/open_clip_model.safetensors"] = CONTENT
        subprocess.run(
            [sys.executable, "-c", program, tmp_path], check=True, env={**os.environ, "HF_ENDPOINT": hub.url}
        )
    assert (tmp_path / "open-clip/ViT-B-32/laion2b_s34b_b79k/open_clip_model.safetensors").exists()
