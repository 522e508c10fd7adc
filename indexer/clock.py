"""Presentation times as they are shown: from 0, strictly ascending, whatever a container says."""

from fractions import Fraction

from plugins.values import SECOND

DEFAULT_RATE = 25
"""frames a second where nothing says it"""
MAX_GAP_US = 3600 * SECOND
MAX_BACK_US = SECOND


class Clock:
    """Gives every frame a time later than the one before. A clock that jumps (streams joined, a counter that
    wrapped) goes on one frame later; a frame that has no time of its own is never shown."""

    def __init__(self, origin: int, base: Fraction, rate: Fraction | None) -> None:
        """
        Args:
            origin: presentation time of the first frame, in units of ``base``
            base: seconds
            rate: frames a second, where it is known
        """
        self.us = -1
        """the time shown last"""
        self._base = base
        self._step = max(1, round(1 / (base * (rate or DEFAULT_RATE))))
        self._shift = -origin
        self._last = -1

    def show(self, label: int | None) -> tuple[int, int] | None:
        """When a frame of this presentation time is shown: in units of the base, and in microseconds."""
        ticks = self._last + self._step if label is None else self.shown(label)
        if self._last >= 0 and self._jumps(ticks):
            self._shift += self._last + self._step - ticks
            ticks = self._last + self._step
        us = self.to_us(ticks)
        if us <= self.us:
            return None
        self._last, self.us = ticks, us
        return ticks, us

    def jumps(self, label: int) -> bool:
        """Whether a frame of this presentation time would not go on where the last one was."""
        return self._last >= 0 and self._jumps(self.shown(label))

    def shown(self, label: int) -> int:
        """When a frame of this presentation time is shown if nothing jumps, in units of the base."""
        return label + self._shift

    def to_us(self, ticks: int) -> int:
        return ticks * self._base.numerator * SECOND // self._base.denominator

    def _jumps(self, ticks: int) -> bool:
        return not -MAX_BACK_US <= self.to_us(ticks) - self.us <= MAX_GAP_US
