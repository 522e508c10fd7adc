"""The decoding process: what comes out of it, and that it may die, hang or be left without harm."""

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexer.decoder import Decoder
from indexer.media import Limits
from indexer.messages import AnnotatorEnded, Message, Position, Scanned
from indexer.scan import ScannedShot
from plugins.errors import MediaError, Reason, ShotseekError
from plugins.values import SECOND, Annotation, Span, Video
from shotseek.draw import write_video
from tests.videos import FPS, SIZE, clip, differs, scene

HERE = "tests.indexer.detectors"


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as made:
        yield made


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "three.mp4"
    clip(path, 3)
    return path


def messages(
    decoder: Decoder, path: Path, detector: str = "content", **options: int | list[str]
) -> list[Message]:
    given: dict[str, object] = {"annotators": [], "max_shot_us": 10 * SECOND, "frames_per_shot": 3} | options
    return list(decoder.scan(str(path), [str(path.parent)], detector=detector, **given))  # type: ignore[arg-type]


def shots(found: list[Message]) -> list[ScannedShot]:
    return [message for message in found if isinstance(message, ScannedShot)]


def failure(decoder: Decoder, path: Path, detector: str) -> MediaError:
    with pytest.raises(MediaError) as caught:
        messages(decoder, path, detector)
    assert caught.value.path == str(path)
    return caught.value


