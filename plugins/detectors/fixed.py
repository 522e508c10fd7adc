"""A shot every so many seconds, whatever is shown: for video without cuts, and as a yardstick."""

from collections.abc import Iterator
from itertools import count

from plugins.contracts import Context, Media, ShotDetector
from plugins.errors import InvalidValue
from plugins.values import SECOND

DEFAULT_S = 5.0
SHORTEST_S = 0.1


class FixedDetector(ShotDetector):
    """``fixed:SECONDS``, 5 by default."""

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        super().__init__(argument, reference=reference, context=context)
        try:
            seconds = float(argument or DEFAULT_S)
        except ValueError:
            seconds = float("nan")
        if not SHORTEST_S <= seconds < float("inf"):
            raise InvalidValue(
                f"shot detector fixed takes seconds, at least {SHORTEST_S}, got {argument!r}; try fixed:5"
            )
        self._period_us = round(seconds * SECOND)

    def cuts(self, media: Media) -> Iterator[int]:
        cuts = count(self._period_us, self._period_us)
        cut = next(cuts)
        for frame in media.frames(fps=2 * SECOND / self._period_us, size=(16, 9)):
            while frame.time_us >= cut:
                yield cut
                cut = next(cuts)
