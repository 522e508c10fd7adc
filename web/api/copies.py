"""Copies and overlaps inside the library, as JSON: some videos at a time, since files are compared."""

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from plugins.values import SECOND, Span, Video, printable
from search.duplicates import Looking, Overlap
from web.api.schemas import VideoRef
from web.asked import MAX_ID, Parameters
from web.site import site

blueprint = APIBlueprint("copies", __name__, url_prefix="/api/v1", tag="Copies")


class CopiesParameters(Parameters):
    """Which videos are compared with all others."""

    limit: int = Field(10, ge=1, le=50, description="How many videos are looked at.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="How many to leave out, by name.")


class PieceOut(BaseModel):
    """A part of a video."""

    video: VideoRef
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds, exclusive.")


class OverlapOut(BaseModel):
    """The same content in two videos."""

    one: PieceOut
    other: PieceOut
    mirrored: bool
    score: float = Field(description="0 to 1.")


class CopiesOut(BaseModel):
    """What some videos share with others; each pair is named once in all pages."""

    overlaps: list[OverlapOut]
    notes: list[str] = Field(description="Which files could not be compared.")
    next_offset: int | None = Field(description="Ask on from here; null where there is no more.")


@blueprint.get("/duplicates")
@blueprint.input(CopiesParameters, location="query", arg_name="part")
@blueprint.output(CopiesOut)
def list_duplicates(part: CopiesParameters) -> CopiesOut:
    """Pieces of two videos that show the same. Decodes, so it takes seconds; ask for few videos at a time."""
    engine = site().engine
    found = engine.library.catalog.videos(offset=part.offset, limit=part.limit + 1)
    looking = Looking(engine)
    overlaps = [item for summary in found[: part.limit] for item in looking.of(summary.video)]
    return CopiesOut(
        overlaps=[_overlap_out(item) for item in overlaps],
        notes=looking.notes,
        next_offset=part.offset + part.limit if len(found) > part.limit else None,
    )


def _overlap_out(item: Overlap) -> OverlapOut:
    return OverlapOut(
        one=_piece_out(item.one, item.one_span),
        other=_piece_out(item.other, item.other_span),
        mirrored=item.mirrored,
        score=item.score,
    )


def _piece_out(video: Video, span: Span) -> PieceOut:
    ref = VideoRef(id=video.id, path=printable(video.path), name=video.name)
    return PieceOut(video=ref, start=span.start_us / SECOND, end=span.end_us / SECOND)
