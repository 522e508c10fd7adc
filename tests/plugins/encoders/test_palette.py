"""What palette finds by which words, on pictures whose content is known."""

import hashlib

import numpy as np
import pytest

from plugins.contracts import Encoder
from plugins.encoders._colour_words import MOODS, PLACES, SYNONYMS, THINGS
from plugins.encoders._colours import COLOURS, SHADES, colour_of
from plugins.encoders.palette import PaletteEncoder
from plugins.errors import NotUnderstood
from plugins.testing import EncoderContract, pictures
from plugins.values import Image, Vectors

RED, GREEN, BLUE = (200, 25, 30), (60, 140, 50), (40, 90, 200)
GREY, WHITE, BLACK = (128, 128, 128), (250, 250, 250), (4, 4, 4)
Colour = tuple[int, int, int]


class TestPalette(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return PaletteEncoder(reference="palette")


def plain(colour: Colour) -> Image:
    return np.full((90, 160, 3), colour, np.uint8)


def halves(left: Colour, right: Colour) -> Image:
    image = plain(left)
    image[:, 80:] = right
    return image


def spot(colour: Colour, around: Colour) -> Image:
    image = plain(around)
    image[28:62, 50:110] = colour
    return image


def grey_scale(low: int = 5, high: int = 245) -> Image:
    ramp = np.linspace(low, high, 160).astype(np.uint8)
    return np.broadcast_to(ramp[None, :, None], (90, 160, 3)).copy()


def noisy(image: Image) -> Image:
    noise = np.random.default_rng(1).normal(0, 20, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


LIBRARY: dict[str, Image] = {
    "red": plain(RED),
    "dark red": plain((90, 10, 14)),
    "green": plain(GREEN),
    "dark green": plain((20, 60, 25)),
    "blue": plain(BLUE),
    "light blue": plain((150, 200, 240)),
    "turquoise": plain((60, 210, 200)),
    "yellow": plain((245, 220, 30)),
    "orange": plain((245, 135, 20)),
    "brown": plain((115, 70, 40)),
    "beige": plain((222, 205, 175)),
    "pink": plain((250, 130, 175)),
    "purple": plain((130, 45, 170)),
    "grey": plain(GREY),
    "white": plain(WHITE),
    "black": plain(BLACK),
    "grey scale": grey_scale(),
    "red then green": halves(RED, GREEN),
    "green then red": halves(GREEN, RED),
    "sky": np.concatenate([plain(BLUE), plain(GREEN)]),
    "lake": np.concatenate([plain(GREEN), plain(BLUE)]),
    "flower": spot(RED, GREEN),
    "night": np.concatenate([grey_scale(0, 12), *[plain(BLACK)] * 4, spot((250, 230, 160), BLACK)]),
    "noise": np.random.default_rng(2).integers(0, 256, (90, 160, 3), dtype=np.uint8),
}


def best(text: str) -> str:
    """The picture of the library that a sentence finds first."""
    encoder = PaletteEncoder()
    rows = Vectors.normalised(encoder.space, encoder.encode_images(list(LIBRARY.values())))
    query = Vectors.normalised(encoder.space, encoder.encode_texts([text]))
    return list(LIBRARY)[int(np.argmax(rows.data @ query.data[0]))]


@pytest.mark.parametrize(
    "name",
    sorted({*COLOURS} & {*LIBRARY}),
)
def test_a_colour_finds_itself(name: str) -> None:
    assert best(f"something {name}") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dark green leaves", "dark green"),
        ("light blue", "light blue"),
        ("a deep red curtain", "dark red"),
        ("navy and crimson", "red"),
        ("violet", "purple"),
        ("cyan", "turquoise"),
        ("black and white", "grey scale"),
        ("an old black & white film", "grey scale"),
        ("B/W", "grey scale"),
        ("red on the left, green on the right", "red then green"),
        ("green on the left and red on the right", "green then red"),
        ("on the left, something red, on the right something green", "red then green"),
        ("blue sky over green hills", "sky"),
        ("green at the top, blue at the bottom", "lake"),
        ("a red flower", "flower"),
        ("red roses", "flower"),
        ("city lights at night", "night"),
        ("DARK", "black"),
        ("reddish", "red"),
        ("yellowish", "yellow"),
        ("snow", "white"),
    ],
)
def test_a_sentence_finds_its_picture(text: str, name: str) -> None:
    assert best(text) == name


def test_black_and_white_is_not_a_plain_frame() -> None:
    encoder = PaletteEncoder()
    frames = [grey_scale(), plain(BLACK), plain(WHITE), plain(GREY), halves(BLUE, GREEN)]
    scores = encoder.encode_images(frames) @ encoder.encode_texts(["black and white"])[0]
    assert scores[0] > 1.3 * scores[1:].max()


def test_pixel_noise_changes_little() -> None:
    encoder = PaletteEncoder()
    for small in (plain(RED), halves(GREEN, BLUE), grey_scale()):
        image = small.repeat(4, axis=0).repeat(4, axis=1)
        clean, dirty = Vectors.normalised(encoder.space, encoder.encode_images([image, noisy(image)])).data
        assert clean @ dirty > 0.9


def test_more_of_a_colour_scores_higher() -> None:
    encoder = PaletteEncoder()
    frames = [plain(GREY) for _ in range(8)]
    for share, frame in enumerate(frames):
        frame[: share * 10] = RED
    scores = encoder.encode_images(frames) @ encoder.encode_texts(["red"])[0]
    assert (np.diff(scores) > 0).all()


@pytest.mark.parametrize(
    "text", ["", "   ", "quantum chromodynamics", "東京", "on the left", "a flower", "?!"]
)
def test_a_sentence_without_a_known_word_is_not_understood(text: str) -> None:
    with pytest.raises(NotUnderstood, match=r"red, pink.*black and white.*left") as caught:
        PaletteEncoder().encode_texts(["red", text])
    assert "\n" not in str(caught.value)


def test_unknown_words_change_nothing() -> None:
    encoder = PaletteEncoder()
    bare, wordy = encoder.encode_texts(["green hills", "the ineffably green hills of Elbonia"])
    np.testing.assert_array_equal(bare, wordy)


def test_every_word_leads_to_something_known() -> None:
    known = {*COLOURS, *SHADES, *MOODS, *PLACES, *THINGS}
    assert set(SYNONYMS.values()) <= known
    assert {colour_of(shade) for shade in SHADES} == set(COLOURS)
    for thing in THINGS.values():
        assert {thing.colour, thing.among} <= {"", *COLOURS, *SHADES}
        assert thing.place in PLACES
    for word in SYNONYMS:
        assert word not in known, f"{word} would shadow a name"


def test_revision_is_of_these_vectors() -> None:
    """Whoever changes what a picture or a sentence gets must change the revision, then this digest."""
    encoder = PaletteEncoder()
    rows = np.concatenate(
        [encoder.encode_images(pictures()), encoder.encode_texts(["red", "dark green sky"])]
    )
    digest = hashlib.blake2b(np.round(rows, 2).tobytes(), digest_size=6).hexdigest()
    assert (encoder.revision, digest) == ("1", "996b74fbbbea")
