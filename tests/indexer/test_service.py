"""The indexing service over real files, with the real pipeline."""

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from indexer import folders
from indexer.control import Control
from indexer.estimate import Estimate
from indexer.jobs import JobState, JobStatus, Status
from indexer.library import Library
from indexer.pipeline import Recipe, index
from indexer.service import IndexService
from plugins.errors import InvalidValue, NotFound
from plugins.values import Progress
from tests.indexer.test_decoder import children
from tests.indexer.test_pipeline import BLUE, GREEN, GREY, RED, draw

SLOW = Recipe(("palette",), detector="tests.indexer.detectors:Steady")
HELD = Recipe(("palette",), detector="tests.indexer.detectors:Held")
FAST = Recipe(("palette",))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw(tmp_path / "videos/one.mp4", RED, BLUE)
    draw(tmp_path / "videos/two.mp4", GREEN, GREY, RED)
    return tmp_path / "videos"


@pytest.fixture
def hold(folder: Path) -> Path:
    """What keeps `HELD` at work until it is removed."""
    made = folder / "hold"
    made.touch()
    return made


@contextmanager
def serving(library: Library, recipe: Recipe = FAST, *, look_s: float = 0.1) -> Iterator[IndexService]:
    indexing = partial(index, library, recipe=recipe, workers=1)
    with IndexService(library, indexing, look_s=look_s, settle_s=0.2) as service:
        yield service


def until(service: IndexService, condition: Callable[[Status], object], within_s: float = 60) -> Status:
    """The first status that is as the condition says."""
    deadline = time.monotonic() + within_s
    status = service.status
    while not condition(status):
        assert time.monotonic() < deadline, status
        status = service.wait(status.version, 0.2)
    return status


def is_over(job: JobStatus) -> Callable[[Status], bool]:
    return lambda status: any(item.id == job.id and item.state.is_over for item in status.jobs)


def over(service: IndexService, job: JobStatus) -> JobStatus:
    return next(item for item in until(service, is_over(job)).jobs if item.id == job.id)


def aged(folder: Path) -> Path:
    """Files that were complete long ago."""
    for file in folder.iterdir():
        age(file)
    return folder


def age(file: Path) -> None:
    os.utime(file, (time.time() - 1000, time.time() - 1000))


def names(library: Library) -> set[str]:
    return {item.video.name for item in library.catalog.videos()}


def test_a_folder_is_indexed_and_progress_only_rises(library: Library, folder: Path) -> None:
    with serving(library, SLOW, look_s=0) as service:
        job = service.index([str(aged(folder))])
        shares: list[float] = []
        stages: set[str] = set()

        def seen(status: Status) -> bool:
            current = status.current
            if current is not None and current.size:
                shares.append(current.size_done / current.size)
                stages.update(item.stage for item in current.active)
            return is_over(job)(status)

        until(service, seen)
        ended = over(service, job)
    assert shares == sorted(shares)
    assert 0 < max(shares) <= 1
    assert len(set(shares)) > 2
    assert {"scan", "encode"} <= stages
    assert (ended.state, ended.total, ended.done, ended.counts) == (JobState.DONE, 2, 2, {"done": 2})
    assert {Path(item.path).name: item.video for item in ended.finished} == {
        item.video.name: item.video.id for item in library.catalog.videos()
    }


def test_pause_holds_and_resume_goes_on(library: Library, folder: Path, hold: Path) -> None:
    with serving(library, HELD, look_s=0) as service:
        job = service.index([str(aged(folder))])
        until(service, lambda status: status.current and status.current.active)
        service.pause()
        hold.unlink()
        paused = until(service, lambda status: status.current and status.current.counts)
        assert paused.paused
        assert paused.current is not None
        assert paused.current.state is JobState.PAUSED
        assert paused.current.seconds_left is None
        time.sleep(0.5)
        (waiting,) = service.status.jobs
        assert waiting.left == 1
        assert names(library) == {"one.mp4"}
        service.pause(False)
        assert over(service, job).counts == {"done": 2}


