"""The encoder that comes with Shotseek: its contract, its words, its two towers, and that it finds things.

What it finds in general is measured by `benchmarks.starter`; here stand a few things that must never break.
"""

import subprocess
import sys
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open

from plugins import registry
from plugins.contracts import Encoder
from plugins.encoders.starter.encoder import HERE, SIDE, STEP, WEIGHTS, WIDEST, StarterEncoder, fitted
from plugins.encoders.starter.network import Convolution, PictureTower, fold
from plugins.encoders.starter.reading import TextTower
from plugins.encoders.starter.training import text
from plugins.encoders.starter.training.drawn import Scene, Thing, draw
from plugins.encoders.starter.words import FUNCTION_WORDS, LENGTH, Vocabulary, split
from plugins.errors import InvalidValue, NotUnderstood
from plugins.testing import EncoderContract
from plugins.values import Matrix

MOST = 15_000_000
"""bytes of everything that ships"""


@pytest.fixture(scope="module")
def starter() -> StarterEncoder:
    return StarterEncoder(reference="starter")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(HERE)


class TestContract(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return registry.encoder("starter")


def test_what_ships_is_small_and_plain() -> None:
    shipped = [WEIGHTS, HERE / "pieces.txt", HERE / "words.txt"]
    assert sum(path.stat().st_size for path in shipped) <= MOST
    with safe_open(WEIGHTS, "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118


def test_reading_a_sentence_imports_no_torch() -> None:
    program = (
        "import sys; from plugins.registry import encoder; encoder('starter').encode_texts(['a dog']);"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_it_sees_whole_pictures_or_parts_too_and_is_nothing_else() -> None:
    assert not registry.encoder("starter").sees_parts
    assert registry.encoder("starter:parts").sees_parts
    with pytest.raises(InvalidValue, match="starter:large: there are starter and starter:parts"):
        registry.encoder("starter:large")


def test_words_that_mean_nothing_to_it_are_refused(starter: StarterEncoder) -> None:
    with pytest.raises(NotUnderstood, match="starter does not know any word of 'zxqj wvkpt'"):
        starter.encode_texts(["a dog", "zxqj wvkpt"])
    with pytest.raises(NotUnderstood):
        starter.encode_texts(["show me this in the video"])


def test_unknown_words_beside_known_ones_do_not_matter(starter: StarterEncoder) -> None:
    plain, noisy = starter.encode_texts(["a dog", "a zxqj dog"])
    np.testing.assert_array_equal(plain, noisy)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("dog", "dog"),
        ("DOGS", "dogs"),
        ("a café", "a cafe"),
        ("red", "red"),
        ("dark street", "dark street"),
        ("puppy", "dog"),
        ("two puppies", "two dog"),
        ("automobile", "car"),
        ("a red automobile", "a red car"),
        ("lapdog", "lap dog"),
    ],
)
def test_what_is_read(vocabulary: Vocabulary, text: str, read: str) -> None:
    """Case, number and accents do not matter; kin instead of words without pictures; compounds in two."""
    assert vocabulary.understood(text) == read


@given(st.text(max_size=60))
def test_any_text_is_understood_in_part_or_refused(text: str) -> None:
    vocabulary = Vocabulary.load(HERE)
    try:
        understood = vocabulary.understood(text)
    except NotUnderstood:
        return
    assert set(split(text)) - FUNCTION_WORDS
    numbers = vocabulary.numbers([understood])
    assert 1 <= numbers.shape[1] <= LENGTH
    assert ((numbers > 0) & (numbers < len(vocabulary.pieces))).all()


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_pictures_keep_their_shape_and_get_one_area(width: int, height: int) -> None:
    wide, high = fitted(width, height)
    assert wide % STEP == high % STEP == 0
    assert 0.7 * SIDE**2 < wide * high < 1.4 * SIDE**2
    shape = min(max(width / height, 1 / WIDEST), WIDEST)
    assert wide / high == pytest.approx(shape, rel=0.3)


def test_each_of_many_pictures_gets_its_own_row(starter: StarterEncoder) -> None:
    """Of two shapes, and more than one batch of either."""
    random = np.random.default_rng(0)
    shapes = [(90, 160, 3), (160, 90, 3)]
    images = [random.integers(0, 255, shapes[at % 2]).astype(np.uint8) for at in range(80)]
    alone = np.concatenate([starter.encode_images([image]) for image in images])
    assert np.abs(starter.encode_images(images) - alone).max() < 1e-4


def test_the_text_tower_is_the_one_that_was_trained(vocabulary: Vocabulary) -> None:
    """numpy against torch, in one batch of texts of different length."""
    texts = [
        "dog",
        "a red car on a dark street",
        "lepidopteran",
        "two children playing with a ball in the snow",
    ]
    trained = text.TextTower(len(vocabulary.pieces))
    with safe_open(WEIGHTS, "pt") as file:
        mine = [name for name in file.keys() if name.startswith("text.")]  # noqa: SIM118
        trained.load_state_dict({name[5:]: file.get_tensor(name).float() for name in mine})
    with torch.inference_mode():
        expected = trained(torch.from_numpy(vocabulary.numbers(texts))).numpy()
    tower = TextTower.load(WEIGHTS)
    found = np.stack([tower(vocabulary.numbers([one])[0]) for one in texts])
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_folding_changes_nothing() -> None:
    torch.manual_seed(0)
    tower = PictureTower().eval()
    for module in tower.modules():
        if isinstance(module, Convolution):
            module[1].running_mean.uniform_(-1, 1)
            module[1].running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module[1].weight, 0.5, 1.5)
            torch.nn.init.uniform_(module[1].bias, -1, 1)
    pictures = torch.rand(2, 3, 64, 112)
    with torch.inference_mode():
        torch.testing.assert_close(fold(tower).eval()(pictures), tower(pictures), rtol=1e-3, atol=1e-3)


def test_colours_and_shapes_compose(starter: StarterEncoder) -> None:
    """Four colours by three shapes, each asked for by name."""
    random = Random(5)
    pairs = [(c, s) for c in ("red", "green", "blue", "yellow") for s in ("circle", "square", "triangle")]
    boards = [Scene("white", (Thing(shape, colour, 0.5, 0.5, 0.3),)) for colour, shape in pairs]
    seen = _unit(starter.encode_images([draw(board, 160, random) for board in boards]))
    asked = _unit(starter.encode_texts([f"a {colour} {shape}" for colour, shape in pairs]))
    right = (asked @ seen.T).argmax(axis=1) == np.arange(len(pairs))
    assert right.mean() >= 0.75, [pair for pair, one in zip(pairs, right, strict=True) if not one]


def _unit(rows: Matrix) -> Matrix:
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
