"""Who may do what: one table of every route, and the one place that asks it.

A route that is not in the table is for admins. Nobody has to say who they are as long as the library has no
accounts and the server answers to this machine alone.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, abort, g, redirect, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as Redirect

from indexer.catalog import Role
from plugins.errors import ShotseekError
from plugins.messages import Message
from web.accounts import SESSION, Invitation, begin_session, digest
from web.links import SIGNATURE, UNTIL
from web.site import site

NOBODY, READER, EDITOR, ADMIN = Role.NOBODY, Role.READER, Role.EDITOR, Role.ADMIN
SAFE = ("GET", "HEAD", "OPTIONS")

TABLE: dict[str, Role] = {
    "static": NOBODY,
    "login.show_login": NOBODY,
    "login.log_in": NOBODY,
    "login.log_out": NOBODY,
    "api.get_health": NOBODY,
    "openapi.spec": READER,
    # what is there, and looking for it
    "api.get_search": READER,
    "api.get_video": READER,
    "api.list_plugins": READER,
    "api.list_problems": READER,
    "api.list_shots": READER,
    "api.list_spaces": READER,
    "api.list_videos": READER,
    "api.post_search": READER,
    "map_api.get_groups": READER,
    "map_api.get_map": READER,
    "map_api.get_parts": READER,
    "map_api.get_points": READER,
    "map_api.get_region": READER,
    "map_api.get_shots": READER,
    "copies.list_duplicates": READER,
    "links.make_link": READER,
    "media.media": READER,
    "media.poster": READER,
    "media.preview": READER,
    "media.sprite_cues": READER,
    "media.sprite_sheet": READER,
    "media.thumbnail": READER,
    "pages.api": READER,
    "pages.collection": READER,
    "pages.collections": READER,
    "pages.encoders": READER,
    "pages.export_collection": READER,
    "pages.export_search": READER,
    "pages.library": READER,
    "pages.map": READER,
    "pages.problems": READER,
    "pages.search": READER,
    "pages.upload": READER,
    "pages.video": READER,
    "playing.captions": READER,
    "playing.chapters": READER,
    "playing.proxy": READER,
    "playing_api.get_playback": READER,
    "searching.list_searches": READER,
    "searching.parse_query": READER,
    "searching.suggest_more": READER,
    "uploads.add_part": READER,
    "uploads.begin_upload": READER,
    "uploads.drop_upload": READER,
    "uploads.get_upload": READER,
    # what people say of it; taking a collection home changes nothing
    "collections.add_collection": EDITOR,
    "collections.add_items": EDITOR,
    "collections.change_item": EDITOR,
    "collections.export_collection": READER,
    "collections.export_search": READER,
    "collections.get_collection": READER,
    "collections.get_export": READER,
    "collections.get_export_file": READER,
    "collections.list_collections": READER,
    "collections.list_formats": READER,
    "collections.remove_collection": EDITOR,
    "collections.remove_item": EDITOR,
    "collections.rename_collection": EDITOR,
    "collections.start_export": READER,
    "collections.stop_export": READER,
    "searching.remove_search": EDITOR,
    "searching.save_search": EDITOR,
    "teaching.add_mark": EDITOR,
    "teaching.add_tag": EDITOR,
    "teaching.count_labels": READER,
    "teaching.export_concepts": READER,
    "teaching.import_concepts": EDITOR,
    "teaching.list_concepts": READER,
    "teaching.list_marks": READER,
    "teaching.list_tags": READER,
    "teaching.remove_concept": EDITOR,
    "teaching.remove_marks": EDITOR,
    "teaching.remove_tag": EDITOR,
    "teaching.save_concept": EDITOR,
    # the machine: its folders, its work
    "folders.add_folder": ADMIN,
    "folders.bring_back": ADMIN,
    "folders.complete_folder": ADMIN,
    "folders.forget_folder": ADMIN,
    "folders.list_folders": ADMIN,
    "folders.list_left_out": ADMIN,
    "folders.remove_video": ADMIN,
    "folders.watch_folder": ADMIN,
    "jobs.add_job": ADMIN,
    "jobs.cancel_job": ADMIN,
    "jobs.list_jobs": ADMIN,
    "jobs.pause_jobs": ADMIN,
    "jobs.resume_jobs": ADMIN,
    "jobs.stream_events": ADMIN,
    "metrics.show_metrics": ADMIN,
}
"""The least role for each route."""

BY_LINK = frozenset({"media.media"})
"""Routes that a signed link opens, see `web.links`."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who can reach a server."""

    names: tuple[str, ...] = ()
    """host names that it answers to, besides those of this machine"""
    everywhere: bool = False
    """whether other machines can reach it, by any of its addresses"""
    invitation: Invitation | None = field(default=None, repr=False)
    """lets in one visitor as admin"""

    def answers_to(self, host: str) -> bool:
        """Whether a name is one of this server's: no other site can point such a name here."""
        if host == "localhost" or host in self.names:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return self.everywhere or address.is_loopback


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sends the current request."""

    name: str
    """of the account; empty for a guest, and where nobody has to say"""
    role: Role
    session: str = field(default="", repr=False)
    """what the cookie holds; empty without one"""


def least_role(endpoint: str | None) -> Role:
    """The least role for a route."""
    return TABLE.get(endpoint or "", ADMIN)


def has_to_log_in() -> bool:
    """Whether this server wants to know who asks."""
    return site().exposure.everywhere or site().engine.library.catalog.has_accounts()


def count_upload() -> None:
    """Counts something that is sent, or a part of it.

    Raises:
        TooManyRequests: too much came in the last minute from one account and address
    """
    site().limits.uploads.take((visitor().name, request.remote_addr))


def visitor() -> Visitor:
    """Who sends the current request.

    Raises:
        Unauthorized: they show a key that is none
    """
    if "visitor" not in g:
        g.visitor = _visitor()
    return g.visitor  # type: ignore[no-any-return]


def shown_visitor() -> Visitor:
    """Who sends the current request, also where that is what went wrong."""
    try:
        return visitor()
    except (Unauthorized, ShotseekError):
        return Visitor("", NOBODY)


def may(endpoint: str) -> bool:
    """Whether whoever sends the current request may use a route."""
    return visitor().role >= least_role(endpoint)


def may_still() -> bool:
    """Whether whoever sent the current request may use its route by now: for answers that go on long, while
    sessions end, keys are revoked and accounts change."""
    try:
        return _visitor().role >= least_role(request.endpoint)
    except Unauthorized:
        return False


def can_manage() -> bool:
    """Whether the pages offer what changes folders and begins indexing."""
    return site().service is not None and may("jobs.add_job")


def refuse_other_names() -> None:
    """Only own names are answered to, so that no other site can point a name of its own here and read the
    library through a visitor's browser."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not site().exposure.answers_to(host):
        known = ", ".join(("localhost", *site().exposure.names))
        abort(
            400,
            Message(
                "This server answers to %(names)s only; another name is allowed by the setting `names`.",
                names=known,
            ),
        )


