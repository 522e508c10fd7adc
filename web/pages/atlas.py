"""The page of the map: what there is to draw, and what there is to say where there is nothing."""

from dataclasses import dataclass, replace

from flask import Response, url_for

from plugins.errors import NotFound
from search.legend import By
from search.maps import Region
from web.api.atlas import MapParameters
from web.cards import nearest_keyframe, thumbnail_url
from web.explain import command
from web.pages.base import blueprint, catalog, parameters
from web.pages.results import Example
from web.render import render
from web.site import site
from web.texts import gettext as _
from web.texts import later

FEW = 20
"""shots, below which a map says little"""
WORDS = {
    By.VIDEO: later("video"),
    By.FOLDER: later("folder"),
    By.YEAR: later("year"),
    By.LABEL: later("label or tag"),
}


@dataclass(frozen=True, slots=True)
class MapPage:
    """map.html: the map of one encoder."""

    title: str
    videos: int
    """in the library"""
    fill: str
    """the command that puts videos into it"""
    encoder: str = ""
    """whose map it is; empty where there is none"""
    encoders: tuple[str, ...] = ()
    """that have a map"""
    shots: int = 0
    """of that encoder"""
    by: tuple[tuple[str, str], ...] = ()
    """what shots can be coloured by, and how it is called"""
    problem: str = ""
    """why there is no map of the encoder that was asked for"""

    @property
    def few(self) -> bool:
        return self.shots < FEW


@blueprint.get("/map", endpoint="map")
def show_map() -> Response:
    """The shots of the library by likeness; a script draws them from the JSON API."""
    maps = site().engine.maps
    fill = command("index", "~/Videos", library=site().engine.library.folder)
    encoders = tuple(dict.fromkeys(space.encoder for space in catalog().searchable()))
    plain = MapPage(_("Map"), catalog().count_videos(), fill, encoders=encoders)
    if not encoders:
        return render("map.html", plain)
    try:
        space = maps.space(parameters(MapParameters).encoder)
    except NotFound as error:
        response = render("map.html", replace(plain, problem=error.message))
        response.status_code = 404
        return response
    drawn = maps.sheet(space).atlas
    page = replace(
        plain,
        encoder=space.encoder,
        shots=len(catalog().shots_in([space]) if drawn is None else drawn.shots),
        by=tuple((by.value, _(words)) for by, words in WORDS.items()),
    )
    return render("map.html", page)


def region_example(text: str, without: str) -> Example:
    """A part of a map, as the results show what was asked with: by one of its shots.

    Raises:
        InvalidQuery, NotFound: it cannot be read, or its map is gone
    """
    maps = site().engine.maps
    region = Region.parse(text)
    inside = sorted(maps.shots(region))[:1]
    shown = catalog().shots_with_videos(inside).values()
    picture = [thumbnail_url(video, nearest_keyframe(shot, shot.span.start_us)) for shot, video in shown]
    url = url_for("pages.map", encoder=region.encoder)
    return Example(_("Inside a part of the map"), picture[0] if picture else "", url, without)
