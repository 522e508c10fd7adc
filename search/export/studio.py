"""Where videos are opened for an export."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from indexer.cuts import AskTimecodes, Timecode
from indexer.decoder import Decoder
from indexer.media import Limits
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

    @property
    def limits(self) -> Limits:
        """What one file may cost."""
        return self.decoder.limits

    def say(self, share: float) -> None:
        """Reports how far the export is."""
        if self.on_progress is not None:
            self.on_progress(min(1.0, max(0.0, share)))

    def timecodes(self, moments: Iterable[Moment]) -> dict[str, str]:
        """The timecode that each video carries for its first frame, by path, where it has one."""
        paths = list(dict.fromkeys(moment.path for moment in moments if not moment.missing))
        if not paths:
            return {}
        said = self.decoder.run(AskTimecodes(paths, self.roots, self.limits))
        return {item.path: item.text for item in said if isinstance(item, Timecode) and item.text}
