"""What every test shares."""

import os
import shutil
from collections.abc import Callable

import pytest
from hypothesis import settings

for _library in ("OMP", "OPENBLAS", "MKL"):
    # One thread each: the arrays of tests are small, and two workers and what they start are many processes,
    # whose threads would wait for each other longer than they work. Before anything imports numpy or torch.
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

settings.register_profile("unhurried", deadline=None)  # other work on the machine is no mistake of ours
settings.load_profile("unhurried")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Browser tests skip where there is no Chromium, but never under CI."""
    if item.get_closest_marker("browser") and shutil.which("chromium") is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and under CI the browser tests must run", pytrace=False)
        pytest.skip("Chromium is not installed")


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
