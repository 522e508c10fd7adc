"""Small catalogs with known content."""

from datetime import UTC, datetime
from fractions import Fraction

import numpy as np

from indexer.catalog import Catalog, Row, StageRecord, State
from plugins.queries import Filters
from plugins.values import SECOND, Annotation, Shot, Space, Span, Vectors, Video

SPACE = Space("toy", "1", 8)
SCAN = StageRecord("scan", State.DONE, seconds=1.5)
ALL = Filters()


def video(path: str, *, shots: int = 3, created: datetime | None = None) -> Video:
    """A video of two seconds a shot."""
    return Video(
        id=0,
        path=path,
        fingerprint=f"{abs(hash(path)):032x}",
        duration_us=2 * shots * SECOND,
        width=640,
        height=360,
        frame_rate=Fraction(30_000, 1001),
        codec="h264",
        has_audio=True,
        created=created or datetime(2026, 1, 2, 3, 4, 5, 678, UTC),
    )


def shots(count: int = 3) -> list[Shot]:
    return [
        Shot(
            0, 0, i, Span(2 * i * SECOND, 2 * (i + 1) * SECOND), (2 * i * SECOND + 100, 2 * i * SECOND + 200)
        )
        for i in range(count)
    ]


def vectors(count: int, seed: int = 0, space: Space = SPACE) -> Vectors:
    """Rows that float16 holds without loss, as those that come back from the catalog."""
    drawn = np.random.default_rng(seed).normal(size=(count, space.dim)).astype(np.float32)
    exact = Vectors.normalised(space, drawn).data.astype(np.float16)
    return Vectors(space, exact.astype(np.float32))


def places(count: int) -> list[Row]:
    return [Row(i, 2 * i * SECOND + 100) for i in range(count)]


def publish(
    catalog: Catalog,
    path: str,
    *annotations: Annotation,
    count: int = 3,
    seed: int = 0,
    root: str = "/v",
    created: datetime | None = None,
) -> Video:
    """Enters a video with one vector a shot."""
    catalog.add_root(root)
    return catalog.publish(
        video(path, shots=count, created=created),
        root=root,
        size=1000,
        mtime_ns=5,
        stages=[SCAN, StageRecord("encode:toy", State.DONE, revision="1")],
        shots=shots(count),
        vectors={SPACE: (places(count), vectors(count, seed))},
        annotations=annotations,
    )


def said(text: str, second: float, source: str = "subtitles") -> Annotation:
    return Annotation(Span(int(second * SECOND), int(second * SECOND) + SECOND), source, text)