def children() -> set[int]:
    """Processes of ours that are running or not yet buried."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(entry.name))
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_scan_in_order(decoder: Decoder, video: Path) -> None:
    annotators = ["tests.indexer.annotators:Numbers"]
    found = messages(decoder, video, annotators=annotators)
    first, *between, last = [message for message in found if not isinstance(message, Position)]
    assert isinstance(first, Video)
    assert (first.width, first.height, first.path) == (*SIZE, str(video))
    assert isinstance(last, Scanned)
    assert (last.frames, last.lost, last.detail) == (3 * FPS, 0, f"{3 * FPS} frames decoded")
    assert last.video.duration_us == 3 * SECOND
    assert [item.span for item in shots(found)] == [Span(n * SECOND, (n + 1) * SECOND) for n in range(3)]
    words = [(item.span, item.text) for item in between if isinstance(item, Annotation)]
    assert words == [(item.span, f"number {n}") for n, item in enumerate(shots(found))]
    assert between[-1] == AnnotatorEnded(annotators[0], "")


def test_an_annotator_that_fails_is_told_and_the_rest_stays(decoder: Decoder, video: Path) -> None:
    names = ["tests.indexer.annotators:Fails", "tests.indexer.annotators:Absent", "subtitles"]
    found = messages(decoder, video, annotators=names)
    ended = [item for item in found if isinstance(item, AnnotatorEnded)]
    assert [item.name for item in ended] == names
    assert "ZeroDivisionError: by nothing" in ended[0].error
    assert "Absent" in ended[1].error
    assert ended[2].error == ""
    assert [item.text for item in found if isinstance(item, Annotation)] == ["so far"]
    assert isinstance(found[-1], Scanned)


def test_frames_at_times(decoder: Decoder, video: Path) -> None:
    wanted = [0, 1_000_000, 1_019_999, 2_900_000]
    found = list(decoder.frames(str(video), [str(video.parent)], wanted, short_side=48))
    assert [frame.time_us for frame in found] == [0, 1_000_000, 1_000_000, 2_880_000]
    assert {frame.image.shape for frame in found} == {(48, 80, 3)}
    (whole,) = decoder.frames(str(video), [str(video.parent)], [0], short_side=None)
    assert differs(whole.image, scene(0, 1)[0]) < 25


def test_a_piece_is_watched_a_few_frames_a_second(decoder: Decoder, video: Path) -> None:
    """Seen failing when the process was not told that the last message had come: the next job waited."""
    roots = [str(video.parent)]
    found = list(
        decoder.watch(str(video), roots, Span(SECOND, 2 * SECOND + SECOND // 2), fps=5, short_side=48)
    )
    assert [frame.time_us for frame in found] == list(range(SECOND, 2 * SECOND + SECOND // 2, SECOND // 5))
    assert {frame.image.shape for frame in found} == {(48, 80, 3)}
    before = children()
    assert not list(decoder.watch(str(video), roots, Span(9 * SECOND, 10 * SECOND), fps=5, short_side=48))
    assert children() == before


def test_of_a_large_video_only_what_is_needed_is_watched(decoder: Decoder, tmp_path: Path) -> None:
    """Frames that no other needs may be missing, so that one comes a little later; what it shows is right."""
    path, size = tmp_path / "large.mp4", (640, 360)
    frames = scene(1, 2 * FPS, size, speed=3)
    write_video(path, frames, fps=FPS, options={"preset": "veryfast", "bf": "3"})
    found = list(decoder.watch(str(path), [str(tmp_path)], fps=5, short_side=36))
    assert [frame.time_us * 5 // SECOND for frame in found] == list(range(10))
    for frame in found:
        (exact,) = decoder.frames(str(path), [str(tmp_path)], [frame.time_us], short_side=36)
        assert exact.time_us == frame.time_us
        assert differs(exact.image, frame.image) < 6


def test_keyframes_are_found_again_by_their_times(decoder: Decoder, video: Path) -> None:
    keyframes = [item for shot in shots(messages(decoder, video)) for item in shot.keyframes]
    times = [item.time_us for item in keyframes]
    again = list(decoder.frames(str(video), [str(video.parent)], times))
    assert [frame.time_us for frame in again] == times
    assert all(differs(frame.image, item.image) == 0 for frame, item in zip(again, keyframes, strict=True))


def test_one_process_serves_many_files(video: Path) -> None:
    with Decoder() as decoder:
        before = children()
        messages(decoder, video)
        mine = children() - before
        assert len(mine) == 1
        with pytest.raises(MediaError, match="does not exist"):
            messages(decoder, video.with_name("absent.mp4"))
        list(decoder.frames(str(video), [str(video.parent)], [0, 1]))
        messages(decoder, video, f"{HERE}:Lazy")
        assert children() - before == mine
    assert children() - before == set()


def test_a_decoder_that_nobody_holds_any_more_leaves_no_process(video: Path) -> None:
    """Seen failing without the finalizer: the process lived on, and a warning told of it."""
    decoder, before = Decoder(), children()
    list(decoder.frames(str(video), [str(video.parent)], [0]))
    assert len(children() - before) == 1
    del decoder
    gc.collect()
    assert children() == before


@pytest.mark.parametrize(
    ("detector", "detail"),
    [
        ("Dies:SIGSEGV", "died of SIGSEGV"),
        ("Dies:SIGABRT", "died of SIGABRT"),
        ("Dies:SIGKILL", "died of SIGKILL"),
        ("Dies:0", "ended with code 0"),
    ],
)
def test_a_crash_fails_its_own_file_only(detector: str, detail: str, video: Path) -> None:
    with Decoder() as decoder:
        files, before = open_files(), children()
        error = failure(decoder, video, f"{HERE}:{detector}")
        assert (error.reason, error.detail) == (Reason.CRASHED, f"the decoder {detail}")
        assert (open_files(), children()) == (files, before)
        assert len(shots(messages(decoder, video))) == 3


def test_silence_is_ended(video: Path) -> None:
    with Decoder(Limits(stall_s=2)) as decoder:
        before = children()
        error = failure(decoder, video, f"{HERE}:Sleeps")
        assert error.reason is Reason.TIMEOUT
        assert children() == before
        assert len(shots(messages(decoder, video))) == 3


def test_slow_is_not_silent(video: Path) -> None:
    with Decoder(Limits(stall_s=2)) as decoder:
        found = messages(decoder, video, f"{HERE}:Slow")
    positions = [item.done_us for item in found if isinstance(item, Position)]
    assert len(positions) > 3
    assert positions == sorted(positions)
    assert positions[-1] < 3 * SECOND


@pytest.mark.parametrize(
    ("detector", "detail"),
    [
        ("Raises", "RuntimeError: out of cheese"),
        ("Descends", "must ascend"),
        ("Floats", "TypeError"),
        ("Absent", "Absent"),
    ],
)
def test_a_detector_that_fails_is_named(detector: str, detail: str, decoder: Decoder, video: Path) -> None:
    error = failure(decoder, video, f"{HERE}:{detector}")
    assert error.reason is Reason.DETECTOR
    assert detector in error.detail
    assert detail in error.detail
    assert "\n" not in error.detail


def test_a_late_cut_is_an_error_not_a_loss(decoder: Decoder, tmp_path: Path) -> None:
    write_video(tmp_path / "long.mp4", scene(1, 1) * 320, fps=10)
    given = {"max_shot_us": 5 * SECOND}
    with pytest.raises(MediaError, match="came more than 10 s and 128 frames after its frame"):
        messages(decoder, tmp_path / "long.mp4", f"{HERE}:Late", **given)


@pytest.mark.parametrize("detector", ["Lazy", "Stops", "Twice", "Late"])
def test_the_whole_file_is_decoded_whatever_the_detector_reads(
    detector: str, decoder: Decoder, video: Path
) -> None:
    found = messages(decoder, video, f"{HERE}:{detector}")
    ended = found[-1]
    assert isinstance(ended, Scanned)
    assert ended.frames == 3 * FPS
    assert shots(found)[-1].span.end_us == 3 * SECOND


def test_leaving_early_leaves_nothing(video: Path) -> None:
    with Decoder() as decoder:
        files, before = open_files(), children()
        for _ in range(3):
            found = decoder.scan(
                str(video), [str(video.parent)], detector="content", max_shot_us=SECOND, frames_per_shot=1
            )
            with closing(found):
                next(found)
            assert (open_files(), children()) == (files, before)
        frames = decoder.frames(str(video), [str(video.parent)], [0, SECOND])
        next(frames)
        del frames
        assert (open_files(), children()) == (files, before)


def test_the_last_frame_need_not_be_followed_by_the_end(decoder: Decoder, video: Path) -> None:
    """Whoever takes as many frames as he asked for has not left early."""
    list(decoder.frames(str(video), [str(video.parent)], [0]))
    before = children()
    frames = decoder.frames(str(video), [str(video.parent)], [0, SECOND])
    next(frames)
    next(frames)
    del frames
    assert children() == before


def test_threads_take_turns(decoder: Decoder, video: Path) -> None:
    found: list[int] = []

    def work() -> None:
        found.extend(f.time_us for f in decoder.frames(str(video), [str(video.parent)], [0, SECOND]))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0, SECOND] * 6


def test_two_jobs_in_one_thread_are_refused(decoder: Decoder, video: Path) -> None:
    first = decoder.frames(str(video), [str(video.parent)], [0, SECOND])
    next(first)
    with pytest.raises(ShotseekError, match="one job at a time"):
        next(decoder.frames(str(video), [str(video.parent)], [0]))
    assert next(first).time_us == SECOND


WORKS = "decoder.frames(path, [path], list(range(0, 3_000_000, 1000)), short_side=None)"
HANGS = f"decoder.scan(path, [path], detector='{HERE}:Waits:/none', max_shot_us=9, frames_per_shot=1)"


@pytest.mark.parametrize("does", [WORKS, HANGS], ids=["working", "hanging"])
def test_it_needs_no_main_guard_and_ends_with_its_parent(video: Path, tmp_path: Path, does: str) -> None:
    """In a script without a guard; the parent is killed in the middle, and the process goes too. Seen failing
    where it hangs: without the thread that looks at the pipe."""
    script, film = tmp_path / "script.py", shutil.copy(video, tmp_path / "meadow.mp4")
    script.write_text(
        "import os, sys\n"
        "from indexer.decoder import Decoder\n"
        "decoder, path = Decoder(), sys.argv[1]\n"
        f"found = {does}\n"
        "next(found)\n"
        "print(decoder._process._child.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, script, film], capture_output=True, text=True, env=environment, timeout=60
    )
    child = Path("/proc") / done.stdout.strip()
    assert done.stdout.strip().isdigit(), done.stderr
    deadline = time.monotonic() + 60
    while child.exists() and child.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_bad_file_has_its_reason(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe.mp4")
    reasons = {path.name: failure(decoder, path, "content").reason for path in tmp_path.iterdir()}
    assert reasons == {
        "text.mp4": Reason.NOT_MEDIA,
        "empty.mp4": Reason.EMPTY,
        "pipe.mp4": Reason.NOT_A_FILE,
    }


def test_an_annotator_may_think_longer_than_a_decoder(video: Path) -> None:
    """Seen failing when only frames were a sign of life."""
    with Decoder(Limits(stall_s=2)) as decoder:
        found = messages(decoder, video, annotators=["tests.indexer.annotators:Thinks:3"])
    assert any(isinstance(message, Annotation) for message in found)


@pytest.mark.long
def test_an_annotator_may_not_think_for_ever(video: Path) -> None:
    """Seen failing when thought had no end."""
    with Decoder(Limits(stall_s=1)) as decoder, pytest.raises(MediaError) as caught:
        messages(decoder, video, annotators=["tests.indexer.annotators:Thinks:100"])
    assert caught.value.reason is Reason.TIMEOUT
