"""What the server did, counted for Prometheus. Routes are named by their pattern, never by what was asked."""

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Histogram:
    """How many took how long."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(BUCKETS_S, seconds)] += 1
        self._sum_s += seconds

    def lines(self, name: str, labels: str = "") -> Iterator[str]:
        """Labels as ``a="b"``."""
        so_far = 0
        for upper, count in zip((*map(str, BUCKETS_S), "+Inf"), self._counts, strict=True):
            so_far += count
            inside = ",".join(filter(None, (labels, f'le="{upper}"')))
            yield f"{name}_bucket{{{inside}}} {so_far}"
        around = f"{{{labels}}}" if labels else ""
        yield f"{name}_sum{around} {self._sum_s:.6f}"
        yield f"{name}_count{around} {so_far}"


class Metrics:
    """Of one server, since it was started. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: dict[str, Histogram] = {}
        self._searches = Histogram()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request, by the pattern of its route."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds.setdefault(route, Histogram()).add(seconds)

    @contextmanager
    def searching(self) -> Iterator[None]:
        """While a query is answered."""
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._searches.add(time.perf_counter() - began)

    def lines(self, gauges: Mapping[str, tuple[str, int]]) -> Iterator[str]:
        """In the text format.

        Args:
            gauges: what is so at this moment: help and value, by name
        """
        with self._lock:
            yield from _head("shotseek_requests_total", "counter", "Requests answered.")
            for (method, route, status), count in sorted(self._requests.items()):
                labels = f'method="{method}",route="{_escaped(route)}",status="{status}"'
                yield f"shotseek_requests_total{{{labels}}} {count}"
            yield from _head("shotseek_request_seconds", "histogram", "From the whole request to its answer.")
            for route, histogram in sorted(self._seconds.items()):
                yield from histogram.lines("shotseek_request_seconds", f'route="{_escaped(route)}"')
            yield from _head("shotseek_search_seconds", "histogram", "Answering a query.")
            yield from self._searches.lines("shotseek_search_seconds")
        for name, (text, value) in gauges.items():
            yield from _head(name, "gauge", text)
            yield f"{name} {value}"


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
