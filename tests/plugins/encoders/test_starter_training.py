"""How ``starter`` is trained: what is true of pictures, how they look, and a small run from end to end."""

from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from torch import Tensor
from torch.nn.functional import normalize

from plugins.encoders.starter import network, reading
from plugins.encoders.starter.training import captions, drawn, kin, pictures, sentences, train, vocabulary
from plugins.encoders.starter.training.concepts import CONTEXT, FALSE, PHRASE, TRUE, UNKNOWN, Concepts
from plugins.encoders.starter.training.drawn import SHAPES, Scene, Thing
from plugins.encoders.starter.training.export import export
from plugins.encoders.starter.training.looks import COLOURS, LOOKS, crop, jitter, looks
from plugins.encoders.starter.training.phrases import (
    Phrase,
    drawn_phrases,
    photograph_phrases,
    photograph_truth,
)
from plugins.encoders.starter.training.questions import NEVER, WITHHELD
from plugins.encoders.starter.training.train import Plan, Trainer, contrastive
from plugins.encoders.starter.training.wordnet import PERSON, PHYSICAL, WordNet
from plugins.encoders.starter.words import INSIDE, PAD, Vocabulary, split
from plugins.encoders.starter.words import UNKNOWN as UNREAD

WORDNET = Path("/usr/share/wordnet")
ENTITY, ABSTRACTION, ANIMAL, FELINE = "n00001740", "n00002137", "n00015388", "n02120997"
CAT, TABBY, KITTEN, DOG, PUPPY, LAPDOG = (
    "n02121620", "n02123045", "n02122298", "n02084071", "n01322604", "n02085272",
)  # fmt: skip
VEHICLE, CAR, HATCHBACK, PLANT, GUY = "n04524313", "n02958343", "n03498441", "n00017222", "n10153414"
MEANINGS = {
    ENTITY: ("entity", ""),
    ABSTRACTION: ("abstraction abstract_entity", ENTITY),
    PHYSICAL: ("physical_entity", ENTITY),
    ANIMAL: ("animal animate_being beast", PHYSICAL),
    FELINE: ("feline felid", ANIMAL),
    CAT: ("cat true_cat", FELINE),
    TABBY: ("tabby tabby_cat", CAT),
    KITTEN: ("kitten kitty", CAT),
    DOG: ("dog domestic_dog Canis_familiaris", ANIMAL),
    PUPPY: ("puppy", DOG),
    LAPDOG: ("lapdog toy", DOG),
    VEHICLE: ("vehicle", PHYSICAL),
    CAR: ("car auto automobile motorcar", VEHICLE),
    HATCHBACK: ("hatchback", CAR),
    PERSON: ("person", PHYSICAL),
    GUY: ("guy cat", PERSON),
    PLANT: ("plant flora", PHYSICAL),
    **{one: (f"{word}_nearby", PHYSICAL) for one, word in CONTEXT.items() if one not in (PERSON, PLANT)},
}
"""words and what is above, for each meaning; what `concepts.CONTEXT` names must be there"""
SEEDS = st.integers(0, 2**32 - 1)


def write_wordnet(folder: Path) -> None:
    """`MEANINGS` as wndb(5WN) has them; the first word of each occurs in the tagged corpus."""
    licence = "  1 This software and database is being provided to you, the LICENSEE, by  \n"
    senses: dict[str, list[str]] = {}
    tagged: dict[str, int] = {}
    data = []
    for number, (words, above) in MEANINGS.items():
        names = words.split()
        below = [one for one, (_, over) in MEANINGS.items() if over == number]
        pointers = [f"{'@i' if number == TABBY else '@'} {above[1:]} n 0000"] if above else []
        pointers += [f"~ {one[1:]} n 0000" for one in below]
        listed = " ".join(f"{name} 0" for name in names)
        entry = f"{number[1:]} 05 n {len(names):02x} {listed} {len(pointers):03d} {' '.join(pointers)}"
        data.append(f"{entry} | a {names[0]}, (as they say); or so  \n")
        for place, name in enumerate(names):
            senses.setdefault(name.lower(), []).append(number[1:])
            tagged[name.lower()] = tagged.get(name.lower(), 0) + (place == 0)
    index = [
        f"{name} n {len(found)} 2 @ ~ {len(found)} {tagged[name]} {' '.join(found)}  \n"
        for name, found in sorted(senses.items())
    ]
    (folder / "data.noun").write_text(licence + "".join(data))
    (folder / "index.noun").write_text(licence + "".join(index))
    (folder / "noun.exc").write_text("geese goose\nattorneys_general attorney_general\nmenfolk man\n")


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory: pytest.TempPathFactory) -> WordNet:
    folder = tmp_path_factory.mktemp("wordnet")
    write_wordnet(folder)
    return WordNet(folder)


