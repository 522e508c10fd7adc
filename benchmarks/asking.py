"""``python -m benchmarks.asking``: NOT, what follows what, and fusion, over drawn films of known content.

Every shot is a board with one or two coloured shapes, so what it shows is known. NOT: precision at 10 of
``A -B`` among shots that show A and not B, beside ``A`` alone and beside the sentence ``A without B``. What
follows: whether ``A >> B`` has a true place among its first five hits, and whether it finds them the wrong
way round. Fusion: nDCG at 10 of each source alone and of all together; a third of the boards is spoken of.
"""

import argparse
import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.encoders.starter.training.drawn import Scene, Thing, draw
from plugins.queries import Filters, Hit, Text
from plugins.queries import Query as Asked
from plugins.values import SECOND
from search.engine import Engine
from search.query import query
from search.retrieve import WORDS
from shotseek.draw import write_video

SEED = 20
VIDEOS, BOARDS = 20, 12
"""films, and shots in each"""
SIDE, FPS, SECONDS = 192, 5, 2
"""pixels, frames a second, and how long a board is shown"""
SPOKEN = 3
"""Of so many boards one is spoken of."""
NAMED = ("circle", "square", "star", "heart", "cross", "triangle")
PAINTS = ("red", "green", "blue", "yellow", "purple", "black")
WITHIN_S = 3
BESIDE = "palette"
"""the second encoder"""


@dataclass(frozen=True, slots=True)
class Film:
    """A drawn film: what each of its shots shows, from left to right."""

    name: str
    boards: tuple[tuple[str, ...], ...]


def films(random: Random) -> Iterator[tuple[Film, list[Scene]]]:
    """Boards of one shape, or of two that differ."""
    for number in range(VIDEOS):
        scenes = [_scene(random) for _ in range(BOARDS)]
        boards = tuple(tuple(f"{thing.colour} {thing.shape}" for thing in scene.things) for scene in scenes)
        yield Film(f"{number:02d}.mp4", boards), scenes


def _scene(random: Random) -> Scene:
    things: list[Thing] = []
    for x in random.choice(((0.5,), (0.27, 0.73))):
        taken = {thing.colour for thing in things}
        colour = random.choice([paint for paint in PAINTS if paint not in taken])
        shape = random.choice(NAMED)
        things.append(Thing(shape, colour, x, random.uniform(0.35, 0.65), 0.3 if x == 0.5 else 0.2))
    return Scene("white", tuple(things))


@contextmanager
def made(folder: Path, seed: int, encoder: str) -> "Iterator[tuple[Engine, list[Film]]]":
    """The films, drawn and indexed."""
    random, drawn = Random(seed), []
    (folder / "films").mkdir()
    for film, scenes in films(random):
        drawn.append(film)
        pictures = [draw(scene, SIDE, random) for scene in scenes]
        path = folder / "films" / film.name
        write_video(path, [picture for picture in pictures for _ in range(FPS * SECONDS)], fps=FPS)
        path.with_suffix(".srt").write_text("\n".join(_lines(film)))
    with Library.open(folder / "library", create=True) as library:
        for film in drawn:  # one by one: equals are put in order by number, which is the order of ending
            recipe = Recipe((encoder, BESIDE), f"fixed:{SECONDS}")
            for _ in index(library, [folder / "films" / film.name], recipe):
                pass
        with Engine(library) as engine:
            yield engine, drawn


def _lines(film: Film) -> Iterator[str]:
    for number, board in enumerate(film.boards):
        if number % SPOKEN == 0:
            start = number * SECONDS
            times = f"00:00:{start:02d},200 --> 00:00:{start + 1:02d},000"
            yield f"{number + 1}\n{times}\nHere comes {', '.join(board)}\n"


def ask(engine: Engine, words: str, k: int = 10, **how: object) -> Sequence[Hit]:
    asked = query(words, (), Filters(), find=lambda _: [])
    return engine.search(asked, k=k, **how).hits  # type: ignore[arg-type]


def sentence(engine: Engine, words: str) -> Sequence[Hit]:
    """Words without any sign of the language."""
    return engine.search(Asked((Text(words),)), k=10).hits


