"""The items of a collection, ready to show."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.catalog import Catalog, CollectionItem
from plugins.values import SECOND, Shot, Span, Video, printable
from web.cards import clock, page_url, sprites_url, thumbnail_url


@dataclass(frozen=True, slots=True)
class PickCard:
    """One moment in a collection."""

    id: int
    video: int
    """0 where the library no longer has it"""
    name: str
    """of the video"""
    path: str
    start: float
    """seconds"""
    end: float
    """seconds"""
    longest: float
    """seconds that the video lasts; 0 where that is not known"""
    clock: str
    until: str
    length: str
    label: str
    note: str
    missing: bool
    page_url: str
    thumbnail_url: str
    """empty where there is no picture"""
    sprites_url: str


def pick_cards(catalog: Catalog, items: Sequence[CollectionItem]) -> tuple[PickCard, ...]:
    """The items of a collection in its order."""
    shots: dict[int, list[Shot]] = {}
    for item in items:
        if item.video is not None and item.video.id not in shots:
            shots[item.video.id] = catalog.shots(item.video.id)
    return tuple(_card(item, shots[item.video.id] if item.video else []) for item in items)


def _card(item: CollectionItem, shots: Sequence[Shot]) -> PickCard:
    video, span = item.video, item.span
    return PickCard(
        id=item.id,
        video=video.id if video else 0,
        name=video.name if video else printable(item.path.rpartition("/")[2]),
        path=printable(item.path),
        start=span.start_us / SECOND,
        end=span.end_us / SECOND,
        longest=video.duration_us / SECOND if video else 0.0,
        clock=clock(span.start_us),
        until=clock(span.end_us),
        length=f"{span.duration_us / SECOND:.1f} s",
        label=item.label,
        note=item.note,
        missing=item.missing,
        page_url=page_url(video, span.start_us) if video else "",
        thumbnail_url=_thumbnail(video, span, shots) if video else "",
        sprites_url=sprites_url(video) if video else "",
    )


def _thumbnail(video: Video, span: Span, shots: Sequence[Shot]) -> str:
    """The key frame nearest to the middle of a span: one inside it, else one of the shot the middle is in."""
    middle = (span.start_us + span.end_us) // 2
    known = [
        (us not in span, middle not in shot.span, abs(us - middle), us)
        for shot in shots
        for us in shot.keyframes_us
    ]
    return thumbnail_url(video, min(known)[-1]) if known else ""
