"""Plugins are listed without being imported, and a bad one names itself and disturbs no other."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from plugins import registry
from plugins.contracts import Context
from plugins.encoders.palette import PaletteEncoder
from plugins.errors import BrokenPlugin, DuplicatePlugin, InvalidValue, UnknownPlugin
from plugins.registry import Kind, installed, load, split
from plugins.testing import pictures

STRANGERS = Path(__file__).parent / "strangers"
EVERYBODY = sorted(path.name for path in STRANGERS.iterdir() if path.is_dir())


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """All strangers, installed."""
    for name in EVERYBODY:
        monkeypatch.syspath_prepend(STRANGERS / name)


def test_built_ins_come_through_the_same_door() -> None:
    listed = {kind: {item.name: item.distribution for item in installed(kind)} for kind in Kind}
    assert listed[Kind.ENCODER].items() >= {
        (name, "shotseek") for name in ("cnn", "open-clip", "palette", "starter", "transformer")
    }
    assert {"content", "fixed"} <= set(listed[Kind.SHOT_DETECTOR])
    assert {"subtitles"} <= set(listed[Kind.ANNOTATOR])
    assert {"exact", "faiss"} <= set(listed[Kind.VECTOR_STORE])


def test_every_built_in_is_what_it_says() -> None:
    for kind in Kind:
        for listing in installed(kind):
            if listing.distribution == "shotseek":
                assert issubclass(load(kind, listing.name), kind.contract)


def test_listing_is_sorted_and_shows_who_provides_what(strangers: None) -> None:
    listed = installed(Kind.ENCODER)
    assert [item.name for item in listed] == sorted(item.name for item in listed)
    palettes = [(item.distribution, item.version) for item in listed if item.name == "palette"]
    assert palettes == [("duplicate-stranger", "1.0"), ("shotseek", "0.1.0")]
    assert "leftover" not in {item.name for item in listed}


def test_listing_imports_nothing() -> None:
    program = (
        "import json, sys;"
        f"sys.path[:0] = {[str(STRANGERS / name) for name in EVERYBODY]!r};"
        "from plugins.registry import Kind, installed;"
        "names = [item.name for kind in Kind for item in installed(kind)];"
        "print(json.dumps([names, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    names, modules = json.loads(done.stdout)
    assert {"slow", "broken", "cnn", "faiss"} <= set(names)
    heavy = {
        "torch",
        "numpy",
        "faiss",
        "open_clip",
        "timm",
        "torchvision",
        "av",
        "PIL",
        "sqlalchemy",
        "flask",
    }
    assert heavy & set(modules) == set()
    assert [module for module in modules if module.endswith("_stranger")] == []
    assert [module for module in modules if module.startswith("plugins.encoders")] == []


def test_making_a_weighted_encoder_imports_no_torch() -> None:
    program = (
        "import sys; from plugins.registry import encoder;"
        "[encoder(name) for name in ('cnn', 'transformer', 'open-clip', 'palette', 'starter')];"
        "sys.exit(bool({'torch', 'timm', 'open_clip', 'huggingface_hub'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownPlugin, match="no encoder is called 'palete'; did you mean 'palette'"):
        registry.encoder("palete")
    with pytest.raises(UnknownPlugin, match="no shot detector is called 'zzz'; there are: content, fixed"):
        registry.create(Kind.SHOT_DETECTOR, "zzz")


def test_two_of_one_name_are_both_named(strangers: None) -> None:
    with pytest.raises(DuplicatePlugin, match=r"'palette': duplicate-stranger .* and shotseek") as caught:
        registry.encoder("palette")
    assert "duplicate_stranger:Palette" in str(caught.value)
    assert "plugins.encoders.palette:PaletteEncoder" in str(caught.value)
    by_class = registry.encoder("plugins.encoders.palette:PaletteEncoder")
    assert type(by_class) is PaletteEncoder


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("broken", "ModuleNotFoundError: No module named 'a_library_that_nobody_installed'"),
        ("leaving", "SystemExit: this encoder needs a licence"),
        ("absent", "AttributeError"),
        ("nameless", "AttributeError"),
        ("pretender", "does not derive from Encoder"),
        ("function", "does not derive from Encoder"),
    ],
)
def test_a_broken_plugin_names_itself_and_the_cause(strangers: None, name: str, cause: str) -> None:
    with pytest.raises(BrokenPlugin) as caught:
        registry.encoder(name)
    message = str(caught.value)
    assert f"encoder {name!r}" in message
    assert "-stranger 1.0" in message
    assert cause in message
    assert "\n" not in message


def test_an_encoder_is_no_shot_detector(strangers: None) -> None:
    with pytest.raises(BrokenPlugin, match=r"'wrong-kind' .* does not derive from ShotDetector"):
        registry.create(Kind.SHOT_DETECTOR, "wrong-kind")


def test_a_plugin_that_fails_while_it_is_made(strangers: None) -> None:
    with pytest.raises(BrokenPlugin, match="cannot be made: RuntimeError: not today"):
        registry.encoder("pretender_stranger:Moody")


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(InvalidValue, match="cannot be the name of a model"):
        registry.encoder("cnn:../..")


def test_bad_strangers_disturb_no_other(strangers: None) -> None:
    slow = registry.encoder("slow")
    assert slow.encode_images(pictures()[:1]).shape == (1, slow.dim)
    assert registry.encoder("cnn").reference == "cnn"


def test_a_class_needs_no_package() -> None:
    reference = "tests.plugins.test_testing:MeanColour"
    encoder = registry.encoder(reference)
    assert encoder.space.encoder == reference
    np.testing.assert_array_equal(
        encoder.encode_images(pictures()), type(encoder)().encode_images(pictures())
    )
    with pytest.raises(BrokenPlugin, match=r"no\.such\.module"):
        registry.encoder("no.such.module:Encoder")


@pytest.mark.parametrize(
    ("reference", "name", "argument"),
    [
        ("palette", "palette", ""),
        ("cnn:resnet50.a1_in1k", "cnn", "resnet50.a1_in1k"),
        ("cnn:resnet50@/models/a:b.pt", "cnn", "resnet50@/models/a:b.pt"),
        ("package.module:Class", "package.module:Class", ""),
        ("package.module:Class:an:argument", "package.module:Class", "an:argument"),
    ],
)
def test_a_reference_is_a_name_and_an_argument(reference: str, name: str, argument: str) -> None:
    assert split(Kind.ENCODER, reference) == (name, argument)


def test_an_encoder_made_by_hand_can_be_made_again() -> None:
    for encoder in (PaletteEncoder(), PaletteEncoder("unused")):
        again = registry.encoder(encoder.reference)
        assert (type(again), again.argument) == (type(encoder), encoder.argument)


def test_the_context_reaches_the_plugin(tmp_path: Path) -> None:
    context = Context(models=tmp_path, device="cpu")
    assert registry.encoder("palette", context).context == context
