"""``python -m benchmarks.knowing VIDEOS``: how well what is there is told from what is not.

Queries of known truth over drawn and real pictures. For each statistic of a query's scores the AUROC: how
often a query that is answered has more of it than one that is not (0.5: no better than chance). Then what
`search.calibrate` makes of the one in use. The statistic, and what parts are, were chosen with seeds 100
to 105 and 200 to 215 of the boards and 0 to 39 of the films; what is printed has others.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from indexer.encode import parts
from plugins.contracts import Encoder
from plugins.encoders.starter.training.drawn import COLOURS, SHAPES, draw, scenes
from plugins.errors import NotUnderstood
from plugins.queries import Confidence
from plugins.registry import encoder as made
from plugins.values import Image, Matrix
from search.calibrate import NEIGHBOURS, Scale, sentences
from shotseek import scenes as films
from shotseek.painting import SCALE

Floats = NDArray[np.float64]
Moment = tuple[int, int]
"""A shot and a time in it, microseconds."""
BOARDS = range(300, 332)
FILMS = range(100, 140)
KEPT = 9
"""scenes of the demo's films in one library; the rest is absent from it"""
SAID: dict[str, tuple[str, ...]] = {
    "a sailing boat on the sea": ("sea",), "a boat": ("sea",), "the sea": ("sea", "beach", "sunset"),
    "a beach": ("beach",), "sand": ("beach",), "a yellow parasol": ("beach",), "a sunset": ("sunset",),
    "an orange sun over dark water": ("sunset",), "a red ball": ("red_ball",),
    "a ball on grass": ("red_ball",), "green grass": ("red_ball", "sunflowers"),
    "yellow flowers": ("sunflowers",), "sunflowers": ("sunflowers",), "a forest": ("forest",),
    "trees": ("forest", "snowfall"), "dark green fir trees": ("forest", "snowfall"),
    "a city at night": ("skyline",), "buildings with lit windows": ("skyline",), "a skyline": ("skyline",),
    "fireworks": ("fireworks",), "fireworks in the sky": ("fireworks",), "a train": ("locomotive",),
    "a steam locomotive": ("locomotive",), "falling snow": ("snowfall",),
    "snow": ("snowfall", "snowman", "aurora"), "white hills in winter": ("snowfall", "snowman", "aurora"),
    "a snowman": ("snowman",), "a snowman with a red scarf": ("snowman",), "northern lights": ("aurora",),
    "green light in the night sky": ("aurora",), "oranges and lemons": ("fruit",), "fruit": ("fruit",),
    "fruit on a table": ("fruit",), "a hot air balloon": ("balloon",), "a purple balloon": ("balloon",),
}  # fmt: skip
"""Of the demo's films: what is asked, and the scenes that show it."""
_THERE = """
woman spaniel dog path mat man ball foot park flower office beetle soldier church plastic water bottle
shelf car asphalt student table classroom apple conveyor belt policeman street cartoon landscape bird
branch buck airplane sky field traveller snow storm engineer mirror space city metal roof bed phone
glasses brick station building garden desk keyboard face mask sea bear fence hill house
"""
THERE = tuple(_THERE.split())
"""Things that captions of the real videos name: the questions of ``benchmarks.starter``."""
_ABSENT = """
camel elephant pizza guitar piano zebra lion tiger giraffe penguin horse cow sheep bicycle motorcycle
helicopter shark whale snake frog crocodile octopus lobster violin trumpet drum submarine castle volcano
waterfall strawberry banana pineapple cake hamburger mushroom umbrella tennis basketball skiing swimming
surfing kangaroo monkey gorilla panda owl eagle swan duck butterfly spider goldfish turtle tractor
wheelchair bathtub toilet microscope
"""
ABSENT = tuple(_ABSENT.split())
"""Things that none of them shows."""


@dataclass(frozen=True, slots=True)
class Case:
    """Queries to one library."""

    asked: Matrix
    """unit rows (queries, dim)"""
    rows: Matrix
    """of the library, unit rows (n, dim)"""
    there: NDArray[np.bool_]
    """(queries,)"""


@dataclass(frozen=True, slots=True)
class Eye:
    """An encoder, and the background as it reads it."""

    encoder: Encoder
    background: Matrix

    @classmethod
    def of(cls, reference: str) -> "Eye":
        found = made(reference)
        return cls(found, _understood(found, sentences())[0])

    def texts(self, texts: Sequence[str]) -> tuple[Matrix, list[int]]:
        """Those that are understood, and which they are."""
        return _understood(self.encoder, texts)

    def images(self, images: Sequence[Image]) -> Matrix:
        """Rows as `indexer.batches` makes them."""
        seen = [part for image in images for part in parts(image)] if self.encoder.sees_parts else images
        return unit(self.encoder.encode_images(seen))


