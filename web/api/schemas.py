"""What the JSON API answers, as models: they make the OpenAPI document and the bodies alike."""

from datetime import datetime

from flask import url_for
from pydantic import BaseModel, Field

from indexer.catalog import Problem, SpaceRecord, State, VideoSummary
from plugins.queries import Evidence, Hit
from plugins.values import SECOND, Annotation, Shot, Video, printable, timecode
from web.cards import media_url, nearest_keyframe, page_url, pieces, thumbnail_url


class VideoRef(BaseModel):
    """A video, as hits name it."""

    id: int
    path: str = Field(
        description="For showing: bytes that are not UTF-8 are replaced. The id names the video."
    )
    name: str


class EvidenceOut(BaseModel):
    """One ranked list that a hit stood in."""

    source: str = Field(description="An encoder's reference, or `words`.")
    rank: int = Field(description="1 is best.")
    score: float = Field(description="In the source's own measure; compare only inside one source.")
    at: float = Field(description="The moment that scored, seconds.")
    snippet: str | None = Field(description="The text that matched; only from `words`.")
    matches: list[tuple[int, int]] = Field(
        description="Where in `snippet` the matching words stand: start and end, in characters."
    )


class HitOut(BaseModel):
    """One shot that answers a query."""

    video: VideoRef
    shot: int = Field(description="Ask for its like with `like=`.")
    start: float = Field(description="Of the shot, seconds.")
    end: float = Field(description="Of the shot, seconds, exclusive.")
    at: float = Field(description="Where to start playing, seconds.")
    timecode: str = Field(description="`at` as H:MM:SS.mmm.")
    moment_start: float = Field(description="Of the part that answers, seconds.")
    moment_end: float = Field(
        description="Of the part that answers, or of the last step asked for, seconds, exclusive."
    )
    confidence: str | None = Field(description="`strong`, `likely`, `weak`; null where nothing is known.")
    score: float = Field(description="Orders the hits of one query and compares with nothing else.")
    evidence: list[EvidenceOut] = Field(description="Why it was found, best first.")
    media_url: str = Field(description="The video itself; answers byte ranges.")
    thumbnail_url: str
    page_url: str


class SearchOut(BaseModel):
    """The answer to a query."""

    hits: list[HitOut] = Field(description="Best first.")
    convincing: bool = Field(description="Whether any of these hits is more than weak.")
    notes: list[str] = Field(description="What was left out and why, one line each.")
    next_offset: int | None = Field(description="Ask on from here; null where there is no more.")
    upload: str | None = Field(description="Ask again for what was sent, with `GET` and `upload=`.")


class ShotOut(BaseModel):
    """An unbroken piece of a video."""

    id: int
    index: int = Field(description="From 0, in order of time.")
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds, exclusive.")
    keyframes: list[float] = Field(description="Seconds.")
    thumbnail_url: str
    page_url: str


class ShotsOut(BaseModel):
    """The shots of a video: they touch, never overlap, and cover it."""

    shots: list[ShotOut]


class LineOut(BaseModel):
    """Something that is said, shown or written, and when."""

    start: float
    end: float
    source: str
    text: str
    language: str | None


class VideoOut(VideoRef):
    """A video of the library."""

    duration: float = Field(description="Seconds.")
    width: int = Field(description="Pixels, upright.")
    height: int = Field(description="Pixels, upright.")
    frame_rate: float | None = Field(description="Frames a second; a hint, null where the file does not say.")
    codec: str
    has_audio: bool
    created: datetime | None
    missing: bool = Field(description="The file was not there at the last look.")
    media_url: str
    page_url: str


class VideoDetailOut(VideoOut):
    """A video and the text that belongs to it."""

    lines: list[LineOut]


class ListedVideoOut(VideoOut):
    """A video in a list."""

    shots: int
    state: State = Field(description="`partial`: some of it could not be decoded.")
    indexed_at: datetime


class VideosOut(BaseModel):
    """A part of the library."""

    videos: list[ListedVideoOut]
    total: int = Field(description="How many there are in all parts.")
    next_offset: int | None = Field(description="Ask on from here; null where there is no more.")


class ProblemOut(BaseModel):
    """A file that could not be indexed, or not wholly."""

    file: int = Field(description="Its id: try it again with `POST /jobs`.")
    path: str
    stage: str
    state: State
    reason: str = Field(description="A stable code: `no-video`, `timeout`, …")
    detail: str
    at: datetime


class ProblemsOut(BaseModel):
    """What failed."""

    problems: list[ProblemOut]
    total: int = Field(description="How many there are in all parts.")
    next_offset: int | None = Field(description="Ask on from here; null where there is no more.")


