"""What each template is given: one of these, as ``page``."""

from dataclasses import dataclass

from web.api.schemas import PluginOut, SpaceOut
from web.asked import SearchParameters
from web.cards import HitCard, Line, ShotCard, VideoCard
from web.explain import Trouble


@dataclass(frozen=True, slots=True)
class Example:
    """What was asked with besides words."""

    label: str
    thumbnail_url: str
    page_url: str
    """where it comes from; empty for an upload"""
    without_url: str
    """the same search without it"""


@dataclass(frozen=True, slots=True)
class SearchBox:
    """Where the question is put, and what there is to choose from."""

    asked: SearchParameters
    filters: int
    """how many are set"""
    state: str
    """the query string without upload and page, to be kept when another picture is sent"""
    roots: tuple[str, ...]
    """folders to choose from"""
    encoders: tuple[str, ...]
    """encoders to choose from"""
    videos: int
    """in the library"""
    fill: str
    """the command that puts videos into it"""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """search.html: the box, and the answer if something was asked."""

    title: str
    box: SearchBox
    examples: tuple[Example, ...] = ()
    hits: tuple[HitCard, ...] = ()
    first: int = 1
    """place of the first of these hits in the whole answer"""
    notes: tuple[str, ...] = ()
    convincing: bool = True
    """whether any hit is more than weak"""
    error: str = ""
    """why there is no answer; empty if there is one"""
    previous_url: str = ""
    next_url: str = ""
    recent: tuple[VideoCard, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoPage:
    """video.html: the player, the shots, what is said."""

    title: str
    name: str
    id: int
    media_url: str
    is_image: bool
    """an animated picture, which a video element cannot play"""
    missing: bool
    start: float
    """seconds"""
    shots: tuple[ShotCard, ...]
    lines: tuple[Line, ...]
    facts: dict[str, str]
    """technical data, by label"""


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """library.html: the videos, by name."""

    title: str
    text: str
    """only names that contain this"""
    total: int
    """in the library"""
    videos: tuple[VideoCard, ...]
    roots: tuple[str, ...]
    fill: str
    """the command that puts videos into it"""
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class ProblemsPage:
    """problems.html: what failed, why, and what to do."""

    title: str
    problems: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class EncodersPage:
    """encoders.html: the spaces of the library and the plugins of the machine."""

    title: str
    spaces: tuple[SpaceOut, ...]
    plugins: dict[str, list[PluginOut]]
    """by kind"""


@dataclass(frozen=True, slots=True)
class ApiPage:
    """api.html: the viewer of the OpenAPI document."""

    title: str
