"""Indexing, as JSON: what is asked for, how far it is, pause, cancel, retry; and a stream of events."""

import json
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, request, stream_with_context, url_for
from pydantic import BaseModel, Field

from indexer.jobs import Finished, Item, JobState, JobStatus, Status
from plugins.errors import InvalidValue, NotFound
from plugins.messages import Message
from plugins.values import printable
from web.access import may_still
from web.api.teaching import NOT_FOUND, Part
from web.asked import MAX_ID
from web.explain import WORDS
from web.site import site

blueprint = APIBlueprint("jobs", __name__, url_prefix="/api/v1", tag="Indexing")

HEARTBEAT_S = 10.0
"""between two signs of life of a stream on which nothing happens"""
PATIENCE_S = 0.5
"""in which a stream notices that the server stops, or that whoever listens may do so no longer"""
LISTED = 20
"""videos that wait, and that have ended, in each job"""
STARTED = secrets.token_hex(4)
"""names this run of the server: numbers of events begin anew with it"""

STREAM: dict[int | str, dict[str, str | dict[str, dict[str, Any]]]] = {
    200: {
        "description": "Events named `status`, whose data is the answer of `GET /jobs`: at once, and after"
        " every change. Lines that begin with a colon are signs of life.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    503: {"description": "As many streams are open as may be: ask `GET /jobs` now and then"},
}


class JobIn(Part):
    """What is to be brought up to date; all folders of the library where nothing is named."""

    folders: list[int] = Field(default_factory=list, max_length=1_000, description="Ids of folders.")
    files: list[int] = Field(default_factory=list, max_length=1_000, description="Ids of videos or files.")
    retry: bool = Field(False, description="Also try again what failed before.")
    again: bool = Field(False, description="Also do again what is done.")


class CancelIn(Part):
    """What is cancelled."""

    video: int | None = Field(
        None, ge=0, le=MAX_ID, description="Its `number` in the job; the whole job where it is absent."
    )


class ItemOut(BaseModel):
    """A video that waits or is being done."""

    number: int = Field(description="In its job: cancel by it.")
    name: str
    path: str
    size: int = Field(description="Bytes.")
    stage: str = Field(description="`scan`, `encode`, `annotate:NAME`; empty while it waits.")
    done: int = Field(description="Of `total`, in the measure of the stage.")
    total: int = Field(description="0 where unknown.")
    cancelling: bool


class FinishedOut(BaseModel):
    """How a file has ended."""

    name: str
    path: str
    state: str = Field(description="`done`, `partial`, `failed`, `moved`, `missing`, `cancelled`.")
    reason: str
    why: str = Field(description="The reason in words; empty where all is well.")
    detail: str
    at: datetime
    page_url: str | None


class JobOut(BaseModel):
    """Something that was asked for."""

    id: int
    paths: list[str]
    state: JobState = Field(description="`blocked`: another process writes to the library; it is waited for.")
    asked: bool = Field(description="By a person, and not by watching.")
    at: datetime
    ended: datetime | None
    message: str
    total: int = Field(description="Files to be done; 0 before it has looked.")
    done: int = Field(description="Files of these that have ended.")
    counts: dict[str, int] = Field(description="Files by how they ended; `unchanged` needed nothing.")
    size: int = Field(description="Bytes to be done.")
    size_done: float = Field(description="Bytes.")
    rate: float | None = Field(description="Bytes a second; null before it is known.")
    seconds_left: float | None = Field(description="Null before it is known.")
    active: list[ItemOut]
    waiting: list[ItemOut] = Field(description="The first of them.")
    finished: list[FinishedOut] = Field(description="The last of them, the latest first.")


class GrowingOut(BaseModel):
    """A file that is still being written."""

    name: str
    path: str
    size: int


class JobsOut(BaseModel):
    """All of it: the job under way, those that wait, those that are over."""

    paused: bool
    jobs: list[JobOut]
    writing: list[GrowingOut]
    absent: list[str] = Field(description="Watched folders that were not there, or empty, at the last look.")
    version: str = Field(description="Another one means that something has changed.")


ONLY_SHOWN = {422: "This server shows the library and does not change it"}


@blueprint.get("/jobs")
@blueprint.output(JobsOut)
@blueprint.doc(responses=ONLY_SHOWN)
def list_jobs() -> JobsOut:
    """What is being indexed, what waits, and what has ended; `GET /events` says it as it happens."""
    return jobs_out(site().indexing.status)


@blueprint.post("/jobs")
@blueprint.input(JobIn, arg_name="asked")
@blueprint.output(JobOut, status_code=202)
@blueprint.doc(responses=NOT_FOUND)
def add_job(asked: JobIn) -> JobOut:
    """Brings folders or single files up to date, after what was asked for before."""
    return _job_out(site().indexing.index(_paths(asked), retry=asked.retry, again=asked.again))


@blueprint.post("/jobs/pause")
@blueprint.output({}, status_code=204)
@blueprint.doc(responses=ONLY_SHOWN)
def pause_jobs() -> str:
    """No further video is begun; those under way are finished. The library stays reserved for the job."""
    site().indexing.pause()
    return ""


@blueprint.post("/jobs/resume")
@blueprint.output({}, status_code=204)
@blueprint.doc(responses=ONLY_SHOWN)
def resume_jobs() -> str:
    """Goes on."""
    site().indexing.pause(False)
    return ""


@blueprint.post("/jobs/<int:job_id>/cancel")
@blueprint.input(CancelIn, arg_name="what")
@blueprint.output({}, status_code=204)
@blueprint.doc(responses=NOT_FOUND)
def cancel_job(job_id: int, what: CancelIn) -> str:
    """Ends a job, or one video of it. What was finished is kept."""
    site().indexing.cancel(job_id, what.video)
    return ""


@blueprint.get("/events")
@blueprint.doc(responses=STREAM)
def stream_events() -> Response:
    """Progress as server-sent events. The stream ends soon after whoever listens has lost the right to."""
    site().indexing  # noqa: B018  says where there is none
    streams = site().streams
    if not streams.acquire(blocking=False):
        abort(503, Message("There are as many streams as there may be; ask /api/v1/jobs now and then."))
    events = stream_with_context(_events(request.headers.get("Last-Event-ID", "")))
    response = Response(events, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(streams.release)
    return response


def _events(known: str) -> Iterator[str]:
    """Whoever says what he knows last hears only what is new."""
    service = site().indexing
    is_gone = request.environ.get("waitress.client_disconnected", lambda: False)
    status, silent_s = service.status, 0.0
    yield "retry: 2000\n\n"
    while not service.is_closing and not is_gone() and may_still():
        document = jobs_out(status)
        if document.version != known:
            known, silent_s = document.version, 0.0
            yield f"event: status\nid: {known}\ndata: {json.dumps(document.model_dump(mode='json'))}\n\n"
        elif silent_s >= HEARTBEAT_S:
            silent_s = 0.0
            yield ": still here\n\n"
        changed = service.wait(status.version, PATIENCE_S)
        silent_s += PATIENCE_S
        status = changed


def jobs_out(status: Status) -> JobsOut:
    return JobsOut(
        paused=status.paused,
        jobs=[_job_out(job) for job in status.jobs],
        writing=[
            GrowingOut(name=_name(item.path), path=printable(item.path), size=item.size)
            for item in status.growing[:LISTED]
        ],
        absent=[printable(path) for path in status.absent],
        version=f"{STARTED}-{status.version}",
    )


def _paths(asked: JobIn) -> list[str]:
    """
    Raises:
        NotFound: a folder or file is not known, or none of the folders is there
        InvalidValue: the library has no folder yet
    """
    catalog = site().engine.library.catalog
    if asked.folders or asked.files:
        folders = [catalog.folder(id_).path for id_ in asked.folders]
        return folders + [catalog.file(id_).path for id_ in asked.files]
    folders = [item.path for item in catalog.library_folders()]
    if not folders:
        raise InvalidValue("the library has no folder yet; add one")
    there = [path for path in folders if Path(path).exists()]
    if not there:
        raise NotFound("none of the folders is there; is a disk not connected?")
    return there


def _job_out(job: JobStatus) -> JobOut:
    return JobOut(
        id=job.id,
        paths=[printable(path) for path in job.paths],
        state=job.state,
        asked=job.asked,
        at=job.at,
        ended=job.ended,
        message=printable(job.message),
        total=job.total,
        done=job.done,
        counts=dict(job.counts),
        size=job.size,
        size_done=job.size_done,
        rate=job.rate,
        seconds_left=job.seconds_left,
        active=[_item_out(item) for item in job.active],
        waiting=[_item_out(item) for item in job.waiting[:LISTED]],
        finished=[_finished_out(item) for item in job.finished[:LISTED]],
    )


def _item_out(item: Item) -> ItemOut:
    return ItemOut(
        number=item.number,
        name=_name(item.path),
        path=printable(item.path),
        size=item.size,
        stage=item.stage,
        done=item.done,
        total=item.total,
        cancelling=item.cancelling,
    )


def _finished_out(item: Finished) -> FinishedOut:
    return FinishedOut(
        name=_name(item.path),
        path=printable(item.path),
        state=item.stage,
        reason=item.reason,
        why=WORDS[item.reason][0] if item.reason in WORDS else "",
        detail=printable(item.detail),
        at=item.at,
        page_url=None if item.video is None else url_for("pages.video", video_id=item.video),
    )


def _name(path: str) -> str:
    return printable(Path(path).name)