def without(engine: Engine, known: Sequence[Film], k: int = 10) -> Iterator[str]:
    """Things that appear both beside another and without it, often enough."""
    shown = {(film.name, at): board for film in known for at, board in enumerate(film.boards)}
    things = sorted({thing for board in shown.values() for thing in board})
    colours = [(thing, paint) for thing in things for paint in PAINTS if not thing.startswith(paint)]
    rows: list[tuple[float, float, float]] = []
    for thing, paint in colours:
        has = [board for board in shown.values() if thing in board]
        clean = [board for board in has if not _has(board, paint)]
        if len(clean) >= 3 and len(has) > len(clean):
            most = min(k, len(clean))

            def right(hits: Sequence[Hit], thing: str = thing, paint: str = paint, most: int = most) -> float:
                boards = [shown[hit.video.name, hit.shot.index] for hit in hits[:most]]
                return sum(thing in board and not _has(board, paint) for board in boards) / most

            rows.append(
                (
                    right(ask(engine, f"({thing}) -({paint})", weights={WORDS: 0})),
                    right(ask(engine, thing, weights={WORDS: 0})),
                    right(sentence(engine, f"{thing} without {paint}")),
                )
            )
    yield f"{len(rows)} pairs of a thing and a colour, among as many hits as there are answers (10 at most):"
    yield ""
    yield "| asked | precision |"
    yield "| --- | ---: |"
    for name, values in zip(
        ("`A -B`", "`A`", "the sentence `A without B`"), zip(*rows, strict=True), strict=True
    ):
        yield f"| {name} | {mean(values):.3f} |"


def _has(board: tuple[str, ...], paint: str) -> bool:
    return any(thing.startswith(paint) for thing in board)


def sequences(engine: Engine, known: Sequence[Film]) -> Iterator[str]:
    """Every pair of single shapes that follow each other."""
    follows: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for film in known:
        for at in range(BOARDS - 1):
            if len(film.boards[at]) == len(film.boards[at + 1]) == 1:
                one, other = (next(iter(board)) for board in film.boards[at : at + 2])
                if one != other:
                    follows.setdefault((one, other), set()).add((film.name, at))
    near = {
        (a, b)
        for film in known
        for i, x in enumerate(film.boards)
        for y in film.boards[i + 1 : i + 4]
        for a in x
        for b in y
    }
    found = shown = wrong = tried = 0
    for (one, other), places in follows.items():
        hits = ask(engine, f"({one}) >>{WITHIN_S}s ({other})", k=5)
        found += any((hit.video.name, hit.shot.index) in places for hit in hits)
        shown += any(_shows(known, hit, one, other) for hit in hits)
        if (other, one) not in near:
            tried += 1
            back = ask(engine, f"({other}) >>{WITHIN_S}s ({one})", k=5)
            wrong += any(_shows(known, hit, one, other) for hit in back)
    share, beside = found / len(follows), shown / len(follows)
    yield f"`A >> B`, {len(follows)} pairs: a true place among the first five: **{share:.3f}** (goal 0.95);"
    yield f"one where both are shown, alone or beside another thing: {beside:.3f}."
    yield f"`B >> A` for {tried} that nothing shows so: **{wrong}** were answered with a place of `A >> B`."


def _shows(known: Sequence[Film], hit: Hit, one: str, other: str) -> bool:
    """Whether a hit begins where the one is and ends where the other is."""
    boards = next(film.boards for film in known if film.name == hit.video.name)
    first, last = hit.span.start_us // (SECONDS * SECOND), (hit.span.end_us - 1) // (SECONDS * SECOND)
    return one in boards[first] and other in boards[min(last, BOARDS - 1)]


def fusion(engine: Engine, known: Sequence[Film]) -> Iterator[str]:
    """Each source alone, and all of them."""
    shown = {(film.name, at): board for film in known for at, board in enumerate(film.boards)}
    things = sorted({thing for board in shown.values() for thing in board})
    sources = (*(space.encoder for space in engine.spaces()), WORDS)
    ways = {source: {other: float(other == source) for other in sources} for source in sources}
    ways["all, fused"] = {}
    yield "| source | nDCG@10 |"
    yield "| --- | ---: |"
    for name, weights in ways.items():
        scores = []
        for thing in things:
            gains = [
                thing in shown[hit.video.name, hit.shot.index] for hit in ask(engine, thing, weights=weights)
            ]
            there = sum(thing in board for board in shown.values())
            ideal = sum(1 / math.log2(rank + 2) for rank in range(min(10, there)))
            scores.append(sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains)) / ideal)
        yield f"| {name} | {mean(scores):.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED, help="of what is drawn")
    parser.add_argument("--encoder", default="starter")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        made(Path(folder), given.seed, given.encoder) as (engine, known),
    ):
        for title, part in (
            ("What must not be there", without),
            ("What follows", sequences),
            ("Fusion", fusion),
        ):
            print(f"### {title}\n")
            for line in part(engine, known):
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
