"""The command as a process: signals, pipes, no terminal, a terminal, any file name."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from shotseek import open_library
from shotseek.cli.exits import Exit
from tests.shotseek.conftest import PATIENCE_S, SHOTSEEK, Run, ended, running, serving, start
from tests.videos import clip

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _with_the_quickest_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the process is the point, and importing torch would be most of what it does."""
    monkeypatch.setenv("SHOTSEEK_ENCODERS", "palette")


def test_serve_answers_until_ctrl_c(indexed: Path) -> None:
    with serving(indexed) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url) as page:
            assert b"<html" in page.read()
        with urllib.request.urlopen(f"{url}api/v1/search?q=woodpecker") as answer:
            assert json.load(answer)["hits"]
        process.send_signal(signal.SIGINT)
        stopped = ended(process)
    assert (stopped.code, stopped.err) == (Exit.DONE, "stopped\n")


def test_a_server_multiplies_in_one_thread() -> None:
    """Seen failing: without being told so there was a thread for each further core."""
    code = (
        "import sys, shotseek.cli.serve; from shotseek.settings import multiply_in_one_thread as one\n"
        "one(); assert 'numpy' not in sys.modules; import numpy\n"
        "square = numpy.ones((500, 500)); square @ square\n"
        "print(open('/proc/self/status').read())"
    )
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=plain)
    assert "Threads:\t1\n" in done.stdout


def held(gate: Path) -> dict[str, str]:
    """The environment of a command that is not done with one of the films before `gate` is there: so it is in
    the midst of its work when it is stopped, however slow or quick the machine is."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "SHOTSEEK_DETECTOR": f"tests.indexer.detectors:Waits:{gate}",
        "SHOTSEEK_ENCODERS": "tests.indexer.encoders:Hasty",
        "SHOTSEEK_STALL_TIMEOUT": "600",
        "SHOTSEEK_WORKERS": "2",
    }


def children_of(pid: int) -> set[int]:
    """Processes that a process has started and that are running."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.add(int(entry.name))
    return found


