"""What every view of one application shares."""

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, cast

from flask import current_app

from indexer.service import IndexService
from plugins.errors import Unsupported
from search.engine import Engine
from web.counts import Metrics
from web.exports import Exports
from web.limits import Limits
from web.links import Links
from web.uploads import Uploads

if TYPE_CHECKING:
    from web.access import Exposure

KEY = "shotseek"
MAX_STREAMS = 6
"""of events, open at the same time; each holds one thread of the server"""


@dataclass(frozen=True, slots=True)
class Site:
    """One library being served."""

    name: str
    """shown in the header and in titles"""
    engine: Engine
    uploads: Uploads
    """pictures and clips that visitors asked with"""
    exports: Exports
    """of collections, that take a while"""
    service: IndexService | None
    """indexes in the background; None where the library is only shown"""
    streams: BoundedSemaphore
    """taken by every open stream of events"""
    exposure: "Exposure"
    links: Links
    limits: Limits
    metrics: Metrics

    def end(self) -> None:
        """Says that it will be closed; returns at once, takes no lock: for a signal handler. Requests that
        go on for long end soon."""
        if self.service is not None:
            self.service.end()
        self.exports.end()

    def close(self) -> None:
        """Ends what was begun here; engine and service are their makers'."""
        self.exports.close()

    @property
    def indexing(self) -> IndexService:
        """
        Raises:
            Unsupported: the library is only shown
        """
        if self.service is None:
            raise Unsupported("this server shows the library and does not change it; use `shotseek serve`")
        return self.service


def site() -> Site:
    """The site of the application that handles the current request."""
    return cast(Site, current_app.extensions[KEY])
