"""The other HTML pages. What each template is given stands in `web.pages.contexts`."""

from flask import Response

from web.api.core import plugins
from web.api.schemas import PluginOut, space_out
from web.pages.base import blueprint, catalog, parameters
from web.pages.contexts import ApiPage, EncodersPage
from web.pages.watch import Moment, video_page
from web.render import render
from web.texts import gettext as _


@blueprint.get("/video/<int:video_id>", endpoint="video")
def show_video(video_id: int) -> Response:
    """The player at a moment, the shots, what is said."""
    return render("video.html", video_page(catalog(), video_id, parameters(Moment)))


@blueprint.get("/encoders")
def encoders() -> Response:
    """The spaces of the library and the plugins of the machine."""
    by_kind: dict[str, list[PluginOut]] = {}
    for plugin in plugins():
        by_kind.setdefault(plugin.kind, []).append(plugin)
    spaces = tuple(space_out(record) for record in catalog().spaces())
    return render("encoders.html", EncodersPage(_("Encoders and plugins"), spaces, by_kind))


@blueprint.get("/api")
def api() -> Response:
    """The viewer of the API's document."""
    return render("api.html", ApiPage(_("JSON API")))