KINDS = ((TABBY,), (CAT,), (CAR,), (PERSON, f"{PHRASE}riding a bike"), (DOG, PERSON))


@pytest.fixture(scope="module")
def concepts(wordnet: WordNet) -> Concepts:
    """Kinds in the order of `KINDS`; of cats it is said that there is nothing else in the picture."""
    return Concepts(wordnet, KINDS, [kind == (CAT,) for kind in KINDS])


class TestWordNet:
    def test_meanings_and_their_words(self, wordnet: WordNet) -> None:
        assert set(wordnet.synsets) == set(MEANINGS)
        assert wordnet.synsets[DOG].lemmas == ("dog", "domestic dog", "Canis familiaris")
        assert wordnet.synsets[ENTITY].hypernyms == ()
        assert wordnet.synsets[DOG].gloss == "a dog, (as they say); or so"
        assert wordnet.senses["cat"] == (CAT, GUY)
        assert wordnet.senses["canis familiaris"] == (DOG,)
        assert (wordnet.tagged["cat"], wordnet.tagged["true cat"]) == (1, 0)
        assert wordnet.plurals == {
            "geese": "goose", "attorneys general": "attorney general", "menfolk": "man",
        }  # fmt: skip

    def test_what_is_above_and_below(self, wordnet: WordNet) -> None:
        assert wordnet.ancestors(TABBY) == {TABBY, CAT, FELINE, ANIMAL, PHYSICAL, ENTITY}
        assert wordnet.descendants(FELINE) == {FELINE, CAT, TABBY, KITTEN}
        assert wordnet.physical == set(MEANINGS) - {ENTITY, ABSTRACTION}

    def test_what_can_be_seen(self, wordnet: WordNet) -> None:
        assert wordnet.visible("cat") == [CAT, GUY]
        assert wordnet.visible("cat", 1) == [CAT]
        assert wordnet.visible("abstraction") == wordnet.visible("zxqj") == []

    @pytest.mark.skipif(not WORDNET.is_dir(), reason="needs Debian's wordnet-base")
    def test_the_real_one(self) -> None:
        real = WordNet(WORDNET)
        assert len(real.synsets) == 82115
        assert real.senses["dog"][0] == DOG
        assert {ANIMAL, PHYSICAL} < real.ancestors(DOG)
        assert real.plurals["children"] == "child"
        assert set(MEANINGS) <= set(real.synsets)


