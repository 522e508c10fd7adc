"""``shotseek eval``: how good the answers of the library are, by what is known to be right."""

from typing import TYPE_CHECKING

import click

from shotseek.cli import options, output

if TYPE_CHECKING:
    from search.evaluate import Evaluation, System


@click.command("eval", short_help="Measure the library by marks or by a file of judgements.")
@click.argument("qrels", type=options.PATH, required=False)
@click.option(
    "--queries", type=options.PATH, metavar="FILE", help="Texts of the topics, one a line: topic, tab, query."
)
@options.library
@options.as_json
def evaluate(qrels: str | None, queries: str | None, library: str | None, as_json: bool) -> None:
    """Measures how well the library answers: each encoder alone, the words alone, and all together.

    What is right stands in QRELS, a file in the form of TREC (docs/evaluation.md); without it, what was
    marked right and wrong counts. The prior is a ranking that does not know the query: a figure is worth
    what it has above that.
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.evaluate(qrels, queries)
    if as_json:
        output.emit(document(found))
        return
    show(found)


def document(found: "Evaluation") -> dict[str, object]:
    """An evaluation as JSON."""
    return {
        "unit": found.unit.value,
        "topics": found.topics,
        "judged": found.judged,
        "without_answer": list(found.without_answer),
        "systems": [
            {
                "name": system.name,
                "answered": system.answered,
                "means": dict(system.means),
                "topics": {name: dict(values) for name, values in system.topics.items()},
            }
            for system in found.systems
        ],
    }


def show(found: "Evaluation") -> None:
    """The table, and what must be known to read it."""
    from search.evaluate import MEASURES

    columns = ["", *(measure.replace("Judged", "judged") for measure in MEASURES), "answered"]
    output.table(columns, [_row(system) for system in found.systems])
    output.note(f"{found.topics} topics, {found.judged} judgements of {found.unit.value}s")
    if found.without_answer:
        output.note(f"left out, since nothing is known to be right: {', '.join(found.without_answer)}")


def _row(system: "System") -> tuple[object, ...]:
    return system.name, *(f"{value:.3f}" for value in system.means.values()), system.answered
