"""What each template is given: one of these, as ``page``."""

from dataclasses import dataclass

from web.api.schemas import PluginOut, SpaceOut
from web.cards import Line, ShotCard
from web.pages.details import Details


@dataclass(frozen=True, slots=True)
class Track:
    """A track of captions."""

    label: str
    language: str
    """empty where it is not known"""
    url: str


@dataclass(frozen=True, slots=True)
class VideoPage:
    """video.html: the player, the shots, what is said."""

    title: str
    name: str
    id: int
    media_url: str
    is_image: bool
    """an animated picture, which a video element cannot play"""
    seems_to_play: bool
    """a browser may begin to load the file at once"""
    missing: bool
    start: float
    """seconds"""
    start_clock: str
    duration: float
    """seconds"""
    duration_clock: str
    frame_rate: float | None
    sprites_url: str
    captions: tuple[Track, ...]
    chapters_url: str
    asked: str
    """the search that led here, as a query string; its hits are shown"""
    results_url: str
    """empty where no search led here"""
    shots: tuple[ShotCard, ...]
    lines: tuple[Line, ...]
    details: Details


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


@dataclass(frozen=True, slots=True)
class LoginPage:
    """login.html: by password, or by the link that the server printed."""

    title: str
    problem: str
    """why it was not right; empty before the first try"""
    name: str
    """of the account, as it was typed"""
    token: str
    """of the link; empty without one"""
    to: str
    """the page that was wanted"""
    by_password: bool
