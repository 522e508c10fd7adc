"""``python -m benchmarks.teach [--rows FILE]``: what marks do for a query, before and after.

Queries over drawn scenes of known content, through `starter`. Of the first k answers each is called right or
wrong, as a person would; then the precision of the first ten of all others is compared, for the query as it
was and as it was refined (the residual collection of Chang, Cirillo and Razon, 1971: answers that were marked
cannot count again). FILE is an .npz of other pictures: ``rows`` (n, 256) of starter, ``labels`` (n,), the
words of each.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from plugins.encoders.starter.encoder import StarterEncoder
from plugins.encoders.starter.training.drawn import COLOURS, SHAPES, draw, scenes
from plugins.values import Matrix
from search.teach import RIGHT, WRONG, refined

SCENES, SEED = 2_000, 4_242
SIDE = 128
"""pixels"""
MARKS = (3, 6, 10)
FIRST = 10
LEAST = 5
"""right answers that must be left"""

Floats = NDArray[np.float64]
Refine = Callable[[Matrix, Matrix, Matrix, Matrix], Matrix | None]


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and which rows answer it."""

    words: str
    right: NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path)
    options = parser.parse_args()
    encoder = StarterEncoder(reference="starter")
    sets = {f"{SCENES:,} drawn scenes": drawn(encoder)}
    if options.rows:
        sets[options.rows.stem] = labelled(options.rows)
    ways: dict[str, Refine] = {
        "as it was": lambda query, right, wrong, sample: query,
        "Rocchio 1, 0.75, 0.15": rocchio(0.75, 0.15),
        f"Rocchio 1, {RIGHT}, {WRONG}": rocchio(RIGHT, WRONG),
        "ridge regression": ridge,
        "discriminant (`search.teach`)": refined,
    }
    for title, (rows, questions) in sets.items():
        texts = unit(encoder.encode_texts([question.words for question in questions]))
        print(f"{title}, {len(questions)} queries: precision of the first {FIRST} after so many marks.\n")
        print("| | " + " | ".join(f"{count} marks" for count in MARKS) + " |")
        print("| --- |" + " ---: |" * len(MARKS))
        for name, way in ways.items():
            means = [np.mean(list(precisions(rows, questions, texts, way, count))) for count in MARKS]
            print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
        print()


def drawn(encoder: StarterEncoder) -> tuple[Matrix, list[Question]]:
    """Shapes, coloured shapes, grounds and numbers of things."""
    shown = list(islice(scenes(SEED), SCENES))
    random = Random(SEED)
    parts = [
        encoder.encode_images([draw(scene, SIDE, random) for scene in shown[start : start + 50]])
        for start in range(0, SCENES, 50)
    ]

    def question(words: str, right: Iterator[bool]) -> Question:
        return Question(words, np.fromiter(right, bool))

    questions = [
        question(f"a {shape}", (any(t.shape == shape for t in s.things) for s in shown)) for shape in SHAPES
    ]
    for colour in COLOURS:
        questions.append(question(f"on a {colour} ground", (s.ground == colour for s in shown)))
        for shape in SHAPES[::2]:
            right = (any((t.shape, t.colour) == (shape, colour) for t in s.things) for s in shown)
            questions.append(question(f"a {colour} {shape}", right))
    for count, words in ((2, "two things"), (3, "three shapes")):
        questions.append(question(words, (len(s.things) == count for s in shown)))
    return unit(np.concatenate(parts)), questions


def labelled(path: Path) -> tuple[Matrix, list[Question]]:
    """Pictures of which each has one label."""
    with np.load(path) as kept:
        rows, labels = kept["rows"], kept["labels"]
    return unit(rows), [Question(str(label), labels == label) for label in np.unique(labels)]


def precisions(
    rows: Matrix, questions: list[Question], texts: Matrix, way: Refine, count: int
) -> Iterator[float]:
    """Of each query of which enough is left to find."""
    sample = rows[np.random.default_rng(0).permutation(len(rows))[:1_000]]
    for question, text in zip(questions, texts, strict=True):
        marked = np.argsort(-(rows @ text))[:count]
        left = np.delete(np.arange(len(rows)), marked)
        if question.right[left].sum() < LEAST:
            continue
        said = question.right[marked]
        query = way(text[None], rows[marked[said]], rows[marked[~said]], sample)
        assert query is not None
        best = left[np.argsort(-(rows[left] @ query[0]))[:FIRST]]
        yield float(question.right[best].mean())


def rocchio(right: float, wrong: float) -> Refine:
    """The query and the means of what was right and wrong."""

    def way(query: Matrix, good: Matrix, bad: Matrix, sample: Matrix) -> Matrix:
        turned = query[0].copy()
        for rows, weight in ((good, right), (bad, -wrong)):
            if len(rows):
                turned += weight * unit(rows.mean(axis=0, keepdims=True))[0]
        return np.asarray(turned[None], np.float32)

    return way


def ridge(query: Matrix, good: Matrix, bad: Matrix, sample: Matrix) -> Matrix:
    """Least squares on right, wrong and, as wrong too, the library, drawn to the query."""
    mean = sample.mean(axis=0)
    spread = (sample - mean).T @ (sample - mean) / len(sample)
    size = float(np.trace(spread))
    matrix, target = spread / size + 0.3 * np.eye(len(mean)), 0.3 * query[0]
    for rows, sign in ((good, 1.0), (bad, -1.0)):
        if len(rows):
            matrix += (rows - mean).T @ (rows - mean) / len(rows) / size
            target = target + sign * (rows - mean).mean(axis=0) / np.sqrt(size)
    return np.asarray(np.linalg.solve(matrix, target)[None], np.float32)


def unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
