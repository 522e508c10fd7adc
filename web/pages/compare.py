"""What each source finds by itself, side by side."""

from collections import Counter

from plugins.errors import NotUnderstood, PluginError, Unsupported
from plugins.messages import Message
from search.retrieve import WORDS
from web.asked import SearchParameters, search
from web.pages.results import Column, cards
from web.site import Site

HITS = 12
"""of a column"""


def columns(asked: SearchParameters, site: Site) -> tuple[Column, ...]:
    """A column for every encoder that is asked, and one for the words. What several have found carries the
    same number in each, counted from the top.

    Raises:
        ShotseekError: whatever `search` raises for all of them alike
    """
    names = [space.encoder for space in site.engine.spaces(asked.encoder)]
    alone: dict[str, dict[str, tuple[str, ...]]] = {
        name: {"encoder": (name,), "weight": (f"{WORDS}=0",)} for name in names
    }
    alone[WORDS] = {"encoder": (), "weight": tuple(f"{name}=0" for name in names)}
    found = [_column(name, asked.model_copy(update=only), site) for name, only in alone.items()]
    numbers = _numbers(found)
    return tuple(
        Column(
            column.name,
            column.notes,
            column.hits,
            {hit.shot: numbers[hit.shot] for hit in column.hits if hit.shot in numbers},
        )
        for column in found
    )


def _column(name: str, asked: SearchParameters, site: Site) -> Column:
    try:
        results = search(asked.model_copy(update={"k": HITS, "offset": 0}), site)[0]
    except (NotUnderstood, Unsupported, PluginError) as error:
        return Column(name, (error.message,), (), {})
    notes = () if results.hits else results.notes or (Message("It finds nothing."),)
    return Column(name, notes, cards(results.hits, 1, asked), {})


def _numbers(found: list[Column]) -> dict[int, int]:
    """A number for each shot that more than one column has, those nearest to the top first."""
    counts = Counter(hit.shot for column in found for hit in column.hits)
    in_order = sorted((hit.place, at, hit.shot) for at, column in enumerate(found) for hit in column.hits)
    shared = dict.fromkeys(shot for *_place, shot in in_order if counts[shot] > 1)
    return {shot: number for number, shot in enumerate(shared, start=1)}
