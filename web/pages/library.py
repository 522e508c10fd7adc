"""The library page: folders, what is being done, what went wrong, the videos; and the page of problems."""

import math
from dataclasses import dataclass

from flask import Response

from indexer.catalog import VideoOrder, VideoState
from plugins.values import printable
from web.access import can_manage
from web.api.folders import FolderOut, LeftOutOut, folders_out
from web.asked import PageParameters, PartParameters
from web.cards import VideoCard, video_card
from web.explain import Trouble, command, trouble
from web.pages.base import blueprint, catalog, here, parameters
from web.render import render
from web.site import site
from web.texts import gettext as _
from web.texts import later

VIDEOS = 48
"""on a page: fills 2, 3 and 4 columns"""
PROBLEMS = 3
"""on the library page; the page of problems has them all"""
PROBLEMS_PAGE = 50
ORDERS = {
    VideoOrder.PATH: later("Folder and name"),
    VideoOrder.ADDED: later("Last added"),
    VideoOrder.RECORDED: later("Last recorded"),
    VideoOrder.LENGTH: later("Longest"),
}
STATES = {
    VideoState.DONE: later("Complete"),
    VideoState.PARTIAL: later("Partly failed"),
    VideoState.MISSING: later("Missing"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose from."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """library.html: folders, progress, problems, videos."""

    title: str
    text: str
    """only paths that contain this"""
    total: int
    """videos in the library"""
    found: int
    """those that were asked for"""
    videos: tuple[VideoCard, ...]
    first: int
    """place of the first of these among those"""
    orders: tuple[Choice, ...]
    states: tuple[Choice, ...]
    folders: tuple[FolderOut, ...]
    left_out: tuple[LeftOutOut, ...]
    problems: tuple[Trouble, ...]
    """the latest"""
    all_problems: int
    can_change: bool
    """whether this server indexes"""
    fill: str
    """the command that puts videos into it"""
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class ProblemsPage:
    """problems.html: what failed, why, and what to do."""

    title: str
    problems: tuple[Trouble, ...]
    total: int
    can_change: bool
    previous_url: str = ""
    next_url: str = ""


@blueprint.get("/library", endpoint="library")
def show_library() -> Response:
    """Folders, progress, problems, and the videos: those that are asked for, in the order that is."""
    part = parameters(PageParameters, limit=VIDEOS)
    known = catalog()
    found = known.count_videos(part.text, part.state)
    offset = min(part.offset, max(0, math.ceil(found / part.limit) - 1) * part.limit)
    shown = known.videos(offset=offset, limit=part.limit, text=part.text, state=part.state, order=part.order)
    page = LibraryPage(
        title=_("Library"),
        text=part.text,
        total=known.count_videos(),
        found=found,
        videos=tuple(video_card(summary) for summary in shown),
        first=offset + 1,
        orders=tuple(Choice(order, _(label), order is part.order) for order, label in ORDERS.items()),
        states=tuple(Choice(state, _(label), state is part.state) for state, label in STATES.items()),
        folders=tuple(folders_out()),
        left_out=tuple(LeftOutOut(id=item.id, path=printable(item.path)) for item in known.left_out()),
        problems=_problems(0, PROBLEMS),
        all_problems=known.count_problems(),
        can_change=can_manage(),
        fill=command("index", "~/Videos", library=site().engine.library.folder),
        previous_url=here(offset=max(0, offset - part.limit) or None) if offset else "",
        next_url=here(offset=offset + part.limit) if offset + part.limit < found else "",
    )
    return render("library.html", page)


@blueprint.get("/problems")
def problems() -> Response:
    """What failed, why, and what to do."""
    part = parameters(PartParameters, limit=PROBLEMS_PAGE)
    total = catalog().count_problems()
    page = ProblemsPage(
        title=_("Problems"),
        problems=_problems(part.offset, part.limit),
        total=total,
        can_change=can_manage(),
        previous_url=here(offset=max(0, part.offset - part.limit) or None) if part.offset else "",
        next_url=here(offset=part.offset + part.limit) if part.offset + part.limit < total else "",
    )
    return render("problems.html", page)


def _problems(offset: int, limit: int) -> tuple[Trouble, ...]:
    folder = site().engine.library.folder
    return tuple(trouble(problem, folder) for problem in catalog().problems(offset=offset, limit=limit))
