"""A small library made by the whole product, and all that it knows, in a form that can be compared."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import indexer.stores
from indexer.catalog import StageRecord
from indexer.doctor import Severity, examine
from plugins.queries import Hit
from plugins.stores.faiss import FaissStore
from plugins.values import Shot, Video
from shotseek import open_library
from shotseek.draw import write_video
from shotseek.videolibrary import VideoLibrary
from tests.videos import scene
from web import create_app

QUERIES = ("red", "a dark green picture", "blue on the left", "woodpecker")
Known = list[tuple[object, ...]]


def small_snapshots() -> None:
    """Makes snapshots with an index worth it at a few rows, so that a small library goes through it all."""
    indexer.stores.MIN_PENDING = 2
    FaissStore.flat_from = 2


def videos(folder: Path, count: int = 2, first: int = 0) -> Path:
    """A folder of short videos, each with other pictures; that of number 0 has subtitles."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        frames = [frame for seed in range(2) for frame in scene(10 * number + seed, 10)]
        write_video(folder / f"{number}.mp4", frames, fps=10)
    (folder / "0.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nThe woodpecker is here.\n")
    return folder


def changed(folder: Path) -> Path:
    """One of them shows something else now, and there is one more."""
    write_video(folder / "1.mp4", [frame for seed in (7, 8, 9) for frame in scene(seed, 10)], fps=10)
    write_video(folder / "2.mp4", scene(33, 10), fps=10)
    return folder


def opened(library: Path) -> VideoLibrary:
    return open_library(library, create=True, encoders=["palette"], workers=1)


def known(library: VideoLibrary) -> Known:
    """All that a library knows, without the numbers its rows happen to have; asserts that it is whole."""
    found: Known = []
    catalog = library.catalog
    for path, record in catalog.files().items():
        found.append((path, record.fingerprint, record.missing, *_stages(record.stages)))
    for summary in catalog.videos(limit=10_000):
        video = catalog.video(summary.video.id)
        found += [(video.path, item.source, item.text, item.span) for item in catalog.annotations(video.id)]
        for shot in catalog.shots(video.id):
            _has_thumbnails(library, video, shot)
            for space in catalog.spaces():
                rows = np.ascontiguousarray(catalog.shot_vectors(space.space, shot.id))
                digest = hashlib.sha256(rows.tobytes()).hexdigest()
                found.append((video.path, shot.index, shot.span, shot.keyframes_us, space.space, digest))
    for space in catalog.spaces():
        assert len(library.library.store(space.space)) == space.rows
    return [*sorted(found, key=repr), *answers(library)]


def answers(library: VideoLibrary) -> Known:
    """The ten best moments for each query."""
    return [(query, *map(_hit, library.search(query, k=10).hits)) for query in QUERIES]


def is_sound(library: VideoLibrary) -> None:
    """The doctor finds nothing but what a dead process may leave lying about."""
    findings = examine(library.library)
    assert all(item.severity is Severity.NOTICE for item in findings), findings


def _has_thumbnails(library: VideoLibrary, video: Video, shot: Shot) -> None:
    """They are there, or are made again when somebody looks."""
    if all(library.library.has_thumbnail(video, at) for at in shot.keyframes_us):
        return
    client = create_app(library.engine).test_client()
    for at in shot.keyframes_us:
        with client.get(f"/thumbnail/{video.id}/{at}.jpg") as answer:
            assert answer.status_code == 200
        assert library.library.has_thumbnail(video, at)


def _stages(stages: Mapping[str, StageRecord]) -> Sequence[object]:
    return sorted((name, stage.state.value, stage.reason) for name, stage in stages.items())


def _hit(hit: Hit) -> tuple[object, ...]:
    return hit.video.path, hit.shot.span, round(hit.score, 4)
