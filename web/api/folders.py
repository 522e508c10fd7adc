"""The folders of the library and what is taken out of it, as JSON. See docs/library.md."""

from datetime import datetime
from pathlib import Path

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from indexer.catalog import Catalog, FolderRecord
from indexer.folders import add, complete
from plugins.errors import NotFound
from plugins.values import printable
from web.api.teaching import NOT_FOUND, Part
from web.asked import Parameters
from web.site import site

blueprint = APIBlueprint("folders", __name__, url_prefix="/api/v1", tag="Folders")


class FolderIn(Part):
    """A folder that is to be looked at."""

    path: str = Field(min_length=1, max_length=4_096, description="Whole, or below `~`.")
    watched: bool = Field(True, description="New files in it are indexed by themselves.")


class WatchIn(Part):
    """Whether new files are indexed by themselves."""

    watched: bool


class ForgetIn(Part):
    """What goes with a folder."""

    videos: bool = Field(False, description="Forget its videos, too; else they stay and are found.")


class RemoveIn(Part):
    """How a video is removed."""

    keep_out: bool = Field(
        True, description="Leave the file out when its folder is indexed again; else it comes back as new."
    )


class FolderOut(BaseModel):
    """A folder, or single file, that is looked at for videos."""

    id: int
    path: str
    watched: bool
    absent: bool = Field(description="It was not there, or empty, at the last look.")
    looked: datetime | None = Field(description="When it was compared with what is known.")
    videos: int
    failed: int
    missing: int = Field(description="Videos whose files were not there at the last look.")
    size: int = Field(description="Bytes of all files.")


class FoldersOut(BaseModel):
    """Every folder, by path."""

    folders: list[FolderOut]


class LeftOutOut(BaseModel):
    """A file that is left out when its folder is indexed."""

    id: int
    path: str


class LeftOutsOut(BaseModel):
    """Every such file, by path."""

    files: list[LeftOutOut]


class CompletionParameters(Parameters):
    """What was typed so far."""

    path: str = Field("", max_length=4_096)


class CompletionsOut(BaseModel):
    """Folders whose path begins so."""

    paths: list[str]


class ForgottenOut(BaseModel):
    """What was forgotten."""

    videos: int


@blueprint.get("/folders")
@blueprint.output(FoldersOut)
def list_folders() -> FoldersOut:
    """The folders that are looked at for videos."""
    return FoldersOut(folders=folders_out())


@blueprint.get("/folders/completions")
@blueprint.input(CompletionParameters, location="query", arg_name="typed")
@blueprint.output(CompletionsOut)
def complete_folder(typed: CompletionParameters) -> CompletionsOut:
    """Names of folders on this machine, at most 50; nothing of what is in them. On this machine only."""
    site().indexing  # noqa: B018  nothing is told where nothing can be added
    return CompletionsOut(paths=complete(typed.path))


@blueprint.post("/folders")
@blueprint.input(FolderIn, arg_name="sent")
@blueprint.output(FolderOut, status_code=201)
@blueprint.doc(responses=NOT_FOUND)
def add_folder(sent: FolderIn) -> FolderOut:
    """Adds a folder and indexes it."""
    service = site().indexing
    found = add(site().engine.library, sent.path.strip(), watched=sent.watched)
    service.index([found.path])
    return _folder_out(found)


@blueprint.put("/folders/<int:folder_id>")
@blueprint.input(WatchIn, arg_name="sent")
@blueprint.output(FolderOut)
@blueprint.doc(responses=NOT_FOUND)
def watch_folder(folder_id: int, sent: WatchIn) -> FolderOut:
    """Whether new files in a folder are indexed by themselves."""
    service = site().indexing
    _catalog().set_watched(folder_id, sent.watched)
    service.watcher.look_now()
    return _folder_out(_catalog().folder(folder_id))


@blueprint.delete("/folders/<int:folder_id>")
@blueprint.input(ForgetIn, arg_name="sent")
@blueprint.output(ForgottenOut)
@blueprint.doc(responses=NOT_FOUND)
def forget_folder(folder_id: int, sent: ForgetIn) -> ForgottenOut:
    """Looks at a folder no more. Files are never touched."""
    service, library = site().indexing, site().engine.library
    path = library.catalog.folder(folder_id).path
    for job in service.status.jobs:
        if not job.state.is_over and job.paths == (path,):
            service.cancel(job.id)

    def forget() -> int:
        with library.writing():
            return library.catalog.forget_folder(folder_id, videos=sent.videos)

    return ForgottenOut(videos=service.do(forget))


@blueprint.delete("/videos/<int:video_id>")
@blueprint.input(RemoveIn, arg_name="sent")
@blueprint.output({}, status_code=204)
@blueprint.doc(responses=NOT_FOUND)
def remove_video(video_id: int, sent: RemoveIn) -> str:
    """Takes a video, or a file that failed, out of the library. The file itself is never touched."""
    service, library = site().indexing, site().engine.library
    path = library.catalog.file(video_id).path

    def remove() -> int:
        with library.writing():
            return (library.catalog.leave_out if sent.keep_out else library.catalog.remove)([video_id])

    service.forget([path])
    if not service.do(remove):
        raise NotFound("no video %(video_id)s in the library any more", video_id=video_id)
    return ""


@blueprint.get("/left-out")
@blueprint.output(LeftOutsOut)
def list_left_out() -> LeftOutsOut:
    """Files that were removed and are left out when their folders are indexed."""
    found = _catalog().left_out()
    return LeftOutsOut(files=[LeftOutOut(id=item.id, path=printable(item.path)) for item in found])


@blueprint.delete("/left-out/<int:file_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(responses=NOT_FOUND)
def bring_back(file_id: int) -> str:
    """Leaves a file out no more, and indexes it if it is there."""
    found = next((item for item in _catalog().left_out() if item.id == file_id), None)
    if found is None:
        raise NotFound("no file %(file_id)s is left out", file_id=file_id)
    service = site().indexing
    _catalog().bring_back([found.path])
    if Path(found.path).exists():
        service.index([found.path])
    return ""


def folders_out() -> list[FolderOut]:
    return [_folder_out(item) for item in _catalog().library_folders()]


def _folder_out(item: FolderRecord) -> FolderOut:
    service = site().service
    status = service.status if service is not None else None
    looked = status.looked.get(item.path) if status is not None else None
    return FolderOut(
        id=item.id,
        path=printable(item.path),
        watched=item.watched,
        absent=status is not None and item.path in status.absent,
        looked=max(filter(None, (looked, item.looked_at)), default=None),
        videos=item.videos,
        failed=item.failed,
        missing=item.missing,
        size=item.size,
    )


def _catalog() -> Catalog:
    return site().engine.library.catalog
