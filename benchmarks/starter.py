"""``python -m benchmarks.starter DATA --videos FOLDER``: the examination of ``starter``.

Prints the table of the model card and writes it there.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from benchmarks import yardsticks
from plugins.encoders.starter.encoder import HERE, StarterEncoder
from plugins.encoders.starter.training import captions
from plugins.encoders.starter.training.drawn import COLOURS, SHAPES, Scene, Thing, draw
from plugins.encoders.starter.training.questions import GENERAL, UNMET, UNPAIRED
from plugins.encoders.starter.training.wordnet import WordNet
from plugins.queries import Hit
from plugins.values import Image as Picture
from plugins.values import Matrix

FIRST = 10
"""pictures of an answer that are judged"""
BOARDS = 50
"""sets of twelve drawn pictures"""
SEED = 10_001
"""of the drawings; training has another"""
NO_NOUNS = {"behind", "cutting", "opening", "film"}
"""words of the captions that WordNet has among things, and that are not meant so"""
CARD = HERE / "MODEL_CARD.md"
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    test: str
    goal: str
    figure: str
    yardstick: str


def main() -> None:
    options = _options()
    wordnet, encoder = WordNet(options.wordnet), StarterEncoder(reference="starter")
    rows = [*photographs(encoder, options.data / "tiny-imagenet", wordnet)]
    if options.videos:
        rows.append(videos(options.videos, options.teacher, wordnet))
    rows += [drawings(encoder), *speed(encoder)]
    table = "\n".join(
        ["| test | goal | measured | yardstick |", "| --- | --- | --- | --- |"]
        + [f"| {row.test} | {row.goal} | {row.figure} | {row.yardstick} |" for row in rows]
    )
    print(table)
    text = CARD.read_text("utf-8")
    inside = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    CARD.write_text(inside.sub(lambda _: f"{BEGIN}\n{table}\n{END}", text), "utf-8")


def photographs(encoder: StarterEncoder, folder: Path, wordnet: WordNet) -> Iterator[Row]:
    """The validation pictures of Tiny-ImageNet, asked for in four ways."""
    lines = [line.split()[:2] for line in (folder / "val" / "val_annotations.txt").read_text().splitlines()]
    labels = np.array([label for _, label in lines])
    pictures = [np.asarray(Image.open(folder / "val" / "images" / name).convert("RGB")) for name, _ in lines]
    seen = unit(encoder.encode_images(pictures))
    classes = sorted(set(labels))
    chance = f"chance {1 / len(classes):.3f}"

    def asked(questions: Mapping[str, tuple[str, ...]]) -> str:
        found = precisions(encoder, seen, labels, questions, wordnet)
        worst = ", ".join(
            f"{word} {value:.1f}" for word, value in sorted(found.items(), key=lambda i: i[1])[:5]
        )
        print(f"{len(questions)} questions, the five worst: {worst}", flush=True)
        return f"{np.mean(list(found.values())):.3f}"

    names = {wordnet.synsets[label].lemmas[0].lower(): (label,) for label in classes}
    yield Row(
        f"Tiny-ImageNet validation, {len(names)} class names, precision at 10", "0.60", asked(names), chance
    )
    yield Row(f"the same pictures, {len(GENERAL)} general words that label none", "0.60", asked(GENERAL), "–")
    yield Row(f"{len(UNPAIRED)} words that no picture was trained with", "0.40", asked(UNPAIRED), "–")
    yield Row(f"{len(UNMET)} words in no training text at all, only their parts", "–", asked(UNMET), "–")


def precisions(
    encoder: StarterEncoder,
    seen: Matrix,
    labels: np.ndarray,
    questions: Mapping[str, tuple[str, ...]],
    wordnet: WordNet,
) -> dict[str, float]:
    """Precision at 10 of every question."""
    found = {}
    for word, meanings in questions.items():
        right = set().union(*(wordnet.descendants(meaning) for meaning in meanings))
        scores = seen @ unit(encoder.encode_texts([word]))[0]
        best = labels[np.argsort(-scores)[:FIRST]]
        found[word] = float(np.mean([label in right for label in best]))
    return found


def drawings(encoder: StarterEncoder) -> Row:
    """Twelve pictures, four colours by three shapes: which one is the red circle?"""
    random, right = Random(SEED), 0
    for _ in range(BOARDS):
        pairs = [(c, s) for c in random.sample(list(COLOURS), 4) for s in random.sample(SHAPES, 3)]
        seen = unit(encoder.encode_images([_board(colour, shape, random) for colour, shape in pairs]))
        asked = unit(encoder.encode_texts([f"{colour} {shape}" for colour, shape in pairs]))
        right += int(((asked @ seen.T).argmax(1) == np.arange(len(pairs))).sum())
    return Row(
        "drawn colour-shape pairs, the right one of 12", "0.9", f"{right / BOARDS / 12:.3f}", "chance 0.08"
    )


def _board(colour: str, shape: str, random: Random) -> Picture:
    radius = random.uniform(0.18, 0.38)
    thing = Thing(
        shape, colour, random.uniform(radius, 1 - radius), random.uniform(radius, 1 - radius), radius
    )
    ground = random.choice([one for one in ("white", "black", "grey") if one != colour])
    return draw(Scene(ground, (thing,)), 128, random)


def videos(folder: Path, teacher: Path | None, wordnet: WordNet) -> Row:
    """One-word queries made of the captions of real videos, through the index and the search in use."""
    said = {
        k: v for k, v in json.loads((folder / "captions.json").read_text()).items() if not k.startswith("_")
    }
    asked = questions(said, wordnet)
    ours = _found(folder, said, asked, "starter")
    theirs = _found(folder, said, asked, f"benchmarks.yardsticks:Classifier:{teacher}") if teacher else "–"
    return Row(
        f"{len(asked)} one-word queries on {len(said)} real videos, right video first / in the first three",
        "0.5 / 0.8",
        ours,
        f"an ImageNet classifier with WordNet: {theirs}",
    )


def _found(folder: Path, said: Iterable[str], asked: dict[str, set[str]], encoder: str) -> str:
    """The shares of words whose right video is first, and in the first three; unknown words are misses."""
    from plugins.errors import NotUnderstood
    from shotseek.videolibrary import open_library

    ranks = []
    with (
        tempfile.TemporaryDirectory() as place,
        open_library(place, create=True, encoders=[encoder]) as library,
    ):
        library.index(*(folder / name for name in said))
        for word, right in asked.items():
            try:
                order = _videos_in_order(library.search(word, k=200, encoders=[encoder]).hits, folder)
            except NotUnderstood:
                order = []
            ranks.append((bool(right & set(order[:1])), bool(right & set(order[:3]))))
    first, three = np.array(ranks).mean(0)
    return f"{first:.2f} / {three:.2f}"


def questions(said: dict[str, str], wordnet: WordNet) -> dict[str, set[str]]:
    """Nouns of captions that name things, and the videos whose captions have them."""
    found: dict[str, set[str]] = {}
    for name, text in said.items():
        for word in re.findall(r"[a-z]+", text.lower()):
            one = captions.singular(word, wordnet)
            if one not in NO_NOUNS and captions.meaning(one, wordnet):
                found.setdefault(one, set()).add(name)
    return found


def _videos_in_order(hits: Sequence[Hit], folder: Path) -> list[str]:
    return list(dict.fromkeys(str(Path(hit.video.path).relative_to(folder.resolve())) for hit in hits))


def speed(encoder: StarterEncoder) -> Iterator[Row]:
    """Pictures of 640x360 a second, beside ViT-B-32 in turns; times to load and to read."""
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (64, 9, 16, 3), dtype=np.uint8)
    pictures = [np.asarray(Image.fromarray(one).resize((640, 360))) for one in small]
    with yardsticks.vit_b_32() as vit:
        rates: dict[str, list[float]] = {"ours": [], "vit": []}
        for _ in range(4):
            for name, one, count in (("ours", encoder, 64), ("vit", vit, 32)):
                began = time.perf_counter()
                one.encode_images(pictures[:count])
                rates[name].append(count / (time.perf_counter() - began))
    ours, theirs = (statistics.median(rates[name][1:]) for name in ("ours", "vit"))
    yield Row(
        "pictures a second against ViT-B-32 in one run",
        "10 x",
        f"{ours / theirs:.1f} x",
        f"{ours:.0f} against {theirs:.0f}",
    )
    texts = [f"a {colour} {shape}" for colour in COLOURS for shape in SHAPES]
    times = []
    for text in texts:
        began = time.perf_counter()
        encoder.encode_texts([text])
        times.append(1000 * (time.perf_counter() - began))
    yield Row(
        "a text, median / slowest of 110",
        "5 ms",
        f"{statistics.median(times):.2f} / {max(times):.2f} ms",
        "–",
    )
    yield Row(
        "loading until the first text / the first picture (torch imported before)",
        "0.5 s",
        " / ".join(f"{statistics.median(_load_seconds(kind)):.2f} s" for kind in ("text", "picture")),
        "–",
    )


def _load_seconds(kind: str) -> Iterator[float]:
    first = {
        "text": "encoder.encode_texts(['a dog'])",
        "picture": "encoder.encode_images([np.zeros((90, 160, 3), np.uint8)])",
    }
    program = (
        "import time, numpy as np, PIL.Image"
        + (", torch, safetensors.torch" if kind == "picture" else "")
        + ";"
        "began = time.perf_counter();"
        "from plugins.registry import encoder as make; encoder = make('starter');"
        f"{first[kind]}; print(time.perf_counter() - began)"
    )
    for _ in range(5):
        yield float(subprocess.check_output([sys.executable, "-c", program], text=True))


def unit(rows: Matrix) -> Matrix:
    normal: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normal


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starter", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder that holds tiny-imagenet")
    parser.add_argument("--videos", type=Path, help="a folder of videos with captions.json")
    parser.add_argument(
        "--teacher", type=Path, help="a folder with an ImageNet classifier as TFLite and its labels"
    )
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