def unit(rows: Matrix) -> Matrix:
    normal: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normal


def _understood(encoder: Encoder, texts: Sequence[str]) -> tuple[Matrix, list[int]]:
    rows, which = [], []
    for number, text in enumerate(texts):
        try:
            rows.append(encoder.encode_texts([text])[0])
            which.append(number)
        except NotUnderstood:
            continue
    return unit(np.array(rows, np.float32)), which


def statistics(case: Case, background: Matrix) -> dict[str, Floats]:
    """What might tell a query that is answered, (queries,) each; more is surer."""
    scores, unrelated = (rows @ case.rows.T for rows in (case.asked, background))
    top, mean = scores.max(1), scores.mean(1)
    usual, varied = unrelated.mean(0), unrelated.std(0)
    runner_up = np.sort(unrelated, 0)[-20:].mean(0)
    return {
        "best score (in use)": top,
        "its deviations above all shots": (top - mean) / (scores.std(1) + 1e-6),
        "its distance from the mean of all shots": top - mean,
        "deviations above the background, by shot": ((scores - usual) / varied).max(1),
        "distance from half the background's mean, by shot": (scores - 0.5 * usual).max(1),
        "distance from the background's best 20, by shot": (scores - runner_up).max(1),
    }


def auroc(there: Floats, absent: Floats) -> float:
    """How often one that is there has more than one that is not; ties count half."""
    more = there[:, None] - absent[None]
    return float((more > 0).mean() + 0.5 * (more == 0).mean())


def boards(eye: Eye, size: int, *, far: bool = False) -> Iterator[Case]:
    """Drawn pictures; asked for every colour and shape, or as what is absent for things of another kind."""
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    asked, which = eye.texts([f"{colour} {shape}" for colour, shape in pairs])
    other, _ = eye.texts(ABSENT)
    for seed in BOARDS:
        random, drawn = Random(seed), list(islice(scenes(seed), size))
        shown = {(thing.colour, thing.shape) for scene in drawn for thing in scene.things}
        rows = eye.images([draw(scene, 128, random) for scene in drawn])
        there = np.array([pairs[number] in shown for number in which])
        if far:
            both = np.concatenate([asked[there], other])
            yield Case(both, rows, np.arange(len(both)) < there.sum())
        else:
            yield Case(asked, rows, there)


def demo(eye: Eye) -> Iterator[Case]:
    """Some scenes of the demo's films; asked for what those and the others show."""
    asked, which = eye.texts(list(SAID))
    names = sorted({name for shown in SAID.values() for name in shown})
    rows = {name: eye.images(list(_moments(name))) for name in names}
    for seed in FILMS:
        kept = set(Random(seed).sample(names, KEPT))
        there = np.array([bool(kept & set(list(SAID.values())[number])) for number in which])
        yield Case(asked, np.concatenate([rows[name] for name in sorted(kept)]), there)


def _moments(name: str) -> Iterator[Image]:
    scene = getattr(films, name)()
    for second in (0.5, 1.2, 2.0, 2.8):
        canvas = scene.background.copy()
        scene.paint(ImageDraw.Draw(canvas), second)
        yield np.asarray(canvas.reduce(SCALE), dtype=np.uint8)


def real(eye: Eye, rows: Matrix, captions: Sequence[str]) -> Iterator[Case]:
    """Real videos; asked for what captions name, and for what none shows."""
    there, _ = eye.texts(THERE)
    both = np.concatenate([there, eye.texts(ABSENT)[0]])
    yield Case(both, rows, np.arange(len(both)) < len(there))


def without(eye: Eye, rows: Matrix, captions: Sequence[str]) -> Iterator[Case]:
    """The same words twice: over all the videos, and without those whose captions name them."""
    asked, which = eye.texts(THERE)
    for row, number in zip(asked, which, strict=True):
        others = np.array([not re.search(rf"\b{THERE[number][:5]}", text) for text in captions])
        yield Case(row[None], rows, np.array([True]))
        yield Case(row[None], rows[others], np.array([False]))


