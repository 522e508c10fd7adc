"""``shotseek label`` and ``labels``: labels for every shot from a list, and how often each is there."""

import click

from shotseek.cli import options, output


@click.command(short_help="Label every shot from a list of words.")
@options.setting(
    "vocabulary", "--vocabulary", "File of the labels, one a line", type=options.PATH, metavar="FILE"
)
@click.option(
    "--encoder", metavar="NAME", help="The encoder that labels; by default the one that knows most."
)
@options.library
@options.as_json
def label(vocabulary: str | None, encoder: str | None, library: str | None, as_json: bool) -> None:
    """Labels every shot by the text-image encoder of the library, from the vectors that are stored.

    A shot gets only labels that stand out, so many get none. Videos that were labelled before are left as
    they are, unless the list or the encoder has changed. The list that ships is a start for one of your own.
    """
    from shotseek.videolibrary import open_library

    with open_library(library, vocabulary=vocabulary) as opened:
        done = opened.label(encoder=encoder)
        shots, of = sum(item.shots for item in done), sum(item.of for item in done)
    if as_json:
        output.emit({"videos": len(done), "shots": of, "labelled": shots})
    else:
        output.say(f"{len(done)} videos labelled: {shots} of {of} shots have a label")


@click.command(short_help="Count labels and tags.")
@options.library
@options.as_json
def labels(library: str | None, as_json: bool) -> None:
    """Lists labels and tags, and how many shots have each. label:NAME in a query filters by one."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.labels()
    if as_json:
        counts = [{"label": item.text, "source": item.source, "shots": item.shots} for item in found]
        output.emit({"labels": counts})
        return
    if not found:
        output.note("no labels; make them with: shotseek label")
        return
    output.table(["label", "by", "shots"], [(item.text, item.source, item.shots) for item in found])
