"""The other HTML pages. What each template is given stands in `web.pages.contexts`."""

from flask import Response

from plugins.values import printable
from web.api.core import plugins
from web.api.schemas import PluginOut, space_out
from web.asked import PageParameters
from web.cards import video_card
from web.explain import command, trouble
from web.pages.base import blueprint, catalog, here, parameters
from web.pages.contexts import ApiPage, EncodersPage, LibraryPage, ProblemsPage
from web.pages.watch import Moment, video_page
from web.render import render
from web.site import site

VIDEOS = 48


@blueprint.get("/video/<int:video_id>", endpoint="video")
def show_video(video_id: int) -> Response:
    """The player at a moment, the shots, what is said."""
    return render("video.html", video_page(catalog(), video_id, parameters(Moment)))


@blueprint.get("/library")
def library() -> Response:
    """The videos, by name."""
    part = parameters(PageParameters, limit=VIDEOS)
    found = catalog().videos(offset=part.offset, limit=part.limit + 1, text=part.text)
    page = LibraryPage(
        title="Library",
        text=part.text,
        total=catalog().count_videos(),
        videos=tuple(video_card(summary) for summary in found[: part.limit]),
        roots=tuple(printable(root) for root in catalog().roots()),
        fill=command("index", "~/Videos", library=site().engine.library.folder),
        previous_url=here(offset=max(0, part.offset - part.limit)) if part.offset else "",
        next_url=here(offset=part.offset + part.limit) if len(found) > part.limit else "",
    )
    return render("library.html", page)


@blueprint.get("/problems")
def problems() -> Response:
    """What failed, why, and what to do."""
    folder = site().engine.library.folder
    found = tuple(trouble(problem, folder) for problem in catalog().problems())
    return render("problems.html", ProblemsPage("Problems", found))


@blueprint.get("/encoders")
def encoders() -> Response:
    """The spaces of the library and the plugins of the machine."""
    by_kind: dict[str, list[PluginOut]] = {}
    for plugin in plugins():
        by_kind.setdefault(plugin.kind, []).append(plugin)
    spaces = tuple(space_out(record) for record in catalog().spaces())
    return render("encoders.html", EncodersPage("Encoders and plugins", spaces, by_kind))


@blueprint.get("/api")
def api() -> Response:
    """The viewer of the API's document."""
    return render("api.html", ApiPage("API"))