class TestConcepts:
    def test_what_is_true_of_a_picture(self, concepts: Concepts) -> None:
        tabby = dict(zip((word.text for word in concepts.words), concepts.truth[0].tolist(), strict=True))
        assert {tabby[word] for word in ("tabby", "tabby cat", "cat", "felid", "animal", "beast")} == {TRUE}
        assert {tabby[word] for word in ("car", "dog", "vehicle", "riding a bike")} == {FALSE}

    @pytest.mark.parametrize(
        ("kind", "word", "truth"),
        [
            ((CAT,), "tabby", UNKNOWN),  # which cat the label leaves open
            ((CAT,), "kitty", TRUE),  # has no pictures of its own and passes for them
            ((CAT,), "person", FALSE),  # these pictures are complete
            ((TABBY,), "person", UNKNOWN),  # these may show somebody
            ((CAR,), "hatchback", TRUE),
            ((CAR,), "kitty", FALSE),
            ((PERSON, "~riding a bike"), "riding a bike", TRUE),
            ((DOG, PERSON), "riding a bike", UNKNOWN),  # somebody may do anything
            ((DOG, PERSON), "person", TRUE),
            ((DOG, PERSON), "animal", TRUE),
        ],
    )
    def test_what_labels_leave_open(
        self, concepts: Concepts, kind: tuple[str, ...], word: str, truth: int
    ) -> None:
        assert concepts.truth[KINDS.index(kind), concepts.index[word]] == truth

    @pytest.mark.skipif(not WORDNET.is_dir(), reason="needs Debian's wordnet-base")
    def test_only_everyday_things_are_left_open(self) -> None:
        """A banister is a structure, as a house is; left open for every picture it came to fit them all."""
        goldfish, banister = "n01443537", "n02788148"
        real = Concepts(WordNet(WORDNET), [(goldfish,), (banister,)], [False, False])
        of_goldfish = {word.text: truth for word, truth in zip(real.words, real.truth[0], strict=True)}
        assert of_goldfish["banister"] == FALSE
        assert of_goldfish["barrier"] == UNKNOWN  # a wall is one

    def test_words_that_nobody_uses_of_pictures(self, concepts: Concepts) -> None:
        words = set(concepts.index)
        assert not words & {"canis familiaris", "h2o", "entity", "physical entity", "abstraction"}
        assert {"cat", "felid", "domestic dog"} <= words

    def test_withheld_words_are_no_words_of_pictures(self, concepts: Concepts) -> None:
        assert {"feline", "automobile", "kitten", "puppy"} <= WITHHELD
        assert "lapdog" in NEVER
        assert [w.text for w in concepts.words if {*split(w.text)} & (WITHHELD | NEVER)] == []

    def test_words_are_drawn_from_what_is_true(self, concepts: Concepts) -> None:
        assert [concepts.words[at].text for at in concepts.own[0]] == ["tabby", "tabby cat"]
        proxies = {
            label: {concepts.words[at].text for at in found} for label, found in concepts.proxies.items()
        }
        assert proxies == {CAT: {"kitty"}, CAR: {"hatchback"}, DOG: {"toy"}, PERSON: {"guy"}}
        for kind in range(len(KINDS)):
            words, chances = concepts.wider(kind)
            assert (concepts.truth[kind, words] == TRUE).all()
            assert not {*words.tolist()} & {*concepts.own[kind]}
            assert (np.diff(chances) > 0).all()
            assert chances[-1:] == pytest.approx(1)

    def test_what_two_pictures_have_in_common(self, concepts: Concepts) -> None:
        assert concepts.covered(4, np.arange(len(KINDS))).tolist() == [0, 0, 0, 0.5, 1]
        assert concepts.covered(1, np.arange(len(KINDS))).tolist() == [1, 1, 0, 0, 0]


def plain(colour: tuple[int, int, int]) -> Tensor:
    """A picture of one colour, float (1, 3, 32, 32)."""
    return (torch.tensor(colour) / 255).view(1, 3, 1, 1).expand(1, 3, 32, 32)


def named(images: Tensor) -> set[str]:
    """What is TRUE of the first picture, or may be."""
    judged = dict(zip(LOOKS, looks(images)[0].tolist(), strict=True))
    return {name for name, truth in judged.items() if truth != FALSE}


