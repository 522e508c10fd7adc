"""How much one visitor may ask of the server, and how much all of them together."""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.exceptions import TooManyRequests

from plugins.messages import Message

KNOWN = 10_000
"""visitors whose requests are counted; the longest silent are forgotten"""


class Rate:
    """So many in so many seconds, for each visitor. Safe to use from many threads.

    Args:
        clock: seconds that only ever grow
    """

    def __init__(self, count: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._count, self._seconds, self._clock = count, seconds, clock
        self._lock = threading.Lock()
        self._times: OrderedDict[object, deque[float]] = OrderedDict()

    def take(self, whose: object) -> None:
        """
        Raises:
            TooManyRequests: says after how many seconds there is room again
        """
        now = self._clock()
        with self._lock:
            times = self._times.setdefault(whose, deque())
            self._times.move_to_end(whose)
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= self._count:
                wait_s = math.ceil(times[0] + self._seconds - now)
                raise TooManyRequests(
                    Message("Too many; try again in %(wait)s seconds.", wait=wait_s), retry_after=wait_s
                )
            times.append(now)
            while len(self._times) > KNOWN:
                self._times.popitem(last=False)


class Turns:
    """So many at once, and no more than a few that wait for a moment.

    Args:
        at_once: under way at the same time
        waiting: more than these are refused at once
        patience_s: after which whoever waits is refused, too
    """

    def __init__(self, at_once: int, waiting: int, patience_s: float) -> None:
        self._patience_s = patience_s
        self._free = threading.BoundedSemaphore(at_once)
        self._inside = threading.BoundedSemaphore(at_once + waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """
        Raises:
            TooManyRequests
        """
        if not self._inside.acquire(blocking=False):
            raise self._full()
        try:
            if not self._free.acquire(timeout=self._patience_s):
                raise self._full()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._inside.release()

    def _full(self) -> TooManyRequests:
        wait_s = math.ceil(self._patience_s)
        return TooManyRequests(
            Message("Much is asked at the moment; try again in %(wait)s seconds.", wait=wait_s),
            retry_after=wait_s,
        )


class Limits:
    """Those of one server."""

    def __init__(self) -> None:
        self.login = Rate(10, 60)
        """by account and address"""
        self.logins = Rate(30, 60)
        """by address alone, whatever the account"""
        self.hashing = Turns(2, 4, 5)
        """of passwords, which takes memory and time on purpose"""
        self.uploads = Rate(120, 60)
        """by visitor; a part counts as one"""
        self.heavy = Turns(2, 2, 5)
        """queries that are pictures or clips: each decodes and encodes"""
