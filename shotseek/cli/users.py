"""``shotseek users`` and ``keys``: who may use a library that is served to others."""

import sys
from typing import TYPE_CHECKING

import click

from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import KeyRecord

NAMES = ("reader", "editor", "admin")
"""as `indexer.catalog.ROLES`, which is not loaded for `--help`; a test compares them"""

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it."
)


@click.group(short_help="Accounts of people who may use the library.")
def users() -> None:
    """Accounts. As soon as there is one, everybody has to log in to the page, on this machine, too.

    A reader searches, plays and exports; an editor also marks, tags, teaches and collects; an admin also
    chooses folders, indexes and removes.
    """


@users.command(short_help="Add an account.")
@click.argument("name")
@click.option("--role", type=click.Choice(NAMES), default="reader", show_default=True, help="What it may.")
@password_option
@options.library
def add(name: str, role: str, password_stdin: bool, library: str | None) -> None:
    """Adds the account NAME and asks for its password: 12 characters or more. The first is an admin's."""
    from indexer.catalog import ROLES
    from shotseek.videolibrary import open_library
    from web.accounts import add_account

    with open_library(library, create=True) as opened:
        made = add_account(opened.catalog, name, _password(password_stdin), ROLES[role])
    output.say(f"added: {made.name}, {made.role.label}")


@users.command("list", short_help="List the accounts.")
@options.library
@options.as_json
def list_users(library: str | None, as_json: bool) -> None:
    """Lists the accounts and what they may."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.catalog.accounts()
    if as_json:
        output.emit(
            {"accounts": [{"name": a.name, "role": a.role.label, "added": a.at.isoformat()} for a in found]}
        )
    else:
        output.table(
            ["account", "role", "added"], [(a.name, a.role.label, f"{a.at:%Y-%m-%d}") for a in found]
        )


@users.command(short_help="Remove an account.")
@click.argument("name")
@options.library
def remove(name: str, library: str | None) -> None:
    """Removes the account NAME with its keys; whoever is logged in to it is so no longer."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.catalog.remove_account(name)


@users.command(short_help="Change a password.")
@click.argument("name")
@password_option
@options.library
def password(name: str, password_stdin: bool, library: str | None) -> None:
    """Gives the account NAME another password; whoever is logged in to it has to log in again."""
    from shotseek.videolibrary import open_library
    from web.accounts import set_password

    with open_library(library) as opened:
        set_password(opened.catalog, name, _password(password_stdin))


@click.group(short_help="Keys of programs that use the API.")
def keys() -> None:
    """Keys, which programs send as `Authorization: Bearer KEY` instead of logging in."""


@keys.command("add", short_help="Make a key.")
@click.argument("account")
@click.argument("name")
@click.option("--role", type=click.Choice(NAMES), default="reader", show_default=True, help="What it may.")
@options.library
@options.as_json
def add_key(account: str, name: str, role: str, library: str | None, as_json: bool) -> None:
    """Makes a key of ACCOUNT for the purpose NAME, and prints it. It is shown this once and kept nowhere.

    What a key may is fixed when it is made, and never more than what its account may.
    """
    from indexer.catalog import ROLES
    from shotseek.videolibrary import open_library
    from web.accounts import add_key

    with open_library(library) as opened:
        made, key = add_key(opened.catalog, account, name, ROLES[role])
    if as_json:
        output.emit(_document(made) | {"key": key})
    else:
        output.say(key)


@keys.command("list", short_help="List the keys.")
@options.library
@options.as_json
def list_keys(library: str | None, as_json: bool) -> None:
    """Lists the keys: whose they are, what for, what they may. The keys themselves are known to nobody."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.catalog.keys()
    if as_json:
        output.emit({"keys": [_document(key) for key in found]})
    else:
        rows = [(key.id, key.account, key.name, key.role.label, f"{key.at:%Y-%m-%d}") for key in found]
        output.table(["id", "account", "name", "role", "made"], rows)


@keys.command("remove", short_help="Remove a key.")
@click.argument("key_id", type=int, metavar="ID")
@options.library
def remove_key(key_id: int, library: str | None) -> None:
    """Removes the key ID, which opens nothing from then on."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.catalog.remove_key(key_id)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _document(key: "KeyRecord") -> dict[str, object]:
    return {
        "id": key.id,
        "account": key.account,
        "name": key.name,
        "role": key.role.label,
        "made": key.at.isoformat(),
    }
