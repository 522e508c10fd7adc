"""Logging in and out, by forms that need no script."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from plugins.messages import Message
from web.access import NOBODY, has_to_log_in, log_in, log_out, visitor
from web.accounts import check_password
from web.pages.contexts import LoginPage
from web.render import render
from web.site import site
from web.texts import gettext as _

blueprint = Blueprint("login", __name__)

WRONG = Message("There is no account with that name and password.")
USED = Message("This link has been used, or its server has ended. `shotseek serve --token` prints another.")


@blueprint.get("/login")
def show_login() -> Response | Redirect:
    """The form; with ``token`` a button, so that nothing but a person uses up a link."""
    if not has_to_log_in() or visitor().role is not NOBODY:
        return redirect(_inside(request.args.get("to", "")), 303)
    return _page()


@blueprint.post("/login", endpoint="log_in")
def send_login() -> Response | Redirect:
    """By name and password, or by the token of a link."""
    if not has_to_log_in():
        return redirect(url_for("pages.search"), 303)
    response = redirect(_inside(request.form.get("to", "")), 303)
    if token := request.form.get("token", ""):
        site().limits.logins.take(request.remote_addr)
        invitation = site().exposure.invitation
        if invitation is None or not invitation.accept(token):
            return _page(USED)
        log_in(response, None)
        return response
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    site().limits.logins.take(request.remote_addr)
    site().limits.login.take((name, request.remote_addr))
    with site().limits.hashing.turn():
        account = check_password(site().engine.library.catalog, name, password)
    if account is None:
        return _page(WRONG, name)
    log_in(response, account.name)
    return response


@blueprint.post("/logout", endpoint="log_out")
def send_logout() -> Redirect:
    """Ends the session, and has the browser forget what it kept."""
    response = redirect(url_for("login.show_login"), 303)
    log_out(response)
    if request.is_secure:
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _page(problem: str = "", name: str = "") -> Response:
    token = "" if problem else request.args.get("token", "")
    to = request.form.get("to", request.args.get("to", ""))
    page = LoginPage(
        title=_("Log in"),
        problem=problem,
        name=name,
        token=token,
        to=to,
        by_password=site().engine.library.catalog.has_accounts(),
    )
    response = render("login.html", page)
    response.status_code = 422 if problem else 200
    return response


def _inside(address: str) -> str:
    """An address of this site; the search where it is of another."""
    parts = urlsplit(address)
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    is_ours = is_path and not parts.scheme and not parts.netloc and address.isprintable()
    return address if is_ours else url_for("pages.search")
