"""How long a run will still take, by the bytes of its files. Says nothing before it knows."""

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 90.0
"""of work, by which the rate is taken"""
LEAST_S = 5.0
LEAST_SHARE = 0.01
"""of the work, before which a rate would be a guess"""


class Estimate:
    """Rate and time left. Time in which the run was paused does not count."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._worked_s = 0.0
        self._at = now()
        self._samples: deque[tuple[float, float]] = deque([(0.0, 0.0)])

    def take(self, done: float, *, paused: bool = False) -> None:
        """So many bytes are done by now; ``paused``: nothing was worked since the last time."""
        at = self._now()
        if not paused:
            self._worked_s += at - self._at
        self._at = at
        self._samples.append((self._worked_s, done))
        while len(self._samples) > 2 and self._samples[1][0] < self._worked_s - WINDOW_S:
            self._samples.popleft()

    @property
    def rate(self) -> float | None:
        """Bytes a second; None where nothing is known yet."""
        (then, before), (now, done) = self._samples[0], self._samples[-1]
        if self._worked_s < LEAST_S or now <= then or done <= before:
            return None
        return (done - before) / (now - then)

    def seconds_left(self, total: float) -> float | None:
        """Until so many bytes are done; None where nothing is known yet."""
        done, rate = self._samples[-1][1], self.rate
        if rate is None or total <= 0 or done / total < LEAST_SHARE:
            return None
        return max(0.0, total - done) / rate