class TestLooks:
    @pytest.mark.parametrize(("colour", "paint"), [(c, p) for c in COLOURS for p in drawn.COLOURS[c]])
    def test_a_paint_has_its_name_and_no_other(self, colour: str, paint: tuple[int, int, int]) -> None:
        assert named(plain(paint)) & {*COLOURS} == {colour}

    @given(st.tuples(*[st.integers(0, 255)] * 3))
    def test_a_plain_picture_has_one_colour(self, paint: tuple[int, int, int]) -> None:
        judged = looks(plain(paint))[0, : len(COLOURS)]
        assert sorted(judged.tolist()) == [FALSE] * (len(COLOURS) - 1) + [TRUE]

    @pytest.mark.parametrize(
        ("paint", "lights"),
        [
            ((10, 10, 10), {"dark", "black and white"}),
            ((250, 250, 250), {"bright", "black and white"}),
            ((128, 128, 128), {"black and white"}),
            ((240, 120, 30), set()),
            ((60, 0, 0), {"dark"}),
            ((255, 255, 120), {"bright"}),
        ],
    )
    def test_light(self, paint: tuple[int, int, int], lights: set[str]) -> None:
        assert named(plain(paint)) - {*COLOURS} == lights

    def test_a_little_of_a_colour_leaves_it_open(self) -> None:
        image = plain((220, 20, 20)).clone()
        image[..., :8, :] = plain((20, 50, 210))[..., :8, :]
        judged = looks(image)[0]
        assert judged[LOOKS.index("red")] == TRUE
        assert judged[LOOKS.index("blue")] == UNKNOWN
        assert judged[LOOKS.index("green")] == FALSE

    @settings(max_examples=20)
    @given(SEEDS, st.sampled_from([40, 56]), st.floats(0.2, 1), st.booleans())
    def test_a_crop_is_a_piece(self, seed: int, side: int, least: float, flip: bool) -> None:
        torch.manual_seed(seed)
        images = torch.randint(0, 256, (3, 48, 48, 3), dtype=torch.uint8)
        images[2] = torch.tensor([10, 120, 230], dtype=torch.uint8)
        pieces = crop(images, side, least, flip)
        assert pieces.shape == (3, 3, side, side)
        assert -1e-5 <= float(pieces.min()) <= float(pieces.max()) <= 1 + 1e-5
        torch.testing.assert_close(pieces[2], plain((10, 120, 230))[0, :, :1, :1].expand(3, side, side))

    @settings(max_examples=20)
    @given(SEEDS)
    def test_jitter_stays_in_range(self, seed: int) -> None:
        torch.manual_seed(seed)
        images = torch.rand(8, 3, 40, 40)
        changed = jitter(images)
        assert changed.shape == images.shape
        assert 0 <= float(changed.min()) <= float(changed.max()) <= 1
        assert not torch.equal(changed, images)


class TestDrawn:
    @given(SEEDS)
    def test_scenes_are_the_same_for_one_seed(self, seed: int) -> None:
        first, again = (list(islice(drawn.scenes(seed), 5)) for _ in range(2))
        assert first == again
        for scene in first:
            assert scene.ground not in {thing.colour for thing in scene.things}
            for thing in scene.things:
                assert thing.radius <= thing.x <= 1 - thing.radius
                assert thing.radius <= thing.y <= 1 - thing.radius

    def test_every_shape_in_every_colour(self) -> None:
        assert set(COLOURS) == set(drawn.COLOURS)
        for shape, colour in product(SHAPES, COLOURS):
            ground = "white" if colour != "white" else "black"
            scene = Scene(ground, (Thing(shape, colour, 0.4, 0.5, 0.3),))
            picture = drawn.draw(scene, 60, Random(1))
            assert picture.shape == (60, 60, 3)
            middle, rim = (tuple(picture[30, at].tolist()) in drawn.COLOURS[colour] for at in (24, 9))
            assert (rim and not middle) if shape == "ring" else middle, (shape, colour)


CIRCLE = Thing("circle", "red", 0.25, 0.5, 0.15)
SQUARE = Thing("square", "blue", 0.7, 0.45, 0.15)
SCENES = (
    Scene("white", (CIRCLE, SQUARE)),
    Scene("white", (replace(CIRCLE, x=0.8), replace(SQUARE, x=0.3))),
    Scene("grey", (CIRCLE, replace(CIRCLE, x=0.75, colour="green"))),
    Scene("black", (replace(CIRCLE, radius=0.3),)),
)


