"""Clips as queries: the right video, the interval, clips from outside, and how long it takes.

    python -m benchmarks.align VIDEOS FOLDER [--clips 400] [--outside 100] [--seed 2] [--encoder starter]

Clips are cut out of VIDEOS, changed in one way or two, and kept in FOLDER with the library of all VIDEOS.
Those from outside are drawn, or cut out of a video that (with all its copies) is then left out of the
search. The thresholds were chosen with seed 1. Beside it, in the same run: the video and the time of the
library's nearest frame. Prints a section of docs/benchmarks.md.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.clips import CHANGES, Made, drawn, from_videos
from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.queries import Clip, Filters, Query
from plugins.values import SECOND, Span
from search.duplicates import Looking, groups
from search.engine import Engine
from search.origin import ALIGNMENT

OUTSIDE_SEED = 10_000
"""added to the seed, for clips of videos that are then left out"""


@dataclass(frozen=True)
class Asked:
    """One clip and what was answered."""

    clip: Made
    answer: str
    """the video, below the folder of videos; empty for none"""
    span: Span | None
    seconds: float
    nearest: str
    """the video of the library's nearest frame"""
    nearest_us: int
    """where the clip would begin by it"""

    @property
    def truth(self) -> Span:
        return Span(self.clip.start_us, self.clip.end_us)

    def is_right(self, same: dict[str, frozenset[str]]) -> bool:
        return self.answer in same[self.clip.source]

    @property
    def interval(self) -> tuple[float, float] | None:
        """Overlap over union, and by how many seconds the start is wrong; None where a copy was answered."""
        if self.answer != self.clip.source or self.span is None:
            return None
        return scored(self.span, self.truth)

    @property
    def nearest_interval(self) -> tuple[float, float] | None:
        if self.nearest != self.clip.source:
            return None
        length = self.truth.duration_us
        return scored(Span(self.nearest_us, self.nearest_us + length), self.truth)


def scored(span: Span, truth: Span) -> tuple[float, float]:
    shared = max(0, min(span.end_us, truth.end_us) - max(span.start_us, truth.start_us))
    union = max(span.end_us, truth.end_us) - min(span.start_us, truth.start_us)
    return shared / union, abs(span.start_us - truth.start_us) / SECOND


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--outside", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--encoder", default="starter")
    given = parser.parse_args()
    videos, folder = given.videos.resolve(), given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    inside = from_videos(videos, folder, given.clips, given.seconds, given.seed)
    half = given.outside // 2
    held = from_videos(videos, folder, half, given.seconds, given.seed + OUTSIDE_SEED)
    with Library.open(folder / "library", create=True) as library:
        for _ in index(library, [videos], Recipe((given.encoder,))):
            pass
        with Engine(library) as engine:
            same = copies(engine, videos, given.encoder)
            asked = [ask(engine, videos, folder, clip, given.encoder) for clip in inside]
            outside = [
                ask(engine, videos, folder, clip, given.encoder, without=same[clip.source]) for clip in held
            ] + [
                ask(engine, videos, folder, clip, given.encoder)
                for clip in drawn(folder, given.outside - half, given.seconds)
            ]
    report(asked, outside, same, given.encoder, given.seconds)


def copies(engine: Engine, videos: Path, encoder: str) -> dict[str, frozenset[str]]:
    """For each video, those that show the same, itself among them."""
    library = engine.library
    known = [summary.video for summary in library.catalog.videos(limit=1000)]
    looking = Looking(engine, [encoder])
    found = [overlap for video in known for overlap in looking.of(video)]
    same = {below(videos, video.path): frozenset([below(videos, video.path)]) for video in known}
    for group in groups(found):
        names = frozenset(below(videos, video.path) for video in group.videos)
        same |= dict.fromkeys(names, names)
    return same


