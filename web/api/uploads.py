"""Large clips, sent in parts: what broke off is gone on with, not begun again."""

from typing import BinaryIO, cast

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel, Field

from web.access import count_upload, visitor
from web.api.core import NOT_FOUND, TOO_LARGE
from web.api.teaching import Part
from web.asked import MAX_ID, Parameters
from web.site import site
from web.uploads import MAX_PART, Unfinished

blueprint = APIBlueprint("uploads", __name__, url_prefix="/api/v1", tag="Uploads")


class UploadIn(Part):
    """A file that will come."""

    size: int = Field(ge=1, le=MAX_ID, description="Bytes.")


class PartAt(Parameters):
    """Where a part belongs."""

    offset: int = Field(ge=0, le=MAX_ID, description="Bytes before it; as many as are there already.")


class UploadOut(BaseModel):
    """How much of a file is there."""

    id: str
    size: int
    offset: int = Field(description="Where the next part begins.")
    part: int = Field(description="Bytes that one part may have.")
    upload: str | None = Field(description="To search with, once all of it is there; null before.")


@blueprint.post("/uploads")
@blueprint.input(UploadIn, arg_name="sent")
@blueprint.output(UploadOut, status_code=201)
@blueprint.doc(responses=TOO_LARGE)
def begin_upload(sent: UploadIn) -> UploadOut:
    """Announces a file that comes in parts."""
    count_upload()
    return _upload_out(site().uploads.begin(sent.size, visitor().name))


@blueprint.get("/uploads/<id_>")
@blueprint.output(UploadOut)
@blueprint.doc(responses=NOT_FOUND)
def get_upload(id_: str) -> UploadOut:
    """How much of it is there."""
    return _upload_out(site().uploads.unfinished(id_, visitor().name))


@blueprint.put("/uploads/<id_>")
@blueprint.input(PartAt, location="query", arg_name="at")
@blueprint.output(UploadOut)
@blueprint.doc(responses=NOT_FOUND | TOO_LARGE)
def add_part(id_: str, at: PartAt) -> UploadOut:
    """The next part, as the body. One that does not begin where the file ends is refused, and says where."""
    count_upload()
    request.max_content_length = MAX_PART + 1  # werkzeug refuses what reaches the limit where a server counts
    known = site().uploads.unfinished(id_, visitor().name)
    return _upload_out(site().uploads.add(known, at.offset, cast(BinaryIO, request.stream)))


@blueprint.delete("/uploads/<id_>")
@blueprint.output({}, status_code=204)
@blueprint.doc(responses=NOT_FOUND)
def drop_upload(id_: str) -> str:
    """Forgets what has come so far."""
    site().uploads.drop(site().uploads.unfinished(id_, visitor().name))
    return ""


def _upload_out(upload: Unfinished) -> UploadOut:
    return UploadOut(
        id=upload.id, size=upload.size, offset=upload.offset, part=MAX_PART, upload=upload.finished
    )
