"""``shotseek plugins``, ``pull`` and ``measure``: what there is, its weights, how it runs best."""

from dataclasses import asdict

import click

from plugins.contracts import Context
from plugins.errors import PluginError, Unsupported
from plugins.registry import Kind, Listing, installed, load
from plugins.runtimes import FAITHFUL, Measurement, Runtime
from shotseek.cli import options, output
from shotseek.cli.exits import Exit
from shotseek.cli.progress import bars


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


@click.command(short_help="Fetch the weights of a plugin.")
@click.argument("name", metavar="NAME")
@options.as_json
def pull(name: str, as_json: bool) -> None:
    """Fetches the weights of an encoder or a shot detector, for example: shotseek pull open-clip

    The only command that downloads anything. What it fetches is checked against the digest that its publisher
    gives before it is used. For an encoder it ends with what `shotseek measure` does.
    """
    from plugins.weights import pull as fetch
    from shotseek.settings import load as load_settings
    from shotseek.videolibrary import context_of

    context = context_of(load_settings())
    output.note(f"fetching the weights of {name}")
    with bars(name) as shown:
        path = fetch(name, context, lambda done, total: shown.draw(name, name, done, total))
    try:
        output.note(*_about(_measure(name, context)))
    except Unsupported as error:  # it runs in one way only
        output.note(str(error))
    if as_json:
        output.emit({"plugin": name, "path": str(path)})
    else:
        output.say(f"{name}: {path}")


@click.command(short_help="Find the fastest way to run an encoder.")
@click.argument("name", metavar="NAME")
@options.as_json
def measure(name: str, as_json: bool) -> None:
    """Finds the fastest way to run an encoder on this processor, for example: shotseek measure open-clip

    Runs it in every way there is, compares the vectors with those of plain PyTorch, and keeps what it found
    beside the weights; the setting `runtime` says what is made of it. Takes a minute or a few. What was found
    counts until the processor or PyTorch is another.
    """
    from shotseek.settings import load as load_settings
    from shotseek.videolibrary import context_of

    measured = _measure(name, context_of(load_settings()))
    if as_json:
        output.emit({"encoder": name, "fastest": measured.fastest(FAITHFUL), **asdict(measured)})
        return
    output.table(
        ["runtime", "pictures/s", "cosine"],
        [(runtime, f"{it.rate:.1f}", f"{it.cosine:.4f}") for runtime, it in measured.figures.items()],
    )
    output.note(*_about(measured))


def _measure(name: str, context: Context) -> Measurement:
    from plugins.weights import measure as find

    output.note(f"measuring how fast {name} runs here")
    return find(name, context)


def _about(measured: Measurement) -> list[str]:
    """What `auto` makes of it, and what could not be measured."""
    chosen = measured.fastest(FAITHFUL)
    times = measured.figures[chosen].rate / measured.figures[Runtime.EAGER].rate
    missing = [f"{runtime} was not measured: {cause}" for runtime, cause in measured.failures.items()]
    return [f"runtime: {chosen}, {times:.1f} times as fast as eager", *missing]


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