def test_one_video_is_cancelled_and_can_be_tried_again(library: Library, folder: Path, hold: Path) -> None:
    with serving(library, HELD, look_s=0) as service:
        job = service.index([str(aged(folder))])
        status = until(service, lambda status: status.current and status.current.active)
        assert status.current is not None
        (active,), (waiting,) = status.current.active, status.current.waiting
        service.cancel(job.id, active.number)
        service.cancel(job.id, waiting.number)
        assert over(service, job).counts == {"cancelled": 2}
        hold.unlink()
        assert names(library) == set()
        assert {item.reason for item in library.catalog.problems()} == {"cancelled"}
        with pytest.raises(NotFound, match=f"no job {job.id}"):
            service.cancel(job.id)
        assert over(service, service.index([str(folder)])).counts == {"unchanged": 2}
        assert over(service, service.index([str(folder)], retry=True)).counts == {"done": 2}
        assert library.catalog.problems() == []


def test_a_job_is_cancelled_and_nothing_is_left_behind(library: Library, folder: Path, hold: Path) -> None:
    before = children()
    with serving(library, HELD) as service:
        job = service.index([str(aged(folder))])
        service.index([str(folder / "two.mp4")])
        until(service, lambda _: library.catalog.library_folders())
        library.catalog.set_watched(library.catalog.library_folders()[0].id, True)
        status = until(service, lambda status: status.current and status.current.active)
        service.cancel(status.jobs[1].id)
        service.cancel(job.id)
        assert over(service, job).state is JobState.CANCELLED
        hold.unlink()
        time.sleep(0.8)  # watching leaves alone what was cancelled
        assert names(library) == set()
        assert library.catalog.problems() == []
        assert over(service, service.index([str(folder)])).counts["done"] == 2
    assert children() == before


def test_closing_ends_the_processes_and_the_next_service_goes_on(
    library: Library, folder: Path, hold: Path
) -> None:
    before = children()
    with serving(library, HELD, look_s=0) as service:
        service.index([str(aged(folder))])
        until(service, lambda status: status.current and status.current.active)
    assert children() == before
    hold.unlink()
    with serving(library, look_s=0) as service:
        assert over(service, service.index([str(folder)])).counts["done"] == 2