def refuse_other_sites() -> None:
    """A page of another site may link here, but not send anything. Keys are not sent by browsers on their
    own; cookies are, so whoever sends one has to say where the request comes from, as browsers do."""
    if request.method in SAFE or _key() is not None:
        return
    sent_from, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if sent_from is not None:
        is_ours = sent_from in ("same-origin", "none")
    elif origin is not None:
        is_ours = urlsplit(origin).netloc == request.host
    else:
        is_ours = cookie() not in request.cookies and request.endpoint != "login.log_in"
    if not is_ours:
        abort(403, Message("Another site may not send anything here."))


def refuse_without_right() -> Redirect | None:
    """Asks the table. Who has not logged in is led to where they can, who may not is told so."""
    if request.endpoint is None or least_role(request.endpoint) is NOBODY:
        return None
    who = visitor()
    if who.role >= least_role(request.endpoint) or _has_link():
        return None
    if who.role is not NOBODY:
        abort(
            403,
            Message(
                "Your account is %(role)s; this needs %(least)s.",
                role=who.role.label,
                least=least_role(request.endpoint).label,
            ),
        )
    if not has_to_log_in():
        abort(403, Message("This is answered on this machine only."))
    if request.blueprint == "pages" and request.method in SAFE:
        return redirect(url_for("login.show_login", to=request.full_path.rstrip("?")), 303)
    raise Unauthorized(Message("Log in, or send a key."), www_authenticate=WWWAuthenticate("bearer"))


def cookie() -> str:
    """The name of the cookie, of which each library has its own: cookies do not know ports."""
    name = f"shotseek-{digest(str(site().engine.library.folder))[:8]}"
    return f"__Host-{name}" if request.is_secure else name


def log_in(response: Redirect, account_name: str | None) -> None:
    """Begins a session and ends the one before, so that nobody can prepare one for somebody else."""
    catalog = site().engine.library.catalog
    found = catalog.password(account_name) if account_name is not None else None
    log_out(response)
    token = begin_session(catalog, found and found[0])
    response.set_cookie(
        cookie(),
        token,
        max_age=SESSION,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def log_out(response: Redirect) -> None:
    """Ends the session of the current request, if it has one."""
    if token := request.cookies.get(cookie()):
        site().engine.library.catalog.end_session(digest(token))
    response.delete_cookie(cookie(), secure=request.is_secure, httponly=True, samesite="Lax")


def keep_private(response: Response) -> None:
    """What not everybody may see is not kept by anything between here and the browser."""
    if least_role(request.endpoint) is NOBODY:
        return
    if "Cache-Control" not in response.headers:
        response.cache_control.no_store = True
    elif not response.cache_control.no_store:
        response.cache_control.public = False
        response.cache_control.private = True


def _visitor() -> Visitor:
    if not has_to_log_in():
        return Visitor("", ADMIN if _is_this_machine() else NOBODY)
    catalog = site().engine.library.catalog
    if (key := _key()) is not None:
        owner = catalog.owner_of_key(digest(key))
        if owner is None:
            g.visitor = Visitor("", NOBODY)  # for the page that says so
            raise Unauthorized(
                "That key is none of this library's.", www_authenticate=WWWAuthenticate("bearer")
            )
        return Visitor(*owner)
    token = request.cookies.get(cookie(), "")
    found = catalog.session(digest(token)) if token else None
    return Visitor("", NOBODY) if found is None else Visitor(found[0] or "", found[1], token)


def _is_this_machine() -> bool:
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _key() -> str | None:
    """The key that is shown, right or wrong."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _has_link() -> bool:
    if request.endpoint not in BY_LINK or request.method not in SAFE or request.view_args is None:
        return False
    until, signature = request.args.get(UNTIL, ""), request.args.get(SIGNATURE, "")
    return site().links.holds(request.view_args["video_id"], until, signature)