def ask(
    engine: Engine,
    videos: Path,
    folder: Path,
    clip: Made,
    encoder: str,
    without: frozenset[str] = frozenset(),
) -> Asked:
    """One clip, in a library in which nothing was looked at before."""
    library = engine.library
    known = [summary.video for summary in library.catalog.videos(limit=1000)]
    allowed = tuple(video.id for video in known if below(videos, video.path) not in without)
    query = Query((Clip(str(folder / clip.file)),), Filters(videos=allowed) if without else Filters())
    engine.aligner.strips.forget()
    engine.clips.forget()
    begin = time.perf_counter()
    results = engine.search(query, k=5, encoders=(encoder,))
    seconds = time.perf_counter() - begin
    aligned = next((hit for hit in results.hits if hit.evidence[0].source == ALIGNMENT), None)
    video, at_us = nearest(engine, query, encoder)
    return Asked(
        clip,
        below(videos, aligned.video.path) if aligned else "",
        aligned.span if aligned else None,
        seconds,
        below(videos, video),
        at_us,
    )


def nearest(engine: Engine, query: Query, encoder: str) -> tuple[str, int]:
    """The plain way: of all pairs of a picture of the clip and a vector of the library, the most similar one
    says which video, and its two times when."""
    clip = query.terms[0]
    assert isinstance(clip, Clip)
    library = engine.library
    (space,) = [space for space in library.catalog.searchable() if space.encoder == encoder]
    frames = [frame for shot in engine.clips.shots(clip.path) for frame in shot.keyframes]
    rows = engine.encode(space, clip, [[frame.image] for frame in frames])
    matches = library.store(space).search(rows, 1, library.catalog.allowed(space, query.filters))
    best = int(matches.scores[:, 0].argmax())
    place = library.catalog.locate([int(matches.ids[best, 0])])[int(matches.ids[best, 0])]
    _, video = library.catalog.shots_with_videos([place.shot_id])[place.shot_id]
    return video.path, max(0, place.time_us - frames[best].time_us)


def below(videos: Path, path: str) -> str:
    return str(Path(path).relative_to(videos))


def report(
    asked: Sequence[Asked],
    outside: Sequence[Asked],
    same: dict[str, frozenset[str]],
    encoder: str,
    seconds: float,
) -> None:
    sources = {item.clip.source for item in asked}
    print(
        f"{len(asked)} clips of {seconds:g} s from {len(sources)} of {len(same)} videos, `{encoder}`;",
        end=" ",
    )
    print(f"{len(outside)} clips from outside. Nothing of the library was looked at before a query.\n")
    print("| | clips | right video first | IoU median | start error median, s | p50 s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, items in lines(asked):
        right = sum(item.is_right(same) for item in items)
        print(row(name, len(items), right, [item.interval for item in items], [i.seconds for i in items]))
    near = sum(item.nearest in same[item.clip.source] for item in asked)
    print(row("nearest frame", len(asked), near, [item.nearest_interval for item in asked], []))
    false = [item for item in outside if item.answer]
    times = median(item.seconds for item in outside)
    print(f"\nFrom outside: {len(false)} of {len(outside)} answered falsely", end=" ")
    print(f"(the nearest frame answers all), {times:.2f} s p50.")
    for item in false:
        print(f"- {item.clip.file} of {item.clip.source or 'no video'}: {item.answer}")
    missed = [item for item in asked if not item.is_right(same)]
    for item in missed:
        print(f"- missed: {item.clip.file} of {item.clip.source} ({', '.join(item.clip.changes)})")


def lines(asked: Sequence[Asked]) -> Iterator[tuple[str, list[Asked]]]:
    """The clips of each kind of change, alone or with another, then all."""
    by_change: dict[str, list[Asked]] = defaultdict(list)
    for item in asked:
        for change in item.clip.changes:
            by_change[change].append(item)
    yield from ((name, by_change[name]) for name in CHANGES if name in by_change)
    yield "one change", [item for item in asked if len(item.clip.changes) == 1]
    yield "two changes", [item for item in asked if len(item.clip.changes) == 2]
    yield "**all**", list(asked)


def row(
    name: str,
    count: int,
    right: int,
    intervals: Sequence[tuple[float, float] | None],
    seconds: Sequence[float],
) -> str:
    known = [item for item in intervals if item is not None]
    overlap = f"{median(item[0] for item in known):.3f}" if known else ""
    start = f"{median(item[1] for item in known):.3f}" if known else ""
    took = f"{median(seconds):.2f}" if seconds else ""
    return f"| {name} | {count} | {right / max(1, count):.3f} | {overlap} | {start} | {took} |"


if __name__ == "__main__":
    main()
