"""How long a search takes while others search as well, on the server that `shotseek serve` starts.

    python -m benchmarks.load FOLDER [--videos 5000] [--requests 1000]

FOLDER keeps the library of `benchmarks.results` between runs. Each client is a thread of one process with a
connection of its own that asks for the next sentence as soon as it has an answer; no two sentences in a row
are the same. What the clients cost is in the times: they share the processor with the server. Prints a
section of docs/benchmarks.md.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np

from benchmarks.results import SENTENCES, SHOTS, prepare

SHOTSEEK = str(Path(sys.executable).with_name("shotseek"))
CLIENTS = (1, 8, 50)
LIGHT = ("by day", "at night", "in the rain", "in the morning", "in summer", "in winter", "from above")
GIVEN_UP_S = 60


@dataclass(frozen=True)
class Measured:
    """What one number of clients met with."""

    clients: int
    times_ms: Sequence[float]
    """of the answers that came"""
    errors: int
    """answers other than 200, and connections that broke"""
    seconds: float
    busy_s: float
    """of the processor, in the server"""

    def line(self) -> str:
        p50, p99 = np.percentile(self.times_ms, [50, 99])
        count = len(self.times_ms)
        rate, busy = count / self.seconds, 1e3 * self.busy_s / count
        return (
            f"| {self.clients} | {count} | {p50:.0f} | {p99:.0f} | {rate:.0f} | {busy:.0f} | {self.errors} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--videos", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=1_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = given.folder / f"results-{given.videos}"
    prepare(folder, given.videos)
    print(f"### {given.videos * SHOTS:,} shots\n")
    print("| clients | searches | p50 ms | p99 ms | a second | processor, ms a search | errors |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with served(folder) as server:
        measure(server, 1, 20)  # what is read once
        for clients in CLIENTS:
            print(measure(server, clients, given.requests).line(), flush=True)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    pid: int
    address: str
    """host and port"""

    @property
    def busy_s(self) -> float:
        """How long it has kept a processor busy, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(library: Path) -> Iterator[Server]:
    command = [SHOTSEEK, "serve", "--library", str(library), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = json.loads("".join(itertools.islice(process.stdout, 3)))["url"]
            yield Server(process.pid, urlsplit(url).netloc)
        finally:
            process.terminate()


def measure(server: Server, clients: int, requests: int) -> Measured:
    """So many searches by so many clients at once."""
    shares = [requests // clients] * clients
    begun, worked = time.perf_counter(), server.busy_s
    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(ask, itertools.repeat(server.address), shares, range(clients)))
    seconds = time.perf_counter() - begun
    times = [each for found, _ in answers for each in found]
    errors = sum(failed for _, failed in answers)
    return Measured(clients, times, errors, seconds, server.busy_s - worked)


def ask(address: str, requests: int, client: int) -> tuple[list[float], int]:
    """Milliseconds of each answer, and how many failed."""
    times, errors = [], 0
    sentences = [f"{what} {light}" for light in LIGHT for what in SENTENCES]
    with closing(HTTPConnection(address, timeout=GIVEN_UP_S)) as connection:
        for number in range(requests):
            sentence = sentences[(17 * client + number) % len(sentences)]
            begun = time.perf_counter()
            try:
                connection.request("GET", f"/api/v1/search?q={quote(sentence)}")
                answer = connection.getresponse()
                hits = json.loads(answer.read()).get("hits")
            except (OSError, HTTPException):
                connection.close()
                errors += 1
                continue
            if answer.status == 200 and hits:
                times.append(1e3 * (time.perf_counter() - begun))
            else:
                errors += 1
    return times, errors


if __name__ == "__main__":
    main()
