"""Where the clip of a query is from, as the first hit of its answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from plugins.errors import PluginError
from plugins.messages import Message
from plugins.queries import Clip, Confidence, Evidence, Filters, Hit, Piece, Query
from plugins.values import Shot, Space, Span
from search.align import Alignment
from search.arrange import Chain
from search.sketch import Strip
from search.votes import Vote, votes

if TYPE_CHECKING:
    from search.engine import Engine

ALIGNMENT = "alignment"
"""The source of hits that are the clip itself."""

NOWHERE = Message("the clip itself is not in the library; this is what looks like it")
NOWHERE_ELSE = Message("no other video of the library has this piece; this is what looks like it")


def origins(engine: "Engine", query: Query, spaces: Sequence[Space]) -> tuple[list[Hit], list[Message]]:
    """Where each clip that is asked for is from, and what is to be said about it.

    Raises:
        MediaError: a clip cannot be decoded
    """
    hits, notes = list[Hit](), list[Message]()
    for clip in query.terms if not query.then else ():
        if isinstance(clip, Clip | Piece) and clip.weight > 0:
            looked = engine.clips.strip(clip.path) if isinstance(clip, Clip) else engine.pieces.strip(clip)
            if not len(looked):  # shorter than a frame
                continue
            cast = list(_votes(engine, clip, looked, spaces, query.filters))
            found, missing = engine.aligner.align(looked, cast)
            notes += missing
            if found is None:
                notes.append(NOWHERE if isinstance(clip, Clip) else NOWHERE_ELSE)
            else:
                hits.append(_hit(engine, found))
    return hits, notes


def first(
    known: Sequence[Hit],
    found: Sequence[Chain],
    shown: Callable[[Sequence[Chain]], Iterator[Hit]],
    k: int,
    offset: int,
) -> tuple[Hit, ...]:
    """A page of an answer that begins with what a clip is from.

    Args:
        known: see `origins`
        found: what else was found, best first
        shown: makes hits of those on the page
    """
    shots = {hit.shot.id for hit in known}
    others = [chain for chain in found if shots.isdisjoint(part.shot_id for part in chain.parts)]
    begin = max(0, offset - len(known))
    page = known[offset : offset + k]
    return *page, *shown(others[begin : begin + k - len(page)])


def _votes(
    engine: "Engine", clip: Clip | Piece, looked: Strip, spaces: Sequence[Space], filters: Filters
) -> Iterator[Vote]:
    """What every space says; of a piece, about other videos. That an encoder cannot be asked is said where it
    is asked for similar shots."""
    own = clip.video_id if isinstance(clip, Piece) else None
    if isinstance(clip, Clip):
        images, times = engine.clips.voters(clip.path)
    else:
        images, times = engine.pieces.voters(clip, looked)
    for space in spaces:
        try:
            rows = engine.encode(space, clip, [[image] for image in images])
        except PluginError:
            continue
        for vote in votes(engine.library, rows, times, filters):
            if vote.video.id != own:
                yield vote


def _hit(engine: "Engine", found: Alignment) -> Hit:
    video, span = found.video, found.match.other
    shot = max(engine.library.catalog.shots(video.id), key=lambda shot: _shared(shot, span))
    score = found.match.score
    evidence = Evidence(ALIGNMENT, 1, score, span.start_us, end_us=span.end_us)
    return Hit(shot, video, span.start_us, span, score, (evidence,), Confidence.STRONG)


def _shared(shot: Shot, span: Span) -> int:
    return min(shot.span.end_us, span.end_us) - max(shot.span.start_us, span.start_us)
