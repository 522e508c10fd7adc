"""``shotseek plugins`` and ``pull``: what is installed, whether it works, and the weights it needs."""

import click

from plugins.errors import PluginError
from plugins.registry import Kind, Listing, installed, load
from shotseek.cli import options, output
from shotseek.cli.exits import Exit
from shotseek.cli.progress import bar


@click.command(short_help="List the plugins, and check them.")
@click.option("--check", is_flag=True, help="Import each, and say which are broken and why.")
@options.as_json
@click.pass_context
def plugins(ctx: click.Context, check: bool, as_json: bool) -> None:
    """Lists every encoder, shot detector, annotator and vector store, and the package it comes from.

    Listing imports none of them; with --check each is imported, and a broken one is named with its cause.
    """
    found = [(listing, _cause(listing) if check else None) for kind in Kind for listing in installed(kind)]
    if as_json:
        output.emit({"plugins": [_document(listing, check, cause) for listing, cause in found]})
    else:
        output.table(
            ["kind", "name", "package", "class"],
            [
                (item.kind.label, item.name, f"{item.distribution} {item.version}", item.target)
                for item, _ in found
            ],
        )
    broken = [cause for _, cause in found if cause]
    if check:
        output.note(*broken or [f"all {len(found)} work"])
    if broken:
        ctx.exit(Exit.PLUGIN)


@click.command(short_help="Fetch the weights of an encoder.")
@click.argument("name", metavar="NAME")
@options.as_json
def pull(name: str, as_json: bool) -> None:
    """Fetches the weights of an encoder, for example: shotseek pull open-clip

    The only command that downloads anything. What it fetches is checked against the digest that its publisher
    gives before it is used.
    """
    from plugins.weights import pull as fetch
    from shotseek.settings import load as load_settings
    from shotseek.videolibrary import context_of

    output.note(f"fetching the weights of {name}")
    with bar(name) as draw:
        path = fetch(name, context_of(load_settings()), lambda done, total: draw(name, done, total))
    if as_json:
        output.emit({"encoder": name, "path": str(path)})
    else:
        output.say(f"{name}: {path}")


def _cause(listing: Listing) -> str | None:
    try:
        load(listing.kind, listing.name)
    except PluginError as error:
        return str(error)
    return None


def _document(listing: Listing, check: bool, cause: str | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "kind": listing.kind.label,
        "name": listing.name,
        "class": listing.target,
        "package": listing.distribution,
        "version": listing.version,
    }
    if check:
        facts |= {"works": cause is None, "cause": cause}
    return facts
