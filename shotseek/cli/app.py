"""The ``shotseek`` command: its subcommands, and how every error becomes one line and an exit code."""

import os
import sys
import traceback
from typing import Any

import click

from plugins import registry
from plugins.errors import ShotseekError
from plugins.registry import describe
from plugins.values import printable
from shotseek.cli import (
    backup,
    collection,
    concept,
    config,
    doctor,
    duplicates,
    folders,
    index,
    label,
    mark,
    plugins,
    search,
    serve,
    spaces,
    tag,
    users,
    videos,
)
from shotseek.cli import eval as evaluation
from shotseek.cli.exits import Exit, code_of


class _Shotseek(click.Group):
    """Turns what goes wrong in any subcommand into one line on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except ShotseekError as error:
            self._fail(ctx, str(error), code_of(error))
        except KeyboardInterrupt:
            self._fail(ctx, "stopped", Exit.INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing it stays silent
            ctx.exit(Exit.BROKEN_PIPE)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            hint = "this is a mistake of Shotseek's own; run `shotseek --debug …` to see where"
            self._fail(ctx, f"{describe(error)} ({hint})", Exit.INTERNAL)

    @staticmethod
    def _fail(ctx: click.Context, message: str, code: Exit) -> None:
        if ctx.params.get("debug"):
            traceback.print_exc()
        click.echo(f"shotseek: {printable(message)}", err=True)
        ctx.exit(code)


@click.group(
    cls=_Shotseek,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="shotseek")
@click.option("--debug", is_flag=True, help="Show the traceback of whatever goes wrong.")
@click.option("--safe-mode", is_flag=True, help="Only the plugins that come with Shotseek.")
def cli(debug: bool, safe_mode: bool) -> None:
    """Find moments in video by a sentence, a picture or a clip.

    Index folders of video, then search them. Nothing leaves this machine.
    """
    registry.safe_mode(safe_mode)


for command in (
    index.index,
    search.search,
    serve.serve,
    videos.videos,
    videos.shots,
    videos.problems,
    videos.remove,
    folders.folders,
    folders.watch,
    duplicates.duplicates,
    mark.mark,
    concept.concept,
    collection.collection,
    tag.tag,
    label.label,
    label.labels,
    plugins.plugins,
    plugins.pull,
    plugins.measure,
    evaluation.evaluate,
    spaces.spaces,
    users.users,
    users.keys,
    doctor.doctor,
    doctor.db,
    backup.backup,
    backup.restore,
    config.config,
):
    cli.add_command(command)