class TestPhrases:
    @given(SEEDS)
    def test_drawn_phrases_are_true_of_their_scene(self, seed: int) -> None:
        scenes = list(islice(drawn.scenes(seed), 6))
        texts, truth = drawn_phrases(scenes, Random(seed), 3)
        assert truth.shape == (6, 18) == (6, len(texts))
        for at, told in enumerate(texts):
            assert truth[at // 3, at] == TRUE, told

    @pytest.mark.parametrize(
        ("told", "truth"),
        [
            ("red circle", [1, 1, 1, 1]),
            ("blue square", [1, 1, 0, 0]),
            ("red circle on white background", [1, 1, 0, 0]),
            ("red circle on the left", [1, 0, 1, 1]),
            ("red circle left of blue square", [1, 0, 0, 0]),
            ("blue square left of red circle", [0, 1, 0, 0]),
            ("red circle and blue square", [1, 1, 0, 0]),
            ("two circles", [0, 0, 1, 0]),
            ("one circle", [1, 1, 0, 1]),
        ],
    )
    def test_what_is_true_of_drawn_scenes(self, told: str, truth: list[int]) -> None:
        texts, table = drawn_phrases(SCENES, Random(0), 150)
        columns = [table[:, at].tolist() for at, one in enumerate(texts) if one == told]
        assert columns
        assert all(column == truth for column in columns)

    def test_a_look_and_a_word_are_both_needed(self, concepts: Concepts) -> None:
        of_word = {TRUE: 0, UNKNOWN: 1, FALSE: 2}
        pairs = list(product(of_word, (TRUE, UNKNOWN, FALSE)))
        kinds = np.array([*(of_word[word] for word, _ in pairs), -1])
        seen = np.zeros((len(kinds), len(LOOKS)), np.int8)
        red, tabby = LOOKS.index("red"), concepts.index["tabby"]
        seen[:, red] = [*(look for _, look in pairs), TRUE]
        asked = [Phrase("red tabby", red, tabby), Phrase("tabby", None, tabby), Phrase("red", red, None)]
        both, word, look = photograph_truth(concepts, asked, kinds, seen).T.tolist()
        assert word == [*(word for word, _ in pairs), FALSE]
        assert look == seen[:, red].tolist()
        for found, pair in zip(both[:-1], pairs, strict=True):
            assert found == (TRUE if pair == (TRUE, TRUE) else FALSE if FALSE in pair else UNKNOWN)
        assert both[-1] == FALSE  # a drawing shows no thing

    def test_a_caption_is_true_of_its_picture_and_may_be_of_one_like_it(self, concepts: Concepts) -> None:
        kinds, seen = np.array([4, 4, 1, -1]), np.zeros((4, len(LOOKS)), np.int8)
        caption = Phrase("a man with his dog", None, None, of=0)
        truth = photograph_truth(concepts, [caption], kinds, seen)
        assert truth.T.tolist() == [[TRUE, UNKNOWN, FALSE, FALSE]]

    @given(
        SEEDS,
        st.integers(0, len(KINDS) - 1),
        st.lists(st.sampled_from([TRUE, FALSE, UNKNOWN]), min_size=len(LOOKS), max_size=len(LOOKS)),
    )
    def test_photograph_phrases_are_true_of_their_picture(
        self, concepts: Concepts, seed: int, kind: int, seen: list[int]
    ) -> None:
        kinds, rows = np.array([kind, -1]), np.array([seen, seen], np.int8)
        made = photograph_phrases(concepts, kinds, rows, [("as seen",), ()], Random(seed), 4)
        assert [phrase.text for phrase in made if phrase.of is not None] == ["as seen"]
        assert len(made) == 5
        assert (photograph_truth(concepts, made, kinds, rows)[0] == TRUE).all()


class TestWords:
    def test_what_is_imitated_never_has_a_word_of_the_examination(self, wordnet: WordNet) -> None:
        texts = sentences.strings(wordnet)
        assert len(texts) == len({*texts})
        assert {"cat", "tabby cat", "cats", "puppy", "automobile", "a cat, as they say"} <= {*texts}
        assert not {"abstraction", "geese"} & {*texts}
        assert [told for told in texts if {*split(told)} & NEVER] == []

    @pytest.mark.parametrize(
        ("one", "many"),
        [("dog", "dogs"), ("bus", "buses"), ("puppy", "puppies"), ("toy", "toys"), ("box", "boxes")],
    )
    def test_plurals(self, one: str, many: str) -> None:
        assert sentences.plural(one) == many

    def test_the_vocabulary(self, wordnet: WordNet, concepts: Concepts, tmp_path: Path) -> None:
        pytest.importorskip("tokenizers")
        paired = [word.text for word in concepts.words]
        texts = sentences.strings(wordnet)[:500]
        vocabulary.write_pieces(wordnet, texts, paired, tmp_path)
        taught = np.eye(len(texts), sentences.DIM, dtype=np.float16)
        made = vocabulary.write_words(concepts, paired, texts, taught, tmp_path)
        assert made.pieces[:2] == [PAD, UNREAD]
        assert {"cat", "bike", "tabby"} <= set(made.words)
        assert "abstraction" not in made.words
        assert (made.numbers([*paired, "automobile"]) != made.pieces.index(UNREAD)).all()


CAPTIONS = """image,caption
1.jpg,"A Cat , and a tabby  ."
1.jpg,A puppy sleeps .
2.jpg,The automobiles are red
3.jpg,Two people with a dog .
"""


class TestCaptions:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        often = "".join(
            f"{number}.jpg,A cat and two dogs and two people .\n" for number in range(4, 4 + captions.LEAST)
        )
        (tmp_path / "captions.txt").write_text(CAPTIONS + often)
        return tmp_path

    def test_withheld_sentences_are_dropped(self, root: Path) -> None:
        found = captions.sentences(root)
        assert found["1.jpg"] == ("a cat , and a tabby",)
        assert "2.jpg" not in found
        assert len(found) == 2 + captions.LEAST

    def test_things_that_sentences_name_often(self, root: Path, wordnet: WordNet) -> None:
        found = captions.things(root, wordnet)
        assert found["1.jpg"] == (CAT,)  # tabby is too seldom
        assert found["3.jpg"] == (PERSON,)
        assert found["4.jpg"] == tuple(sorted((CAT, DOG, PERSON)))

    def test_words_and_their_meanings(self, wordnet: WordNet) -> None:
        assert captions.singular("tabbies", wordnet) == "tabby"
        assert captions.singular("geese", wordnet) == "goose"
        assert captions.meaning("cats", wordnet) == CAT
        assert captions.meaning("people", wordnet) == PERSON
        for word in ("top", "abstraction", "felid", "zxqj"):  # no thing, unseen, unusual, unknown
            assert captions.meaning(word, wordnet) is None


def test_what_is_right_must_rise_and_what_is_unknown_does_not_matter() -> None:
    torch.manual_seed(0)
    truth = torch.full((5, 5), FALSE, dtype=torch.int8)
    truth[0, 1] = truth[3, 2] = UNKNOWN
    truth.fill_diagonal_(TRUE)
    logits = torch.randn(5, 5)
    loss = contrastive(logits, truth)
    assert contrastive(logits + (truth == TRUE).float(), truth) < loss
    assert contrastive(logits + (truth == FALSE).float(), truth) > loss
    torch.testing.assert_close(contrastive(logits + 9 * (truth == UNKNOWN).float(), truth), loss)
    assert contrastive(50.0 * (truth == TRUE).float(), truth) < 1e-6


# pictures are read in processes that are forked, which Python 3.12 remarks on
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
class TestRun:
    """A run on drawings that pass for photographs."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        shapes = {TABBY: "star", CAR: "rectangle", DOG: "heart"}
        for number, (label, shape) in product(range(26), shapes.items()):
            scene = Scene("white", (Thing(shape, COLOURS[number % 8], 0.5, 0.5, 0.4),))
            path = tmp_path / "data" / "tiny-imagenet" / "train" / label / "images" / f"{number:02}.JPEG"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn.draw(scene, 64, Random(number))).save(path)
        path.write_bytes(b"damaged")
        told = tmp_path / "data" / "flickr8k" / "data" / "images"
        told.mkdir(parents=True)
        for number in range(captions.LEAST):
            Image.fromarray(drawn.draw(SCENES[0], 90, Random(number))).save(told / f"{number}.jpg")
        lines = "".join(f"{number}.jpg,A cat sees a dog\n" for number in range(captions.LEAST))
        (told.parent.parent / "captions.txt").write_text(f"image,caption\n{lines}")
        return tmp_path / "data"

    def trainer(self, data: Path, wordnet: WordNet, steps: int) -> Trainer:
        out = data.parent / "out"
        out.mkdir(exist_ok=True)
        library = pictures.load(data, out, wordnet)
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        pieces = [PAD, UNREAD, *letters, *(INSIDE + letter for letter in letters)]
        (out / "pieces.txt").write_text("\n".join(pieces))
        (out / "words.txt").write_text("cat\ndog\n")
        texts = sentences.strings(wordnet)[:300]
        taught = normalize(torch.randn(300, sentences.DIM)).numpy().astype(np.float16)
        concepts = Concepts(wordnet, library.kinds, library.complete)
        plan = Plan(steps, 2, 40, 1e-3, "cpu", out)
        return Trainer(plan, library, concepts, Vocabulary.load(out), texts, taught)

    def test_what_is_read_for_it(self, data: Path, wordnet: WordNet) -> None:
        for again in range(2):  # the second time from what the first has kept
            learned, held_back = (pictures.load(data, data, wordnet, held) for held in (False, True))
            classes, told = learned.sources
            assert (classes.source.folder, told.source.folder) == ("tiny-imagenet", "flickr8k"), again
            assert classes.images.shape == (74, 64, 64, 3)
            assert [len(one.images) for one in held_back.sources] == [3, 0]
            assert learned.kinds == ((DOG,), (TABBY,), (CAR,), (DOG, CAT))
            assert learned.classes == 3
            assert told.sentences == (("a cat sees a dog",),) * captions.LEAST
            assert pictures.weights(learned).sum() == pytest.approx(1)

    @pytest.mark.long
    def test_from_pictures_to_an_encoder(
        self,
        data: Path,
        wordnet: WordNet,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(train, "DRAWN_KEPT", 40)
        torch.manual_seed(0)
        self.trainer(data, wordnet, 2).run()
        assert "goes on" not in capsys.readouterr().out
        trainer = self.trainer(data, wordnet, 4)
        trainer.run()
        assert "goes on at step 2" in capsys.readouterr().out
        assert trainer.step == 4
        assert all(np.isfinite(value) for value in trainer.seen.values())

        weights = export(tmp_path / "out", tmp_path)
        with safe_open(weights, "pt") as file:
            assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118
        model = train.Model(len(trainer.vocabulary.pieces), trainer.library.classes).eval()
        model.load_state_dict(trainer.average)
        images = torch.from_numpy(trainer.library.sources[0].images[:8]).permute(0, 3, 1, 2) / 255
        known = Vocabulary.load(tmp_path)
        texts = ["cat", "a red tabby cat on a car"]
        tower = reading.TextTower.load(weights)
        with torch.inference_mode():
            assert apart(network.load(weights)(images), model.picture(images)) < 2e-2
            read = np.stack([tower(known.numbers([told])[0]) for told in texts])
            assert apart(torch.from_numpy(read), model.text(torch.from_numpy(known.numbers(texts)))) < 1e-2


class TestKin:
    """Words without pictures, and what is read for them."""

    @pytest.fixture
    def texts(self, wordnet: WordNet) -> list[str]:
        return sentences.strings(wordnet)

    @pytest.fixture
    def taught(self, texts: list[str]) -> NDArray[np.float16]:
        """Every text is like itself alone, but a hatchback is like a vehicle, and not at all like a car."""
        rows = np.eye(len(texts), sentences.DIM, dtype=np.float16)
        rows[texts.index("hatchback")] = (
            0.5 * rows[texts.index("vehicle")] + 0.5 * rows[texts.index("hatchback")]
        )
        return rows

    def test_kin_by_meaning_and_by_likeness(
        self, concepts: Concepts, texts: list[str], taught: NDArray[np.float16]
    ) -> None:
        found = kin.nearest(concepts, ["hatchback", "guy", "unheard"], texts, taught)
        assert found == {"hatchback": "vehicle"}, "nothing with pictures is like a guy"


def apart(found: Tensor, expected: Tensor) -> float:
    """How far vectors are from what they should be, against their length."""
    return float((found - expected).norm(dim=1).max() / expected.norm(dim=1).min())
