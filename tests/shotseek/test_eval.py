"""``shotseek eval``, as a person and as a program uses it."""

from pathlib import Path

from shotseek import open_library
from shotseek.cli.exits import Exit
from tests.shotseek.conftest import Run


def test_a_file_of_judgements_is_measured(run: Run, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "right.txt").write_text("ball 0 meadow.mp4@1 1\nsea 0 seaside.mp4@1 1\n")
    (tmp_path / "asked.tsv").write_text("ball\ta red ball\nsea\tblue sea\n")
    files = (tmp_path / "right.txt", "--queries", tmp_path / "asked.tsv")
    answer = run("eval", *files, "--library", indexed, "--json")
    assert answer.code == Exit.DONE, answer.err
    means = {system["name"]: system["means"]["nDCG@10"] for system in answer.json["systems"]}
    assert means["palette"] == means["together"] == 1
    assert 0 < means["prior"] < 1
    table = run("eval", *files, "--library", indexed)
    assert table.out.splitlines()[1].split()[:2] == ["together", "1.000"]
    assert "2 topics, 2 judgements of shots" in table.err


def test_without_judgements_it_says_what_to_do(run: Run, indexed: Path, tmp_path: Path) -> None:
    answer = run("eval", "--library", indexed)
    assert answer.code == Exit.USAGE
    assert "mark hits" in answer.err
    assert run("eval", tmp_path / "none", "--library", indexed).code == Exit.NOT_FOUND


def test_a_program_can_measure(indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "right.txt").write_text("blue%20sea 0 seaside.mp4 1\n")
    with open_library(indexed) as library:
        found = library.evaluate(tmp_path / "right.txt")
    assert found.topics == 1
    assert {system.name for system in found.systems} == {"together", "palette", "words", "prior"}