def test_what_fails_says_why_and_the_next_has_its_turn(
    library: Library, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def indexing(paths: Sequence[str], **how: object) -> Generator[Progress, None, None]:
        if len(paths) == 2:
            raise RuntimeError("out of\ncheese")
        yield from index(library, paths, FAST, **how)  # type: ignore[arg-type]

    caplog.set_level(logging.CRITICAL, "indexer.service")
    aged(folder)
    with IndexService(library, indexing, look_s=0) as service:
        broken = service.index([str(folder / "one.mp4"), str(folder / "two.mp4")])
        fine = service.index([str(folder / "one.mp4")])
        failed = over(service, broken)
        assert (failed.state, failed.message) == (JobState.FAILED, "RuntimeError: out of cheese")
        assert over(service, fine).counts == {"done": 1}
        with pytest.raises(NotFound, match="no such file"):
            service.index([str(folder / "none")])
        (folder / "empty").mkdir()
        assert over(service, service.index([str(folder / "empty")])).message == "there is no video in it"


HOLD = """
import sys
from indexer.library import Library
with Library.open(sys.argv[1]) as library, library.writing():
    print(flush=True)
    sys.stdin.readline()
"""


def test_another_process_is_named_and_waited_for(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.service.BUSY_S", 0.2)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, library.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder, serving(library, look_s=0) as service:
        holder.stdout.readline()
        job = service.index([str(aged(folder))])
        blocked = until(service, lambda status: status.current and status.current.state is JobState.BLOCKED)
        assert blocked.current is not None
        assert blocked.current.message == f"process {holder.pid} is writing to this library"
        holder.communicate("\n")
        assert over(service, job).counts == {"done": 2}


def test_what_needs_the_lock_is_done_while_a_job_holds_it(library: Library, folder: Path) -> None:
    def remove() -> int:
        with library.writing():
            return library.catalog.leave_out([item.video.id for item in library.catalog.videos()])

    with serving(library, SLOW, look_s=0) as service:
        job = service.index([str(aged(folder))])
        until(service, lambda status: status.current and status.current.counts)
        removed = service.do(remove)
        assert over(service, job).counts == {"done": 2}
        assert len(names(library)) == 2 - removed < 2
        assert over(service, service.index([str(folder)])).counts.get("unchanged", 0) == 2 - removed
        assert "one.mp4" in [Path(item.path).name for item in library.catalog.left_out()]
        assert over(service, service.index([str(folder / "one.mp4")])).counts == {"done": 1}
        assert len(library.catalog.left_out()) == removed - 1


def test_a_video_that_is_forgotten_meanwhile_stays_forgotten(
    library: Library, folder: Path, hold: Path
) -> None:
    with serving(library, HELD, look_s=0) as service:
        job = service.index([str(aged(folder))])
        status = until(service, lambda status: status.current and status.current.active)
        assert status.current is not None
        service.forget([status.current.active[0].path])
        hold.unlink()
        assert over(service, job).counts == {"cancelled": 1, "done": 1}
        assert library.catalog.problems() == []


def watched(library: Library, folder: Path) -> None:
    folders.add(library, str(folder), watched=True)


def growing(status: Status) -> dict[str, int]:
    """The size of each file that is being written, by its name."""
    return {Path(item.path).name: item.size for item in status.growing}


def test_a_growing_file_is_waited_for(library: Library, folder: Path, tmp_path: Path) -> None:
    whole = draw(tmp_path / "whole.mp4", BLUE, RED, GREEN).read_bytes()
    watched(library, folder)
    with serving(library) as service, (folder / "new.mp4").open("wb", buffering=0) as file:
        for part in range(4):
            file.write(whole[part * len(whole) // 5 : (part + 1) * len(whole) // 5])
            until(service, lambda status: growing(status).get("new.mp4") == file.tell())
            assert "new.mp4" not in names(library)
        file.write(whole[file.tell() :])
        until(service, lambda _: "new.mp4" in names(library))
    assert library.catalog.problems() == []


def test_a_copy_that_stands_still_is_waited_for_until_it_opens(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    """Its length does not change any more, but what is in it says that something is missing."""
    whole = draw(tmp_path / "whole.mp4", BLUE, RED, GREEN).read_bytes()
    watched(library, folder)
    with serving(library) as service:
        (folder / "half.mp4").write_bytes(whole[: len(whole) // 2])
        until(service, lambda _: names(library) == {"one.mp4", "two.mp4"})
        until(service, lambda status: list(growing(status)) == ["half.mp4"])
        time.sleep(0.6)
        assert list(growing(service.status)) == ["half.mp4"]
        (folder / "half.mp4").write_bytes(whole)
        until(service, lambda _: "half.mp4" in names(library))
    assert library.catalog.problems() == []


def test_what_vanishes_is_marked_and_what_comes_back_is_known(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    watched(library, aged(folder))
    with serving(library) as service:
        until(service, lambda _: len(names(library)) == 2)
        ids = {item.video.id for item in library.catalog.videos()}
        (folder / "one.mp4").rename(tmp_path / "one.mp4")
        until(service, lambda _: any(item.video.missing for item in library.catalog.videos()))
        (tmp_path / "one.mp4").rename(folder / "moved.mp4")
        until(service, lambda _: names(library) == {"moved.mp4", "two.mp4"})
        assert {item.video.id for item in library.catalog.videos()} == ids
        assert not any(item.video.missing for item in library.catalog.videos())


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_disk_that_is_gone_deletes_nothing(
    library: Library, folder: Path, tmp_path: Path, left: str
) -> None:
    watched(library, aged(folder))
    with serving(library) as service:
        until(service, lambda _: len(names(library)) == 2)
        until(service, lambda status: str(folder) in status.looked)
        folder.rename(tmp_path / "unmounted")
        if left == "an empty folder":
            folder.mkdir()
        until(service, lambda status: status.absent == (str(folder),))
        time.sleep(0.3)
        assert not any(item.video.missing for item in library.catalog.videos())
        shutil.rmtree(folder, ignore_errors=True)
        (tmp_path / "unmounted").rename(folder)
        until(service, lambda status: not status.absent)
        assert len(names(library)) == 2


def test_a_folder_is_forgotten_with_its_videos_or_without(library: Library, folder: Path) -> None:
    with serving(library, look_s=0) as service:
        over(service, service.index([str(aged(folder))]))
        inner = folder / "inner"
        draw(inner / "three.mp4", GREY)
        age(inner / "three.mp4")
        over(service, service.index([str(inner)]))
    catalog = library.catalog
    (record,) = catalog.library_folders()  # what is inside a folder of the library is no folder of its own
    assert (record.path, record.videos, record.failed, record.missing) == (str(folder), 3, 0, 0)
    assert record.looked_at is not None
    assert catalog.forget_folder(record.id, videos=False) == 0
    assert catalog.library_folders() == []
    assert catalog.roots() == [str(folder)]
    assert len(names(library)) == 3
    again = folders.add(library, str(inner), watched=False)
    outer = folders.add(library, str(folder), watched=False)
    assert (again.videos, outer.videos) == (1, 2)
    assert catalog.forget_folder(outer.id, videos=True) == 2  # the third is in the other folder
    assert names(library) == {"three.mp4"}
    assert catalog.roots() == [str(inner)]
    with pytest.raises(NotFound, match="no folder"):
        catalog.forget_folder(outer.id, videos=True)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("videos", "not a whole path"),
        ("/", "not the whole machine"),
        ("/proc/self", "belongs to the system"),
        ("{library}", "part of the library itself"),
        ("{folder}/inner", "is in the library already"),
        ("~nobody-of-that-name/x", "no path that can be followed"),
        ("/x\0y", "no path that can be followed"),
    ],
)
def test_what_cannot_be_a_folder_says_why(library: Library, folder: Path, path: str, why: str) -> None:
    (folder / "inner").mkdir()
    folders.add(library, str(folder), watched=True)
    with pytest.raises(InvalidValue, match=why):
        folders.add(library, path.format(library=library.folder, folder=folder), watched=True)
    with pytest.raises(NotFound, match="no such file or folder"):
        folders.add(library, f"{folder}-none", watched=True)


def test_names_of_folders_are_completed(tmp_path: Path) -> None:
    for name in ("Films", "films 2", ".hidden", "other", "b\udcff"):
        (tmp_path / name).mkdir()
    (tmp_path / "film.mp4").touch()
    assert folders.complete(f"{tmp_path}/f") == [f"{tmp_path}/Films/", f"{tmp_path}/films 2/"]
    assert folders.complete(f"{tmp_path}/") == [
        f"{tmp_path}/{name}/" for name in ("Films", "films 2", "other")
    ]
    assert folders.complete(f"{tmp_path}/.h") == [f"{tmp_path}/.hidden/"]
    for nothing in ("", "relative", f"{tmp_path}/none/x", "/\0", f"{tmp_path}/film.mp4/"):
        assert folders.complete(nothing) == []


def test_an_estimate_says_nothing_before_it_knows() -> None:
    clock = [0.0]
    estimate = Estimate(lambda: clock[0])

    def at(seconds: float, done: float, *, paused: bool = False) -> float | None:
        clock[0] = seconds
        estimate.take(done, paused=paused)
        return estimate.seconds_left(1000)

    assert at(2, 100) is None  # too early
    assert at(10, 100) == pytest.approx(90)
    assert at(1010, 100, paused=True) == pytest.approx(90)  # waiting is no work
    assert at(1020, 200) == pytest.approx(80)
    assert at(1200, 200) is None or estimate.rate  # stands still: the window still holds the old rate
    assert at(1300, 200) is None  # and then no more
    assert Estimate(lambda: 0.0).seconds_left(10) is None


def test_a_run_that_is_stopped_while_it_looks_marks_nothing(library: Library, folder: Path) -> None:
    for _ in index(library, [folder], FAST):
        pass
    (folder / "one.mp4").unlink()
    control = Control()
    control.stop()
    assert list(index(library, [folder], FAST, control=control)) == []
    assert not any(item.video.missing for item in library.catalog.videos())
