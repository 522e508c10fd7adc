"""Options that several commands share. Those that are settings take their help from the table."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=str)
"""any bytes; whether it exists is for the command to say"""

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")

_folder = click.option(
    "--library", type=PATH, metavar="DIR", help="Folder of the library (setting `library`)."
)


def library(command: Command) -> Command:
    """``--library``, and beside it ``--database``, which is for the settings alone."""
    return _folder(_database(command))


def _hold(ctx: click.Context, _option: click.Parameter, url: str | None) -> None:
    if url is not None:
        from shotseek import settings

        settings.hold(database=url)
        ctx.call_on_close(settings.hold)


_database = click.option(
    "--database",
    metavar="URL",
    expose_value=False,
    callback=_hold,
    help="PostgreSQL database of the library (setting `database`).",
)


def setting(name: str, flag: str, text: str, **attributes: Any) -> Callable[[Command], Command]:
    """A flag that overrides a setting; what it may be is for `shotseek.settings` to judge."""
    return click.option(flag, name, help=f"{text} (setting `{name}`).", **attributes)


encoders = setting("encoders", "--encoder", "Encoder; may be repeated", multiple=True, metavar="NAME")
