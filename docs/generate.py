"""Writes docs/cli.md and docs/settings.md from the program itself; a test says when they are behind.

python docs/generate.py
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from shotseek.cli import exits
from shotseek.cli.app import cli
from shotseek.settings import CONFIG, PREFIX, Settings

DOCS = Path(__file__).parent
GENERATED = "<!-- written by docs/generate.py (`make docs`); edit the program, not this page -->\n"


def pages() -> dict[str, str]:
    """Every generated page, by file name."""
    return {"cli.md": cli_page(), "settings.md": settings_page()}


def cli_page() -> str:
    """The manual of the command line: what ``--help`` says of every command, and the exit codes."""
    parts = [GENERATED, "# The command line\n", INTRODUCTION]
    top = click.Context(cli, info_name="shotseek", terminal_width=100, **cli.context_settings)
    for context in _commands(top):
        parts.append(f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n")
    parts.append("## Exit codes\n\n| code | meaning |\n| --- | --- |")
    parts += [f"| {code.value} | {text} |" for code, text in _exit_codes()]
    return "\n".join(parts) + "\n"


def settings_page() -> str:
    """The table of settings."""
    rows = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        default = extra["default"] if isinstance(extra, dict) else f"`{_shown(field.default)}`"
        rows.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    head = "| setting | environment variable | default | |\n| --- | --- | --- | --- |"
    return "\n".join([GENERATED, "# Settings\n", ABOUT_SETTINGS, head, *rows]) + "\n"


INTRODUCTION = """Results go to stdout, everything about them to stderr. With `--json` a command prints one
JSON document on stdout and nothing else there; times in it are seconds. What goes wrong is one line on stderr
and an exit code. Progress is drawn in a terminal only.
"""

ABOUT_SETTINGS = f"""A setting may stand in the settings file, in an environment variable, or be given as a
flag; the later wins. The file is TOML, `settings.toml` in the user's configuration folder, or the file that
`{CONFIG}` names. Lists are written `["a", "b"]` in the file and `a,b` in the environment.
`shotseek config` prints every value and where it came from.
"""


def _commands(context: click.Context) -> Iterator[click.Context]:
    """A command and everything below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name, inner in context.command.commands.items():
            yield from _commands(click.Context(inner, parent=context, info_name=name))


def _exit_codes() -> Iterator[tuple[exits.Exit, str]]:
    """Each code and the docstring below it."""
    body = ast.parse(inspect.getsource(exits.Exit)).body[0]
    assert isinstance(body, ast.ClassDef)
    texts = [
        " ".join(str(node.value.value).split())
        for node in body.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return zip(exits.Exit, texts[1:], strict=True)


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        sys.stderr.write(f"wrote {DOCS / name}\n")
