"""Several decoding processes: each file to itself, a bounded queue, and nothing left behind."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexer.decoder import Decoder
from indexer.media import Limits
from indexer.messages import Message
from indexer.pool import Ended, Task, _Queue, decode
from plugins.errors import Reason, ShotseekError
from plugins.values import SECOND, Frame
from tests.indexer.test_decoder import HERE, children, open_files
from tests.videos import clip


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "two.mp4"
    clip(path, 2)
    return path


def task(job: str, video: Path, detector: str = "content") -> Task[str]:
    return Task(
        job,
        lambda decoder: decoder.scan(
            str(video), [str(video.parent)], detector=detector, max_shot_us=10 * SECOND, frames_per_shot=2
        ),
    )


def said(
    tasks: Iterable[Task[str]], workers: int, limits: Limits | None = None
) -> Iterator[tuple[str, Message | Frame | Ended]]:
    """What comes, without the pauses."""
    return (item for item in decode(tasks, limits or Limits(), workers) if item is not None)


def ends(
    tasks: Iterator[Task[str]] | list[Task[str]], workers: int, **limits: float
) -> dict[str, Reason | None]:
    return {
        job: message.error.reason if message.error else None
        for job, message in said(tasks, workers, Limits(**limits))  # type: ignore[arg-type]
        if isinstance(message, Ended)
    }


@pytest.mark.parametrize("workers", [1, 3])
def test_every_task_is_done_and_ends_once(workers: int, video: Path) -> None:
    before, files = children(), open_files()
    found: dict[str, list[object]] = {}
    for job, message in said([task(str(n), video) for n in range(4)], workers):
        found.setdefault(job, []).append(message)
    assert set(found) == set("0123")
    for messages in found.values():
        assert [message for message in messages if isinstance(message, Ended)] == [messages[-1]] == [Ended()]
    assert (children(), open_files()) == (before, files)


def test_a_crash_and_silence_fail_their_own_files_only(video: Path) -> None:
    """Seen failing with one process for all."""
    tasks = [
        task("good", video),
        task("dies", video, f"{HERE}:Dies:SIGSEGV"),
        task("sleeps", video, f"{HERE}:Sleeps"),
        *[task(str(n), video) for n in range(3)],
    ]
    done = dict.fromkeys(["good", *map(str, range(3))])
    assert ends(tasks, 2, stall_s=2) == done | {"dies": Reason.CRASHED, "sleeps": Reason.TIMEOUT}


def test_leaving_early_ends_all_processes_whatever_they_do(video: Path) -> None:
    """Seen failing with processes that are waited for: `Sleeps` never answers."""
    before, files, threads = children(), open_files(), threading.active_count()
    tasks = [task("sleeps", video, f"{HERE}:Sleeps"), *[task(str(n), video) for n in range(50)]]
    with closing(decode(tasks, Limits(stall_s=3600), 2)) as messages:
        for item in messages:
            if item is not None and item[0] == "0":
                break
    assert (children(), open_files(), threading.active_count()) == (before, files, threads)


def test_no_more_processes_than_files(video: Path) -> None:
    before, seen = children(), set[int]()
    for _ in decode([task("0", video), task("1", video)], Limits(), 8):
        seen |= children() - before
    assert len(seen) <= 2


def test_a_task_that_cannot_be_made_is_raised_where_the_messages_are_read(video: Path) -> None:
    def tasks() -> Iterator[Task[str]]:
        yield task("0", video)
        raise ShotseekError("the catalog is gone")

    before = children()
    with pytest.raises(ShotseekError, match="the catalog is gone"):
        list(decode(tasks(), Limits(), 2))
    assert children() == before


def test_a_file_is_taken_only_when_a_process_is_free_for_it(video: Path) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Task[str]]:
        for number in range(9):
            taken.append(number)
            yield task(str(number), video)

    with closing(decode(tasks(), Limits(), 2)) as messages:
        assert next(messages) is None
        next(messages)
        assert len(taken) <= 3


def test_a_full_queue_makes_wait_and_one_item_of_any_size_goes_through() -> None:
    """Seen failing with a queue that only counts what it holds before it adds."""
    queue: _Queue[int] = _Queue(10)
    held: list[int] = []

    def put() -> None:
        for number, size in enumerate([6, 4, 6, 50, 1]):
            queue.put(number, size)
            held.append(number)

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    order = []
    for expected in ([0, 1], [0, 1, 2], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]):
        deadline = time.monotonic() + 60
        while held != expected and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.01)
        assert held == expected
        order.append(queue.get(1))
    thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_frames_come_through_as_well(video: Path) -> None:
    job = Task("frames", lambda decoder: decoder.frames(str(video), [str(video.parent)], [0, SECOND]))
    assert len(list(said([job], 2))) == 3


def test_an_interrupt_is_seen_as_a_crash(video: Path) -> None:
    with Decoder() as decoder:
        decoder.interrupt()
        frames = decoder.frames(str(video), [str(video.parent)], range(0, 2 * SECOND, 1000), short_side=None)
        next(frames)
        decoder.interrupt()
        with pytest.raises(ShotseekError, match="died of SIGKILL"):
            list(frames)
