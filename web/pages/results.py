"""What search.html is given: the box, and the answer in one of its views."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from indexer.catalog import Mark, SavedSearch
from plugins.messages import Message
from plugins.queries import Confidence, Hit
from search.export.formats import LISTS, Format
from web.asked import SearchParameters
from web.cards import HitCard, VideoCard, hit_card
from web.facets import Facet

STRIP = 12
"""hits of one video that its strip shows"""


class View(StrEnum):
    """How an answer is laid out."""

    GRID = "grid"
    VIDEOS = "videos"


class Strip(StrEnum):
    """How the hits of one video follow each other."""

    TIME = "time"
    RANK = "rank"


class ResultsParameters(SearchParameters):
    """A query and how its answer is shown."""

    view: View = Field(View.GRID, description="In order of rank, or a row for each video.")
    strip: Strip = Field(Strip.TIME, description="The order inside the row of a video.")
    compare: bool = Field(False, description="A column for each source.")


@dataclass(frozen=True, slots=True)
class Example:
    """What was asked with besides words."""

    label: str
    thumbnail_url: str
    page_url: str
    """where it comes from; empty for an upload"""
    without_url: str
    """the same search without it"""
    unwanted: bool = False
    unwanted_url: str = ""
    """the same search with it as what is not wanted; empty where that cannot be asked here"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved search, as a link."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source of answers, and how much it counts."""

    name: str
    weight: str
    """as it was given; empty: as the settings say"""
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchBox:
    """Where the question is put, and what there is to choose from."""

    asked: ResultsParameters
    filters: int
    """how many are set"""
    hidden: tuple[tuple[str, str], ...]
    """what a new question keeps of this one, besides the fields that are shown"""
    state: str
    """the query string without upload and page, to be kept when another picture is sent"""
    roots: tuple[str, ...]
    """folders to choose from"""
    encoders: tuple[str, ...]
    """encoders to choose from"""
    sources: tuple[Source, ...]
    videos: int
    """in the library"""
    fill: str
    """the command that puts videos into it"""


@dataclass(frozen=True, slots=True)
class Switch:
    """One of several ways to see the same answer."""

    text: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class VideoRow:
    """The hits of one video."""

    name: str
    page_url: str
    count: int
    """of its hits in this part of the answer"""
    hits: tuple[HitCard, ...]
    all_url: str
    """the same search in this video alone"""

    @property
    def weak(self) -> bool:
        return all(hit.sure == "weak" for hit in self.hits)


@dataclass(frozen=True, slots=True)
class Column:
    """What one source found by itself."""

    name: str
    notes: tuple[Message, ...]
    """why it found nothing; empty if it did"""
    hits: tuple[HitCard, ...]
    shared: dict[int, int]
    """for the shots that other columns have too: the number that connects them"""


@dataclass(frozen=True, slots=True)
class Marks:
    """What was said of the hits of this query."""

    query: str
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Culprit:
    """A filter without which something is found."""

    text: str
    without_url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One part of the answer to a query."""

    heading: str
    address: str
    """the parameters of the search, from its beginning"""
    hits: tuple[HitCard, ...] = ()
    weaker: tuple[HitCard, ...] = ()
    """that follow all convincing ones, and lie behind a fold"""
    rows: tuple[VideoRow, ...] = ()
    weaker_rows: tuple[VideoRow, ...] = ()
    """of videos that have none but weak hits, where others have better ones"""
    columns: tuple[Column, ...] = ()
    notes: tuple[Message, ...] = ()
    doubt: str = ""
    """said where nothing is convincing"""
    views: tuple[Switch, ...] = ()
    orders: tuple[Switch, ...] = ()
    strips: tuple[Switch, ...] = ()
    facets: tuple[Facet, ...] = ()
    counted: int = 0
    """hits that the facets are counted over"""
    culprits: tuple[Culprit, ...] = ()
    marks: Marks | None = None
    """None where answers to this query cannot be marked"""
    marked: dict[int, str] | None = None
    """``right`` or ``wrong``, by shot"""
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """search.html: the box, and the answer if something was asked."""

    title: str
    box: SearchBox
    examples: tuple[Example, ...] = ()
    answer: Answer | None = None
    formats: tuple[Format, ...] = LISTS
    """that hits can be exported in, without decoding"""
    error: str = ""
    """why there is no answer; empty if there is one"""
    wrong_at: int = -1
    """the character of the query that is wrong; -1 where it is none"""
    recent: tuple[VideoCard, ...] = ()
    saved: tuple[Kept, ...] = ()


def cards(hits: tuple[Hit, ...], first: int, asked: SearchParameters) -> tuple[HitCard, ...]:
    """Hits as cards.

    Args:
        asked: what they answer: the page of a video shows the others in it
        first: the place of the first of them
    """
    return tuple(hit_card(hit, place, **asked.asked()) for place, hit in enumerate(hits, start=first))


def folded(hits: tuple[Hit, ...]) -> int:
    """How many of some hits come before the weak ones at the end; all where there is no other than weak."""
    last = max((at for at, hit in enumerate(hits) if hit.confidence is not Confidence.WEAK), default=-1)
    return last + 1 or len(hits)


def marked(hits: tuple[Hit, ...], marks: list[Mark]) -> dict[int, str]:
    """What was said of hits, by shot; the last word counts."""
    said: dict[int, str] = {}
    for mark in marks:
        for hit in hits:
            inside = hit.shot.span.start_us <= mark.at_us < hit.shot.span.end_us
            if hit.video.id == mark.video_id and inside:
                said[hit.shot.id] = "right" if mark.right else "wrong"
    return said


def kept(saved: list[SavedSearch], url: str) -> tuple[Kept, ...]:
    """Saved searches as links.

    Args:
        url: of the search page
    """
    return tuple(Kept(item.name, f"{url}?{item.address}") for item in saved)
