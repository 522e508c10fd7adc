"""The JSON API of maps: where the shots of the library lie by likeness."""

from base64 import b64encode

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, Field

from indexer.catalog import Catalog
from plugins.errors import InvalidQuery
from plugins.values import SECOND, Ids, printable
from search.atlas import Atlas
from search.legend import By, groups, parts
from search.maps import Region
from web.api.core import NOT_FOUND
from web.api.schemas import VideoRef
from web.asked import Parameters, Shots
from web.cards import clock, nearest_keyframe, page_url, thumbnail_url
from web.compress import TABLE
from web.media import FOREVER
from web.site import site
from web.texts import answered

blueprint = APIBlueprint("map_api", __name__, url_prefix="/api/v1", tag="Map")

MOST = 200_000
"""shots of one answer"""
AT_ONCE = 100
"""shots that are described at once"""
SAMPLES = 12
"""shots of a region that are described"""

Box = tuple[float, float, float, float]


class MapParameters(Parameters):
    """Which map."""

    encoder: str = Field("", description="Of this encoder; by default the first that searches ask.")


class VersionParameters(MapParameters):
    """Which version of it."""

    version: str = Field(description="As `GET /map` names it.", pattern="^[0-9a-f]{12}$")


class PointsParameters(VersionParameters):
    """Which of its shots."""

    limit: int = Field(MOST, ge=1, le=MOST, description="How many; fewer are a fair sample of all.")
    box: str = Field("", description="Only in this rectangle: `x,y,x,y`.")


class GroupsParameters(PointsParameters):
    """Grouped by what."""

    by: By = Field(description="What shots are grouped by.")


class RegionParameters(Parameters):
    """A part of a map."""

    region: str = Field(max_length=400, description="`ENCODER:VERSION:X,Y,X,Y`, two corners.")


class ShotsParameters(Parameters):
    """Which shots."""

    shot: Shots = Field(description=f"Its number. May be repeated, up to {AT_ONCE} times.")


class MapOut(BaseModel):
    """The map of one encoder, as far as there is one."""

    encoder: str
    version: str | None = Field(description="Null until the first map is drawn.")
    count: int = Field(description="Shots on it.")
    bounds: Box = Field(description="The least x, y and the greatest x, y.")
    current: bool = Field(description="Whether it shows the library as it is.")
    done: float | None = Field(description="How far the next one is, 0 to 1; null where none is being drawn.")
    problem: str | None = Field(description="Why it could not be drawn.")


class GroupOut(BaseModel):
    """Shots that have something in common."""

    name: str
    count: int = Field(description="Of the shots that were asked about.")


class GroupsOut(BaseModel):
    """Shots in groups, for colouring."""

    groups: list[GroupOut] = Field(description="The largest first.")
    of: str = Field(
        description="The group of each shot, in the order of `GET /map/points`: bytes in base64;"
        " the number after the last is all others."
    )


class PlaceOut(BaseModel):
    """One shot of some video."""

    id: int
    video: VideoRef
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds, exclusive.")
    clock: str = Field(description="`start` for reading.")
    thumbnail_url: str
    page_url: str


class PlacesOut(BaseModel):
    """Some shots; those that are gone are left out."""

    shots: list[PlaceOut]


class PartOut(BaseModel):
    """Shots that lie together on a map."""

    name: str = Field(description="Labels that set them apart, or the videos they are of.")
    count: int
    box: Box = Field(description="Where nearly all of them lie.")
    region: str = Field(description="The box, as searches and `GET /map/region` take it.")
    shots: list[PlaceOut] = Field(description="Some of them.")


class PartsOut(BaseModel):
    """The parts of a map: it as a list."""

    parts: list[PartOut] = Field(description="The largest first.")


class RegionOut(BaseModel):
    """What lies in a part of a map."""

    count: int
    shots: list[PlaceOut] = Field(description="Some of them, a fair sample.")


@blueprint.get("/map")
@blueprint.input(MapParameters, location="query", arg_name="asked")
@blueprint.output(MapOut)
@blueprint.doc(responses=NOT_FOUND)
def get_map(asked: MapParameters) -> MapOut:
    """The last map, and how far the next one is. Where the library has changed, a new one is begun."""
    maps = site().engine.maps
    space = maps.space(asked.encoder)
    sheet = maps.sheet(space)
    atlas = sheet.atlas
    return MapOut(
        encoder=space.encoder,
        version=atlas.version if atlas else None,
        count=len(atlas.shots) if atlas else 0,
        bounds=atlas.bounds if atlas else (0, 0, 0, 0),
        current=sheet.is_current,
        done=sheet.done,
        problem=sheet.problem or None,
    )


