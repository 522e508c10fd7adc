"""kill -9 at random times: whatever the process was at, one more run makes the library whole."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.conftest import Scenarios
from tests.reliability.golden import is_sound, known, opened

KILLS = 200


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_at_any_time_and_run_again(
    tmp_path: Path, scenarios: Scenarios, snapshots: None, figure: Callable[[str], None]
) -> None:
    """In the quick tests a quicker writer is killed, by `test_killed_anywhere_nothing_is_half_there`."""
    chance = random.Random(0)
    took = {name: _seconds(tmp_path / f"undisturbed {name}", scenarios, name) for name in ("new", "changed")}
    hit = 0
    for kill in range(KILLS):
        name = chance.choice(("new", "changed"))
        scenario = scenarios(name)
        library = scenario.library(tmp_path / str(kill))
        process = _started(library, scenario.folder)
        time.sleep(chance.uniform(0, 1.1 * took[name]))
        hit += process.poll() is None
        process.kill()
        process.communicate()
        with opened(library) as opening:
            opening.index(scenario.folder)
            assert known(opening) == scenario.golden, f"kill {kill}"
            is_sound(opening)
    figure(f"{KILLS} kills at random times, {hit} of them before the end: 0 violations")
    assert hit > KILLS // 2, "the processes were over before they were killed"


def _started(library: Path, folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.reliability.child", "none", "0", str(library), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _seconds(library: Path, scenarios: Scenarios, name: str) -> float:
    scenario = scenarios(name)
    begun = time.monotonic()
    process = _started(scenario.library(library), scenario.folder)
    _, error = process.communicate()
    assert process.returncode == 0, error.decode()
    return time.monotonic() - begun
