"""How well are cuts, dissolves and fades found, beside PySceneDetect at its best?

    python -m benchmarks.shots VIDEOS MADE [--seeds report] [--misses]

Two sets: videos labelled by eye (VIDEOS/cuts.json says which), and edits made from pieces of those with
known transitions, in every kind of encoding (kept in MADE, see `benchmarks.madeset`). Ours is what the
product does: the boundaries of the shots that a scan gives away. PySceneDetect's detectors are each run at
many settings, and whichever is best on the very set in question is shown. How finds are counted:
`benchmarks.tally`.
"""

import argparse
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from benchmarks.edits import KINDS, Labelled, labelled
from benchmarks.madeset import SEEDS, made
from benchmarks.peer import DEFAULTS, Named, named
from benchmarks.tally import Score, Tally
from indexer.decoder import Decoder
from indexer.media import MediaFile, open_media
from indexer.scan import ScannedShot
from plugins.values import SECOND

UNSPLIT_US = 1000 * 3600 * SECOND
"""longer than any take, so that every boundary is a transition"""
USUAL_RATE = 25
"""frames a second where a file does not say it"""
WHOLE = "all made"
FADES = ("black", "white")


@dataclass(slots=True)
class Measured:
    """What was found in one set of videos."""

    ours: Tally = field(default_factory=Tally)
    theirs: dict[str, dict[str, Tally]] = field(default_factory=dict)
    """by detector, by setting"""

    def best(self, detector: str, kinds: Sequence[str] = ()) -> tuple[float, str]:
        """F1 and setting of a detector where it does best."""
        return max((tally.score(kinds).f1, setting) for setting, tally in self.theirs[detector].items())

    def best_of_all(self, kinds: Sequence[str] = ()) -> tuple[float, str]:
        """The same, whichever detector it is."""
        found = ((detector, *self.best(detector, kinds)) for detector in self.theirs)
        detector, f1, setting = max(found, key=lambda item: item[1])
        return f1, f"{detector}: {setting}"


def measure(videos: Sequence[Labelled], decoder: Decoder, cache: Path, into: Sequence[Measured]) -> None:
    """Adds what is found in some videos to each of ``into``."""
    for video in videos:
        ours, theirs, frames = _named(video, decoder, cache)
        for measured in into:
            measured.ours.add(video, ours, frames)
            for detector, settings in theirs.items():
                for setting, cuts in settings.items():
                    tallies = measured.theirs.setdefault(detector, {})
                    tallies.setdefault(setting, Tally()).add(video, cuts, frames)


def boundaries(path: Path, decoder: Decoder) -> list[int]:
    """Where a scan lets one shot end and the next begin, microseconds."""
    messages = decoder.scan(
        str(path), [str(path.parent)], detector="content", max_shot_us=UNSPLIT_US, frames_per_shot=1
    )
    starts = [message.span.start_us for message in messages if isinstance(message, ScannedShot)]
    return starts[1:]


def nearest(times_us: Sequence[int], us: int) -> int:
    """Number of the frame whose time is nearest."""
    after = min(bisect_left(times_us, us), len(times_us) - 1)
    return min((max(after - 1, 0), after), key=lambda number: abs(times_us[number] - us))


def _named(video: Labelled, decoder: Decoder, cache: Path) -> tuple[list[int], Named, int]:
    """Frames named by ours and by theirs, and how many there are."""
    with _opened(video.path) as media:
        times = [picture.time_us for picture in media.pictures()]
        rate = float(media.video.frame_rate or USUAL_RATE)
    ours = [nearest(times, us) for us in boundaries(video.path, decoder)]
    with _opened(video.path) as media:
        images = (frame.image for frame in media.frames())
        theirs = named(
            images, rate, cache / f"{blake2b(video.path.read_bytes(), digest_size=16).hexdigest()}.json"
        )
    return ours, theirs, len(times)


@contextmanager
def _opened(path: Path) -> Iterator[MediaFile]:
    with open_media(str(path), [str(path)]) as media:
        yield media