class SpaceOut(BaseModel):
    """The vectors of one encoder."""

    encoder: str = Field(description="Its reference; give it as `encoder=` to ask only this one.")
    revision: str
    dim: int
    rows: int
    videos: int
    asked: bool = Field(description="Whether searches that name no encoder ask it.")


class SpacesOut(BaseModel):
    """Every space of the library."""

    spaces: list[SpaceOut]


class PluginOut(BaseModel):
    """An installed plugin."""

    kind: str
    name: str
    target: str
    distribution: str
    version: str
    problem: str | None = Field(description="Why it cannot be used; null where it can.")
    needs_weights: bool = Field(description="Whether `shotseek pull NAME` must fetch its weights first.")


class PluginsOut(BaseModel):
    """Every installed plugin."""

    plugins: list[PluginOut]


class HealthOut(BaseModel):
    """The server answers."""

    status: str
    version: str
    videos: int | None = Field(description="Null for whoever may not see them.")


def hit_out(hit: Hit) -> HitOut:
    return HitOut(
        video=VideoRef.model_validate(_ref(hit.video)),
        shot=hit.shot.id,
        start=hit.shot.span.start_us / SECOND,
        end=hit.shot.span.end_us / SECOND,
        at=hit.at_us / SECOND,
        timecode=timecode(hit.at_us),
        moment_start=hit.span.start_us / SECOND,
        moment_end=hit.span.end_us / SECOND,
        confidence=hit.confidence.name.lower() if hit.confidence else None,
        score=hit.score,
        evidence=[_evidence_out(evidence) for evidence in hit.evidence],
        media_url=media_url(hit.video),
        thumbnail_url=thumbnail_url(hit.video, nearest_keyframe(hit.shot, hit.at_us)),
        page_url=page_url(hit.video, hit.at_us),
    )


def shot_out(video: Video, shot: Shot) -> ShotOut:
    return ShotOut(
        id=shot.id,
        index=shot.index,
        start=shot.span.start_us / SECOND,
        end=shot.span.end_us / SECOND,
        keyframes=[us / SECOND for us in shot.keyframes_us],
        thumbnail_url=thumbnail_url(video, shot.keyframes_us[0]),
        page_url=page_url(video, shot.span.start_us),
    )


def video_detail_out(video: Video, annotations: list[Annotation]) -> VideoDetailOut:
    lines = [_line_out(annotation) for annotation in annotations]
    return VideoDetailOut.model_validate(_video(video) | {"lines": lines})


def listed_video_out(summary: VideoSummary) -> ListedVideoOut:
    more = {"shots": summary.shots, "state": summary.state, "indexed_at": summary.indexed_at}
    return ListedVideoOut.model_validate(_video(summary.video) | more)


def problem_out(problem: Problem) -> ProblemOut:
    return ProblemOut(
        file=problem.file_id,
        path=printable(problem.path),
        stage=problem.stage,
        state=problem.state,
        reason=problem.reason,
        detail=printable(problem.detail),
        at=problem.at,
    )


def space_out(record: SpaceRecord) -> SpaceOut:
    space = record.space
    return SpaceOut(
        encoder=space.encoder,
        revision=space.revision,
        dim=space.dim,
        rows=record.rows,
        videos=record.videos,
        asked=record.asked,
    )


def _ref(video: Video) -> dict[str, object]:
    return {"id": video.id, "path": printable(video.path), "name": video.name}


def _video(video: Video) -> dict[str, object]:
    return _ref(video) | {
        "duration": video.duration_us / SECOND,
        "width": video.width,
        "height": video.height,
        "frame_rate": None if video.frame_rate is None else float(video.frame_rate),
        "codec": video.codec,
        "has_audio": video.has_audio,
        "created": video.created,
        "missing": video.missing,
        "media_url": media_url(video),
        "page_url": url_for("pages.video", video_id=video.id),
    }


def _line_out(annotation: Annotation) -> LineOut:
    return LineOut(
        start=annotation.span.start_us / SECOND,
        end=annotation.span.end_us / SECOND,
        source=annotation.source,
        text=annotation.text,
        language=annotation.language,
    )


def _evidence_out(evidence: Evidence) -> EvidenceOut:
    snippet = evidence.snippet
    return EvidenceOut(
        source=evidence.source,
        rank=evidence.rank,
        score=evidence.score,
        at=evidence.at_us / SECOND,
        snippet=None if snippet is None else "".join(piece.text for piece in pieces(snippet)),
        matches=[] if snippet is None else _matches(snippet),
    )


def _matches(snippet: str) -> list[tuple[int, int]]:
    """Where the marked words stand once the marks are gone."""
    found: list[tuple[int, int]] = []
    position = 0
    for piece in pieces(snippet):
        if piece.marked:
            found.append((position, position + len(piece.text)))
        position += len(piece.text)
    return found
