"""Where videos are opened for an export."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from indexer.decoder import Decoder
from search.export.editlist import Moment


@dataclass(slots=True)
class Studio:
    """Opens the videos of an export, and says how far it is."""

    decoder: Decoder
    roots: Sequence[str]
    """folders that videos may lie in"""
    on_progress: Callable[[float], object] | None = None
    """called often with the share that is done, 0 to 1"""
    notes: list[str] = field(default_factory=list)
    """what was left out and why, one line each"""

    def say(self, share: float) -> None:
        """Reports how far the export is."""
        if self.on_progress is not None:
            self.on_progress(min(1.0, max(0.0, share)))

    def timecodes(self, moments: Iterable[Moment]) -> dict[str, str]:
        """The timecode that each video carries for its first frame, by path, where it has one."""
        return {}