@blueprint.get("/map/points")
@blueprint.input(PointsParameters, location="query", arg_name="asked")
@blueprint.doc(responses=NOT_FOUND)
def get_points(asked: PointsParameters) -> Response:
    """Where shots lie: for all of them x, y as little-endian float32, then their numbers as int64."""
    atlas, chosen = _chosen(asked)
    body = atlas.positions[chosen].astype("<f4").tobytes() + atlas.shots[chosen].astype("<i8").tobytes()
    response = Response(body, mimetype=TABLE)
    response.cache_control.max_age = FOREVER
    response.cache_control.private = True
    return response


@blueprint.get("/map/groups")
@blueprint.input(GroupsParameters, location="query", arg_name="asked")
@blueprint.output(GroupsOut)
@blueprint.doc(responses=NOT_FOUND)
def get_groups(asked: GroupsParameters) -> GroupsOut:
    """The same shots by video, folder, year or label."""
    atlas, chosen = _chosen(asked)
    found = groups(_catalog(), atlas.shots[chosen], asked.by)
    named = [GroupOut(name=name, count=n) for name, n in zip(found.names, found.counts, strict=True)]
    return GroupsOut(groups=named, of=b64encode(found.of.tobytes()).decode())


@blueprint.get("/map/parts")
@blueprint.input(VersionParameters, location="query", arg_name="asked")
@blueprint.output(PartsOut)
@blueprint.doc(responses=NOT_FOUND)
def get_parts(asked: VersionParameters) -> PartsOut:
    """The map as a list: shots that lie together, with a name."""
    atlas = _atlas(asked)
    encoder = site().engine.maps.space(asked.encoder).encoder
    return PartsOut(
        parts=[
            PartOut(
                name=answered(part.name),
                count=part.count,
                box=part.box,
                region=f"{encoder}:{atlas.version}:{','.join(f'{edge:.4f}' for edge in part.box)}",
                shots=places(part.shots),
            )
            for part in parts(_catalog(), atlas)
        ]
    )


@blueprint.get("/map/region")
@blueprint.input(RegionParameters, location="query", arg_name="asked")
@blueprint.output(RegionOut)
@blueprint.doc(responses=NOT_FOUND)
def get_region(asked: RegionParameters) -> RegionOut:
    """What lies in a rectangle. Searches take the same `region=` and find in it alone."""
    maps = site().engine.maps
    region = Region.parse(asked.region)
    atlas = maps.atlas(maps.space(region.encoder), region.version)
    inside = atlas.inside(region.box)
    return RegionOut(count=len(inside), shots=places(atlas.shots[inside[:SAMPLES]].tolist()))


@blueprint.get("/shots")
@blueprint.input(ShotsParameters, location="query", arg_name="asked")
@blueprint.output(PlacesOut)
def get_shots(asked: ShotsParameters) -> PlacesOut:
    """Shots by number, each with its video, in the order they were asked for."""
    if len(asked.shot) > AT_ONCE:
        raise InvalidQuery(
            "up to %(most)s shots are described at once, not %(count)s", most=AT_ONCE, count=len(asked.shot)
        )
    return PlacesOut(shots=places(asked.shot))


def places(ids: "tuple[int, ...] | list[int]") -> list[PlaceOut]:
    """Shots as the map shows them; those that are gone are left out."""
    known = _catalog().shots_with_videos(ids)
    return [
        PlaceOut(
            id=shot.id,
            video=VideoRef(id=video.id, path=printable(video.path), name=video.name),
            start=shot.span.start_us / SECOND,
            end=shot.span.end_us / SECOND,
            clock=clock(shot.span.start_us),
            thumbnail_url=thumbnail_url(video, nearest_keyframe(shot, shot.span.start_us)),
            page_url=page_url(video, shot.span.start_us),
        )
        for shot, video in (known[id_] for id_ in ids if id_ in known)
    ]


def _chosen(asked: PointsParameters) -> tuple[Atlas, "slice | Ids"]:
    atlas = _atlas(asked)
    if not asked.box:
        return atlas, slice(asked.limit)
    return atlas, atlas.inside(_box(asked.box))[: asked.limit]


def _box(text: str) -> Box:
    try:
        x0, y0, x1, y1 = map(float, text.split(","))
    except ValueError as error:
        raise InvalidQuery("a rectangle is given as `x,y,x,y`, not as %(text)s", text=repr(text)) from error
    return x0, y0, x1, y1


def _atlas(asked: VersionParameters) -> Atlas:
    maps = site().engine.maps
    return maps.atlas(maps.space(asked.encoder), asked.version)


def _catalog() -> Catalog:
    return site().engine.library.catalog