def report(folder: Path, made_folder: Path, seeds: str, misses: bool) -> Iterator[str]:
    """The report, line by line, in Markdown."""
    everything = Measured()
    sets = {"labelled by eye": Measured()}
    cache = made_folder / "peer"
    with Decoder() as decoder:
        measure(labelled(folder), decoder, cache, [sets["labelled by eye"]])
        for name, videos in made(made_folder, folder, seeds).items():
            sets[name] = Measured()
            measure(videos, decoder, cache, [sets[name], everything])
    sets[WHOLE] = everything
    yield f"F1 (made with seeds to {seeds}); each detector of PySceneDetect at its best setting for that set"
    yield ""
    yield from _overall(sets)
    yield ""
    yield "Ours, by kind: found of all there are"
    yield ""
    yield from _by_kind(sets)
    yield ""
    yield "F1 of one kind on all made videos, every wrong boundary held against it"
    yield ""
    yield from _kinds(everything)
    yield ""
    yield f"Ours, wrong boundaries at what only looks like a transition: {_fooled(everything.ours)}."
    yield ""
    yield "PySceneDetect's best setting of each set, and what its defaults are worth there"
    yield ""
    yield from _settings(sets)
    if misses:
        lines = [line for name in sets if name != WHOLE for line in sets[name].ours.misses]
        print(*lines, sep="\n", file=sys.stderr)


def _overall(sets: dict[str, Measured]) -> Iterator[str]:
    yield "| videos | transitions | precision | recall | ours | " + " | ".join(DEFAULTS) + " | ours - best |"
    yield "| --- | ---: | ---: | ---: | ---: |" + " ---: |" * len(DEFAULTS) + " ---: |"
    for name, measured in sets.items():
        score = measured.ours.score()
        theirs = [measured.best(detector)[0] for detector in DEFAULTS]
        cells = [f"{f1:.3f}" for f1 in theirs]
        yield (
            f"| {name} | {score.wanted} | {score.precision:.3f} | {score.recall:.3f} | **{score.f1:.3f}** |"
            f" {' | '.join(cells)} | {score.f1 - max(theirs):+.3f} |"
        )


def _by_kind(sets: dict[str, Measured]) -> Iterator[str]:
    yield "| videos | cuts | dissolves | fades | not told apart | wrong | F1 of dissolves |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, measured in sets.items():
        scores = [measured.ours.score(kinds) for kinds in (("cut",), ("dissolve",), FADES, ("gradual",))]
        cells = [f"{score.found}/{score.wanted}" if score.wanted else "" for score in scores]
        dissolves = f"{scores[1].f1:.3f}" if scores[1].wanted else ""
        yield f"| {name} | {' | '.join(cells)} | {measured.ours.wrong} | {dissolves} |"


def _kinds(measured: Measured) -> Iterator[str]:
    yield "| kind | transitions | ours | PySceneDetect | which is |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for kind in KINDS:
        score: Score = measured.ours.score((kind,))
        f1, which = measured.best_of_all((kind,))
        yield f"| {kind} | {score.wanted} | **{score.f1:.3f}** | {f1:.3f} | {which} |"


def _fooled(tally: Tally) -> str:
    return ", ".join(f"{kind} {tally.fooled[kind]} of {count}" for kind, count in tally.tricks.items())


def _settings(sets: dict[str, Measured]) -> Iterator[str]:
    yield "| videos | best | which is | " + " | ".join(f"{name} default" for name in DEFAULTS) + " |"
    yield "| --- | ---: | --- |" + " ---: |" * len(DEFAULTS)
    for name, measured in sets.items():
        f1, which = measured.best_of_all()
        defaults = [measured.theirs[item][setting].score().f1 for item, setting in DEFAULTS.items()]
        yield f"| {name} | {f1:.3f} | {which} | {' | '.join(f'{item:.3f}' for item in defaults)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--seeds", choices=SEEDS, default="report")
    parser.add_argument("--misses", action="store_true", help="say on stderr what was missed or wrong")
    arguments = parser.parse_args()
    for line in report(arguments.videos, arguments.made, arguments.seeds, arguments.misses):
        print(line, flush=True)


if __name__ == "__main__":
    main()
