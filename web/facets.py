"""What the best hits of an answer have in common, as links that narrow it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from indexer.catalog import Catalog
from plugins.values import SECOND, Shot, Video, printable
from web.asked import SearchParameters
from web.texts import gettext as _

CHOICES = 8
"""of one facet that are shown"""
BANDS = ((None, 2.0), (2.0, 5.0), (5.0, 15.0), (15.0, 60.0), (60.0, None))
"""of a shot's length, seconds"""
NOT_TEXT = frozenset({"name", "label", "tag"})
"""sources of annotations that nobody says, shows or writes"""

Address = Callable[..., str]
"""The address of the page with some parameters changed, or left out where None."""
Found = Sequence[tuple[Shot, Video]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that an answer can be narrowed to."""

    text: str
    count: int
    """hits that have it"""
    url: str
    """the answer with it, or without it where it was chosen"""
    chosen: bool
    title: str = ""
    """the text in full"""


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow an answer."""

    name: str
    choices: tuple[Choice, ...]


def facets(
    asked: SearchParameters, ranked: Sequence[int], catalog: Catalog, here: Address
) -> tuple[Facet, ...]:
    """The facets of an answer; those that would change nothing are left out.

    Args:
        ranked: the shots that are counted, by id
    """
    found = list(catalog.shots_with_videos(ranked).values())
    made = (
        Facet(_("Folder"), _folders(asked, found, here)),
        Facet(_("Video"), _videos(asked, found, here)),
        Facet(_("Label or tag"), _labels(asked, catalog.labels_of(shot.id for shot, _ in found), here)),
        Facet(_("With"), _sources(asked, found, catalog, here)),
        Facet(_("Shot lasts"), _bands(asked, found, here)),
        Facet(_("Year"), _years(asked, found, here)),
        Facet(_("Codec"), _repeated("codec", asked.codec, Counter(video.codec for _, video in found), here)),
    )
    return tuple(facet for facet in made if _tells(facet, len(found)))


def _tells(facet: Facet, hits: int) -> bool:
    return any(choice.chosen or 0 < choice.count < hits for choice in facet.choices)


def _repeated(
    name: str,
    chosen: Sequence[str],
    counts: Counter[str],
    here: Address,
    *,
    text: Callable[[str], str] = str,
    title: Callable[[str], str] = str,
) -> tuple[Choice, ...]:
    """Choices of a parameter that may be repeated: those that are chosen, then the commonest.

    Args:
        text, title: what is shown for a value, short and in full
    """
    values = sorted({*counts, *chosen}, key=lambda value: (value not in chosen, -counts[value], value))
    return tuple(
        Choice(
            text(value),
            counts[value],
            here(**{name: _toggled(chosen, value), "offset": None}),
            value in chosen,
            title(value),
        )
        for value in values[:CHOICES]
    )


def _toggled(chosen: Sequence[str], value: str) -> list[str] | None:
    left = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
    return left or None


def _folders(asked: SearchParameters, found: Found, here: Address) -> tuple[Choice, ...]:
    folders = Counter(video.path.rpartition("/")[0] for _, video in found)
    named = Counter({path: count for path, count in folders.items() if printable(path) == path})
    return _repeated("folder", asked.folder, named, here, text=lambda path: path.rpartition("/")[2] or "/")


def _videos(asked: SearchParameters, found: Found, here: Address) -> tuple[Choice, ...]:
    """By id, since two videos may have one name; those that were asked for by name stay so."""
    videos = {str(video.id): video for _, video in found}
    called = {video.name: id_ for id_, video in videos.items() if video.name in asked.video}
    values = {id_: name for name, id_ in called.items()}
    counts = Counter(values.get(str(video.id), str(video.id)) for _, video in found)

    def shown(value: str) -> Video | None:
        return videos.get(called.get(value, value))

    return _repeated(
        "video",
        asked.video,
        counts,
        here,
        text=lambda value: video.name if (video := shown(value)) else value,
        title=lambda value: printable(video.path) if (video := shown(value)) else value,
    )


def _labels(asked: SearchParameters, pairs: Iterable[tuple[int, str]], here: Address) -> tuple[Choice, ...]:
    return _repeated("label", asked.label, Counter(name for _, name in pairs), here)


def _sources(asked: SearchParameters, found: Found, catalog: Catalog, here: Address) -> tuple[Choice, ...]:
    of_video = Counter(video.id for _, video in found)
    counts = Counter[str]()
    for id_, source in catalog.sources_of(of_video):
        if source not in NOT_TEXT:
            counts[source] += of_video[id_]
    return _repeated("has", asked.has, counts, here)


def _bands(asked: SearchParameters, found: Found, here: Address) -> tuple[Choice, ...]:
    lengths = [shot.span.duration_us / SECOND for shot, _ in found]
    choices = []
    for least, most in BANDS:
        count = sum((least or 0) <= length <= (most or length) for length in lengths)
        chosen = (asked.min_duration, asked.max_duration) == (least, most)
        bounds = (None, None) if chosen else (least, most)
        url = here(min_duration=bounds[0], max_duration=bounds[1], offset=None)
        if count or chosen:
            choices.append(Choice(_band(least, most), count, url, chosen))
    return tuple(choices)


def _band(least: float | None, most: float | None) -> str:
    if least is None:
        return _("up to %(most)s s", most=f"{most:g}")
    if most is None:
        return _("%(least)s s or more", least=f"{least:g}")
    return _("%(least)s to %(most)s s", least=f"{least:g}", most=f"{most:g}")


def _years(asked: SearchParameters, found: Found, here: Address) -> tuple[Choice, ...]:
    counts = Counter(video.created.year for _, video in found if video.created)
    choices = []
    for year in sorted(counts, reverse=True):
        days = date(year, 1, 1), date(year + 1, 1, 1)
        chosen = (asked.after, asked.before) == days
        after, before = (None, None) if chosen else (day.isoformat() for day in days)
        url = here(after=after, before=before, offset=None)
        choices.append(Choice(str(year), counts[year], url, chosen))
    return tuple(choices[:CHOICES])
