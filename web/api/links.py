"""Links for players, which have no cookies."""

from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import url_for
from pydantic import BaseModel, Field

from web.access import has_to_log_in
from web.api.teaching import NOT_FOUND, Part
from web.links import DEFAULT_S, MAX_S
from web.site import site

blueprint = APIBlueprint("links", __name__, url_prefix="/api/v1", tag="Access")


class LinkIn(Part):
    """How long a link works."""

    seconds: int = Field(DEFAULT_S, ge=1, le=MAX_S)


class LinkOut(BaseModel):
    """An address that needs no login."""

    url: str
    ends: datetime | None = Field(description="Null where nobody has to log in.")


@blueprint.post("/videos/<int:video_id>/link")
@blueprint.input(LinkIn, arg_name="asked")
@blueprint.output(LinkOut)
@blueprint.doc(responses=NOT_FOUND)
def make_link(video_id: int, asked: LinkIn) -> LinkOut:
    """The address of a video for a player that cannot log in. Whoever has it sees the video."""
    video = site().engine.library.catalog.video(video_id)
    if not has_to_log_in():
        return LinkOut(url=url_for("media.media", video_id=video.id, _external=True), ends=None)
    signed, until = site().links.sign(video.id, asked.seconds)
    url = url_for("media.media", video_id=video.id, _external=True, **signed)
    return LinkOut(url=url, ends=datetime.fromtimestamp(until, UTC))