def pictures(
    rows: Matrix, videos: Sequence[str], moments: Sequence[Moment]
) -> tuple[Floats, Floats, list[float]]:
    """Best scores of keyframes of real videos as queries: with the rest of their shot in the library, without
    their whole video, and of the background."""
    video, shot, time_us = np.array(videos), *np.array(moments).T
    there, absent = [], []
    for moment in dict.fromkeys(moments):
        number = moments.index(moment)  # of its rows the first is of the whole picture
        scores = rows @ rows[number]
        other = video != video[number]
        same = (shot == shot[number]) & (time_us != time_us[number])
        if same.any():
            there.append(scores[other | same].max())
        absent.append(scores[other].max())
    return np.array(there), np.array(absent), absent[:: max(1, len(absent) // NEIGHBOURS)]


def library(reference: str, folder: Path) -> tuple[Matrix, list[str], list[Moment], list[str]]:
    """The rows of the real videos with the video, the moment and the caption of each."""
    from shotseek.videolibrary import open_library

    text = json.loads((folder / "captions.json").read_text())
    said = {str((folder / name).resolve()): line for name, line in text.items() if not name.startswith("_")}
    with (
        tempfile.TemporaryDirectory() as place,
        open_library(place, create=True, encoders=[reference]) as one,
    ):
        one.index(*said)
        ids, rows = one.catalog.vectors_after(one.catalog.searchable()[0], 0, 100_000)
        places = one.catalog.locate(ids)
        moments = [(places[id_].shot_id, places[id_].time_us) for id_ in ids.tolist()]
        known = one.catalog.shots_with_videos({shot for shot, _ in moments})
        paths = [known[shot][1].path for shot, _ in moments]
    return unit(rows), paths, moments, [said[path] for path in paths]


def report(name: str, cases: Callable[[], Iterator[Case]], background: Matrix) -> tuple[list[str], str]:
    """A column of the first table, and a line of the second."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    sure: tuple[list[Confidence], list[Confidence]] = [], []
    for case in cases():
        for statistic, values in statistics(case, background).items():
            absent, there = found.setdefault(statistic, ([], []))
            there.extend(values[case.there])
            absent.extend(values[~case.there])
        scale = Scale.of((background @ case.rows.T).max(1).tolist(), 1)
        assert scale is not None
        for cosine, is_there in zip((case.asked @ case.rows.T).max(1).tolist(), case.there, strict=True):
            sure[int(is_there)].append(scale.confidence(cosine))
    column = [f"{auroc(np.array(there), np.array(absent)):.3f}" for absent, there in found.values()]
    return column, _line(name, sure[1], sure[0])


def _line(name: str, there: Sequence[Confidence], absent: Sequence[Confidence]) -> str:
    shares = [
        f"{np.mean([one >= least for one in ones]):.2f}"
        for least in (Confidence.LIKELY, Confidence.STRONG)
        for ones in (there, absent)
    ]
    return (
        f"| {name} | {len(there)} / {len(absent)} | {shares[0]} / {shares[1]} | {shares[2]} / {shares[3]} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.knowing", description=__doc__)
    parser.add_argument("videos", type=Path, help="a folder of videos with captions.json")
    parser.add_argument("--encoder", default="starter")
    options = parser.parse_args()
    eye = Eye.of(options.encoder)
    rows, videos, moments, captions = library(options.encoder, options.videos)
    drawn = cache(lambda size, far: list(boards(eye, size, far=far)))
    sets: Mapping[str, Callable[[], Iterator[Case]]] = {
        "12 drawn": lambda: iter(drawn(12, False)),
        "40 drawn": lambda: iter(drawn(40, False)),
        "100 drawn": lambda: iter(drawn(100, False)),
        "40 drawn, far": lambda: iter(drawn(40, True)),
        "films": lambda: demo(eye),
        "real": lambda: real(eye, rows, captions),
        "real, with and without": lambda: without(eye, rows, captions),
    }
    columns, lines = zip(*(report(name, cases, eye.background) for name, cases in sets.items()), strict=True)
    there, absent, unrelated = pictures(rows, videos, moments)
    print(f"AUROC of `{options.encoder}`, by what is looked at:\n")
    print(f"| statistic | {' | '.join(sets)} |\n| --- |{' ---: |' * len(sets)}")
    names = list(statistics(Case(eye.background, rows, np.ones(0, bool)), eye.background))
    for name, figures in zip(names, zip(*columns, strict=True), strict=True):
        print(f"| {name} | {' | '.join(figures)} |")
    print(f"\nKeyframes of the real videos as queries: {auroc(there, absent):.3f} (best score).\n")
    print("| set | queries there / absent | likely or better | strong |\n| --- | ---: | ---: | ---: |")
    print("\n".join(lines))
    scale = Scale.of(unrelated, 1)
    assert scale is not None
    sure = [[scale.confidence(one) for one in ones.tolist()] for ones in (there, absent)]
    print(_line("keyframes", *sure))


if __name__ == "__main__":
    main()
