"""What every test shares."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

for _library in ("OMP", "OPENBLAS", "MKL"):
    # One thread each: the arrays of tests are small, and two workers and what they start are many processes,
    # whose threads would wait for each other longer than they work. Before anything imports numpy or torch.
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

if TYPE_CHECKING:
    from tests.servers import Server

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As shells leave it for what runs in their background; what tests start would never hear Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROGRAMS: dict[str, tuple[str, Callable[[], object]]] = {
    "browser": ("Chromium", lambda: shutil.which("chromium")),
    "postgresql": ("PostgreSQL", lambda: server_programs()),
}
"""that tests with a marker need, and whether they are there"""

settings.register_profile("unhurried", deadline=None)  # other work on the machine is no mistake of ours
settings.load_profile("unhurried")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests that need another program skip where it is not installed, but never under CI."""
    for marker, (program, is_there) in PROGRAMS.items():
        if item.get_closest_marker(marker) and not is_there():
            if os.environ.get("CI"):
                pytest.fail(f"{program} is not installed, and under CI its tests must run", pytrace=False)
            pytest.skip(f"{program} is not installed")


@pytest.fixture(scope="session")
def server() -> "Iterator[Server]":
    """A PostgreSQL server; for tests with the marker ``postgresql``."""
    from tests.servers import serving

    with serving() as made:
        yield made


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a line for docs/reliability.md; all are shown at the end of the run, in whichever process."""
    return lambda line: record_property("figure", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for name, line in report.user_properties:
                if name == "figure":
                    terminalreporter.write_line(str(line))


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither the settings nor the library of whoever runs the tests is read or written."""
    for name in list(os.environ):
        if name.startswith("SHOTSEEK_"):
            monkeypatch.delenv(name)
    home = str(tmp_path_factory.getbasetemp() / "home")
    monkeypatch.setenv("XDG_CONFIG_HOME", home)
    monkeypatch.setenv("XDG_DATA_HOME", home)


def server_programs() -> Path | None:
    """The folder of PostgreSQL's programs; of the newest version where there are several."""
    if there := shutil.which("initdb"):
        return Path(there).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None
