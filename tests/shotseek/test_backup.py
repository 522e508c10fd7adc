"""Backups from the command line; what they promise is tested in tests/reliability."""

from pathlib import Path

from indexer.library import DATABASE
from shotseek.cli.exits import Exit
from tests.shotseek.conftest import Answer, Run, ended, start


def test_from_the_command_line(run: Run, own: Path, tmp_path: Path) -> None:
    def is_one_line(answer: Answer) -> bool:
        return answer.err.startswith("shotseek: ") and answer.err.count("\n") == 1

    made = run("backup", tmp_path / "backup", "--library", own)
    assert made.out == f"backed up to {tmp_path / 'backup'} and checked: 3 videos, 9 shots\n"
    again = run("backup", tmp_path / "backup", "--library", own)
    assert (again.code, is_one_line(again)) == (Exit.USAGE, True)
    back = run("restore", tmp_path / "backup", "--library", tmp_path / "new", "--json").json
    assert back["rows"]["videos"] == 3
    there = run("restore", tmp_path / "backup", "--library", own)
    assert (there.code, is_one_line(there)) == (Exit.USAGE, True)
    assert run("restore", tmp_path / "backup", "--library", own, "--replace").code == Exit.DONE
    found = ended(start("search", "woodpecker", "--library", own, "--json")).json
    assert found["hits"]
    (tmp_path / "backup" / DATABASE).write_bytes(b"something else")
    damaged = run("restore", tmp_path / "backup", "--library", tmp_path / "other")
    assert (damaged.code, is_one_line(damaged)) == (Exit.LIBRARY, True)
