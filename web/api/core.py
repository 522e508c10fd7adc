"""The JSON API. One shape for lists, one for errors (`web.errors`); `/api/v1/openapi.json` describes it."""

from importlib.metadata import version
from typing import BinaryIO, cast

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from pydantic import BaseModel, ConfigDict, Field, model_validator
from werkzeug.datastructures import FileStorage

from indexer.catalog import Catalog
from plugins.errors import PluginError
from plugins.messages import Message
from plugins.registry import Kind, Listing, installed, load
from plugins.weights import is_ready
from search.query import picture
from web.access import count_upload, may
from web.api.schemas import (
    HealthOut,
    PluginOut,
    PluginsOut,
    ProblemsOut,
    SearchOut,
    ShotsOut,
    SpacesOut,
    VideoDetailOut,
    VideosOut,
    hit_out,
    listed_video_out,
    problem_out,
    shot_out,
    space_out,
    video_detail_out,
)
from web.asked import PageParameters, PartParameters, SearchParameters, search
from web.site import site

DESCRIPTION = "Find moments in video by a sentence, a picture or a clip. Times are seconds."

blueprint = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="Shotseek")


NOT_FOUND = {404: "There is no such thing here"}
TOO_LARGE = {413: "The file is larger than the server takes"}


class Sent(BaseModel):
    """A picture or a clip to search with: exactly one of them."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    image: UploadFile | None = Field(None, description="JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF.")
    clip: UploadFile | None = Field(None, description="Any video the library could index.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Sent":
        if (self.image is None) == (self.clip is None):
            raise ValueError(Message("send exactly one file, as `image` or as `clip`"))
        return self

    @property
    def file(self) -> FileStorage:
        return cast(FileStorage, self.image or self.clip)


@blueprint.get("/search")
@blueprint.input(SearchParameters, location="query", arg_name="asked")
@blueprint.output(SearchOut)
@blueprint.doc(responses=NOT_FOUND)
def get_search(asked: SearchParameters) -> SearchOut:
    """Search by sentence, by a shot of the library, or by something sent before."""
    return _search(asked)


@blueprint.post("/search")
@blueprint.input(SearchParameters, location="query", arg_name="asked")
@blueprint.input(Sent, location="files", arg_name="sent")
@blueprint.output(SearchOut)
@blueprint.doc(responses=NOT_FOUND | TOO_LARGE)
def post_search(asked: SearchParameters, sent: Sent) -> SearchOut:
    """Search by a picture or a clip. What was sent stays for a while and can be asked again by `upload`."""
    count_upload()
    upload = site().uploads.save(cast(BinaryIO, sent.file.stream))
    if sent.image is not None:
        picture(site().uploads.path(upload))  # refuses, in plain words, what is not one
    return _search(asked.model_copy(update={"upload": upload}))


def _search(asked: SearchParameters) -> SearchOut:
    results, more = search(asked, site())
    return SearchOut(
        hits=[hit_out(hit) for hit in results.hits],
        convincing=results.convincing,
        notes=list(results.notes),
        next_offset=asked.offset + asked.k if more else None,
        upload=asked.upload,
    )


@blueprint.get("/videos")
@blueprint.input(PageParameters, location="query", arg_name="part")
@blueprint.output(VideosOut)
def list_videos(part: PageParameters) -> VideosOut:
    """The videos of the library."""
    found = _catalog().videos(
        offset=part.offset, limit=part.limit + 1, text=part.text, state=part.state, order=part.order
    )
    more = len(found) > part.limit
    return VideosOut(
        total=_catalog().count_videos(part.text, part.state),
        videos=[listed_video_out(summary) for summary in found[: part.limit]],
        next_offset=part.offset + part.limit if more else None,
    )


@blueprint.get("/videos/<int:video_id>")
@blueprint.output(VideoDetailOut)
@blueprint.doc(responses=NOT_FOUND)
def get_video(video_id: int) -> VideoDetailOut:
    """One video, with what is said and shown in it."""
    return video_detail_out(_catalog().video(video_id), _catalog().annotations(video_id))


@blueprint.get("/videos/<int:video_id>/shots")
@blueprint.output(ShotsOut)
@blueprint.doc(responses=NOT_FOUND)
def list_shots(video_id: int) -> ShotsOut:
    """The shots of a video, in order of time."""
    video = _catalog().video(video_id)
    return ShotsOut(shots=[shot_out(video, shot) for shot in _catalog().shots(video_id)])


@blueprint.get("/problems")
@blueprint.input(PartParameters, location="query", arg_name="part")
@blueprint.output(ProblemsOut)
def list_problems(part: PartParameters) -> ProblemsOut:
    """Files that could not be indexed, or not wholly, and why; the latest first."""
    found = _catalog().problems(offset=part.offset, limit=part.limit + 1)
    return ProblemsOut(
        total=_catalog().count_problems(),
        problems=[problem_out(problem) for problem in found[: part.limit]],
        next_offset=part.offset + part.limit if len(found) > part.limit else None,
    )


@blueprint.get("/spaces")
@blueprint.output(SpacesOut)
def list_spaces() -> SpacesOut:
    """The encoders that videos here were indexed with."""
    return SpacesOut(spaces=[space_out(record) for record in _catalog().spaces()])


@blueprint.get("/plugins")
@blueprint.output(PluginsOut)
def list_plugins() -> PluginsOut:
    """What is installed, and what of it cannot be used."""
    return PluginsOut(plugins=plugins())


@blueprint.get("/health")
@blueprint.output(HealthOut)
def get_health() -> HealthOut:
    """Whether the server answers. Everybody may ask, and hears no more than that if they may not more."""
    videos = _catalog().count_videos() if may("api.list_videos") else None
    return HealthOut(status="ok", version=version("shotseek"), videos=videos)


def plugins() -> list[PluginOut]:
    """Every installed plugin, each tried: a broken one says why."""
    return [_plugin(listing) for kind in Kind for listing in installed(kind)]


def _plugin(listing: Listing) -> PluginOut:
    problem, needs_weights = None, False
    try:
        load(listing.kind, listing.name)
        if listing.kind is Kind.ENCODER:
            needs_weights = not is_ready(site().engine.encoder(listing.name))
    except PluginError as error:
        problem = str(error)
    return PluginOut(
        kind=listing.kind.label,
        name=listing.name,
        target=listing.target,
        distribution=listing.distribution,
        version=listing.version,
        problem=problem,
        needs_weights=needs_weights,
    )


def _catalog() -> Catalog:
    return site().engine.library.catalog