def awaited_children_of(pid: int) -> set[int]:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := children_of(pid)):
        assert time.monotonic() < deadline, "it has started nothing"
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_serve_makes_a_library_indexes_into_it_and_ends_all_it_has_started(
    videos: Path, tmp_path: Path, by: signal.Signals
) -> None:
    """With somebody listening to events, whom it does not wait for."""
    library, gate = tmp_path / "library", tmp_path / "gate"
    for film in videos.iterdir():
        shutil.copy(film, tmp_path)  # files that were there before
        os.utime(tmp_path / film.name, (1, 1))
    with serving(library, env=held(gate)) as (process, url):
        asked = urllib.request.Request(
            f"{url}api/v1/folders",
            json.dumps({"path": str(tmp_path)}).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(asked).close()
        with urllib.request.urlopen(f"{url}api/v1/events") as events:
            assert events.readline()
            started = awaited_children_of(process.pid)
            process.send_signal(by)
            stopped = ended(process)
    assert (stopped.code, stopped.err) == (Exit.DONE, "stopped\n")
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
    gate.touch()
    again = ended(start("index", tmp_path, "--library", library, "--json", env=held(gate))).json["summary"]
    assert again.get("unchanged", 0) + again["done"] == 3


@pytest.mark.long
def test_watch_indexes_what_comes(videos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    with running("watch", folder, "--library", tmp_path / "library", "--every", "0.3") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline() == f"watching {folder} (Ctrl-C stops it)\n"
        shutil.copy(videos / "meadow.mp4", folder)
        assert process.stdout.readline().startswith(f"done      {folder}/meadow.mp4")
        process.send_signal(signal.SIGINT)
        assert ended(process).code == Exit.INTERRUPTED


def test_a_port_that_is_taken_is_said(indexed: Path) -> None:
    with serving(indexed) as (_, url):
        port = url.rpartition(":")[2].strip("/")
        second = ended(start("serve", "--library", indexed, "--port", port))
    assert second.code == Exit.USAGE
    assert (
        second.err
        == f"shotseek: cannot serve on 127.0.0.1, port {port}: Address already in use; try another --port\n"
    )


@pytest.mark.parametrize("how", ["Ctrl-C", "Ctrl-C twice", "SIGTERM"])
def test_ctrl_c_keeps_what_was_finished(videos: Path, tmp_path: Path, how: str) -> None:
    """Stopped after the first file, and run again: the rest is done and nothing is done twice."""
    library, gate = tmp_path / "library", tmp_path / "gate"
    indexing = ("index", videos, "--library", library)
    with running(*indexing, start_new_session=True, env=held(gate)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("done")
        if how == "SIGTERM":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        if how == "Ctrl-C twice":
            time.sleep(0.05)
            os.killpg(process.pid, signal.SIGINT)
        stopped = ended(process)
        with pytest.raises(ProcessLookupError):  # nor is any decoding process left
            os.killpg(process.pid, 0)
    codes = (Exit.INTERRUPTED, -signal.SIGINT) if how == "Ctrl-C twice" else (Exit.INTERRUPTED,)
    assert stopped.code in codes
    assert stopped.err.splitlines()[-1] == "shotseek: stopped"
    assert "Traceback" not in stopped.err
    gate.touch()
    again = ended(start(*indexing, "--json", env=held(gate))).json["summary"]
    assert again["unchanged"] >= 1
    assert again["unchanged"] + again["done"] == 3


def test_a_reader_that_goes_away_is_no_error(indexed: Path) -> None:
    with running("search", "blue sea", "--library", indexed, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(PATIENCE_S)) == ("", Exit.BROKEN_PIPE)


def test_any_name_is_indexed_printed_and_found_again(run: Run, tmp_path: Path) -> None:
    """Bytes that are not UTF-8, a newline, an escape code: shown harmlessly, and whole in the JSON."""
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    names = ["a\nb.mp4", "\x1b[31mred.mp4", "b\udcff.mp4", "<img src=x>.mp4", 'it\'s "quoted".mp4', "🎈.mp4"]
    clip(tmp_path / "a.mp4", 2)
    for name in names:
        shutil.copyfile(tmp_path / "a.mp4", folder / name)
    library = tmp_path / "library"
    answer = ended(start("index", folder, "--library", library))
    assert answer.code == Exit.DONE, answer.err
    assert answer.out.splitlines()[-1] == f"{len(names)} done"
    assert len(answer.out.splitlines()) == len(names) + 1
    assert "\x1b" not in answer.out
    listed = ended(start("videos", "--library", library, "--json"))
    assert listed.out.isascii()
    assert {item["path"] for item in listed.json["videos"]} == {str(folder / name) for name in names}
    for name in names:
        assert run("shots", folder / name, "--library", library, "--json").json["video"] == str(folder / name)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_letters_gets_others(indexed: Path, encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    answer = ended(start("search", "woodpecker", "--library", indexed, env=environment))
    assert answer.code == Exit.DONE
    assert "woodpecker" in answer.out


def test_a_terminal_gets_a_bar_and_a_file_gets_lines(videos: Path, tmp_path: Path) -> None:
    """The film takes many times as long as the bar to be drawn again."""
    slow = {"TERM": "xterm", "SHOTSEEK_DETECTOR": "tests.indexer.detectors:Steady"}
    ours, theirs = pty.openpty()
    command = [SHOTSEEK, "index", str(videos / "meadow.mp4"), "--library", str(tmp_path / "library")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, text=True, env=held(tmp_path) | slow
    ) as process:
        os.close(theirs)
        drawn = b""
        try:
            while part := os.read(ours, 4096):
                drawn += part
        except OSError:  # what Linux says when the other end has closed
            pass
        os.close(ours)
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert b"scan meadow.mp4" in drawn
    assert [line.split()[0] for line in out.splitlines()] == ["done", "1"]


def test_a_library_that_another_process_writes_to(own: Path, videos: Path) -> None:
    with open_library(own) as library, library.library.writing():
        answer = ended(start("remove", "meadow.mp4", "--library", own))
        assert ended(start("search", "woodpecker", "--library", own, "--json")).json["hits"]
    assert (answer.code, answer.out) == (Exit.LIBRARY, "")
    assert answer.err.startswith(f"shotseek: process {os.getpid()} is writing to {own}")


def test_a_second_run_does_nothing(indexed: Path, videos: Path) -> None:
    answer = ended(start("index", videos, "--library", indexed, "--encoder", "palette", "--json"))
    assert answer.json["summary"] == {"unchanged": 3}
