"""The fault at step n: indexing is interrupted at each step that reaches the disk, and begun again."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plugins.errors import DiskFull
from tests.reliability.conftest import Scenario, Scenarios
from tests.reliability.faults import Died, FullDisk, Steps, steps
from tests.reliability.golden import is_sound, known, opened

pytestmark = pytest.mark.usefixtures("snapshots")
FEW = 9
"""every so many steps are tried in the quick tests"""
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    ("kind", "name", "every"),
    [
        (Steps, "new", FEW),
        (FullDisk, "changed", FEW),
        *(
            pytest.param(kind, name, 1, marks=LONG)
            for kind in (Steps, FullDisk)
            for name in ("new", "changed")
        ),
    ],
)
def test_whatever_step_fails_the_next_run_makes_it_whole(
    tmp_path: Path,
    scenarios: Scenarios,
    kind: type[Steps],
    name: str,
    every: int,
) -> None:
    """Seen failing with a video that is entered in two transactions."""
    scenario = scenarios(name)
    for step in range(every // 2 + 1, 1000, every):
        library = scenario.library(tmp_path / f"{step}")
        fault = kind(step)
        if not _fails(scenario, library, fault):
            break
        _is_made_whole(scenario, library, fault.seen[step - 1])
    assert step > 20, "the steps are no longer counted"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["new", "changed"])
@pytest.mark.parametrize("kind", ["kill", "power"])
def test_whatever_step_a_process_dies_at(
    tmp_path: Path, scenarios: Scenarios, kind: str, name: str, figure: Callable[[str], None]
) -> None:
    """A power cut also takes what was not forced to the disk."""
    scenario = scenarios(name)
    for step in range(1, 1000):
        library = scenario.library(tmp_path / f"{step}")
        arguments = [kind, str(step), str(library), str(scenario.folder)]
        command = [sys.executable, "-m", "tests.reliability.child", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode in (0, 9), ended.stderr
        if ended.returncode == 0:
            break
        _is_made_whole(scenario, library, f"{kind} at {step}")
    figure(f"{kind} at every step, {name} library: {step - 1} steps, 0 violations")
    assert step > 20, "the steps are no longer counted"


def _fails(scenario: Scenario, library: Path, fault: Steps) -> bool:
    """Whether the run got as far as the fault; a full disk is said in one line."""
    try:
        with steps(fault), opened(library) as opening:
            opening.index(scenario.folder)
    except Died:
        return True
    except DiskFull as error:
        return len(re.findall("\n|the disk is full; make room", str(error))) == 1
    return fault.struck


def _is_made_whole(scenario: Scenario, library: Path, where: str) -> None:
    with opened(library) as opening:
        opening.index(scenario.folder)
        assert known(opening) == scenario.golden, where
        is_sound(opening)
