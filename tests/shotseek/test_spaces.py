"""Another encoder beside the one in use: search goes on, the switch is at once, and there is a way back."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.catalog import Moment, Row, StageRecord, State
from plugins.errors import InvalidValue, LibraryBusy, NotFound, PluginError
from plugins.values import SECOND, Progress, Space, Vectors
from search import background
from shotseek import open_library
from shotseek.cli.exits import Exit
from shotseek.videolibrary import VideoLibrary
from tests.shotseek.conftest import Run

SMALL = "tests.indexer.encoders:Small"
WIDE = "tests.indexer.encoders:Wide"


def sources(library: VideoLibrary, **asked: object) -> set[str]:
    hits = library.search(like=library.shots("meadow.mp4")[0].id, **asked).hits  # type: ignore[arg-type]
    return {item.source for hit in hits for item in hit.evidence}


def test_a_space_is_built_beside_and_asked_only_when_it_is_used(own: Path) -> None:
    """Seen failing with every space that has vectors asked: the new one was, while it was being built."""
    with open_library(own) as library:
        asked: list[set[str]] = []

        def look(step: Progress) -> None:
            if step.stage == "done":
                asked.append(sources(library))

        ended = library.build_space(SMALL, on_progress=look)
        assert [item.stage for item in ended] == ["done"] * 3
        assert asked == [{"palette"}] * 3
        assert sources(library, encoders=[SMALL]) == {SMALL}
        library.use_spaces(SMALL)
        assert sources(library) == {SMALL}
        library.use_former_spaces()
        assert sources(library) == {"palette"}
        library.use_former_spaces()
        library.use_spaces(SMALL, "palette")
        assert sources(library) == {SMALL, "palette"}


def test_other_processes_see_the_switch(own: Path) -> None:
    with open_library(own) as one, open_library(own) as other:
        one.build_space(SMALL)
        assert sources(other) == {"palette"}
        one.use_spaces(SMALL)
        assert sources(other) == {SMALL}


def test_building_goes_on_where_it_was_stopped(own: Path) -> None:
    """Seen failing when videos that were done were encoded again, and when failures were left alone."""
    with open_library(own) as library:
        catalog, space = library.catalog, Space(SMALL, "1", 12)
        done, failed, _ = (item.video for item in library.videos())
        row = Vectors.normalised(space, np.ones((1, 12), np.float32))
        stage = StageRecord(f"encode:{SMALL}", State.DONE, revision="1")
        catalog.add_space(space)
        catalog.add_vectors(done.id, space, [Row(0, 0)], row, stage)
        catalog.set_stage(failed.id, replace(stage, state=State.FAILED))
        with pytest.raises(InvalidValue, match="has 1 of 3 videos; run `shotseek spaces build"):
            library.use_spaces(SMALL)
        library.use_spaces(SMALL, incomplete=True)
        ended = library.build_space(SMALL)
        assert sorted(item.stage for item in ended) == ["done", "done"]
        assert done.path not in [item.path for item in ended]
        assert library.space(SMALL).videos == 3
        assert library.build_space(SMALL) == []


def test_a_file_that_is_gone_is_said_and_the_others_are_encoded(own: Path) -> None:
    with open_library(own) as library:
        catalog = library.catalog
        (video,) = catalog.find_videos("meadow.mp4")
        known = catalog.files()[video.path]
        catalog.move(known.id, video.path.replace("meadow", "gone"), known.mtime_ns)
        states = {Path(item.path).name: item.stage for item in library.build_space(SMALL)}
        assert states == {"gone.mp4": "failed", "seaside.mp4": "done", "locomotive.mp4": "done"}


def test_a_space_in_use_is_not_dropped_and_another_leaves_nothing_behind(own: Path) -> None:
    with open_library(own) as library:
        library.build_space(SMALL)
        library.search(like=library.shots("meadow.mp4")[0].id, encoders=[SMALL])
        space = library.space(SMALL).space
        kept = background.path_of(library.library, space)
        assert kept.exists()
        library.library.rebuild(space)
        folder = library.library.space_folder(space)
        assert folder.exists()
        with pytest.raises(InvalidValue, match="is in use"):
            library.drop_space("palette")
        library.drop_space(SMALL)
        assert not kept.exists()
        assert not folder.exists()
        assert [record.space.encoder for record in library.spaces()] == ["palette"]
        assert sources(library) == {"palette"}
        assert len(library.build_space(SMALL)) == 3, "it can be built again"


def test_nothing_is_dropped_while_another_process_writes(own: Path) -> None:
    with open_library(own) as library:
        library.build_space(SMALL)
        answers: list[type[Exception]] = []

        def drop() -> None:
            try:
                library.drop_space(SMALL)
            except LibraryBusy as error:
                answers.append(type(error))

        with library.library.writing():
            other = threading.Thread(target=drop)
            other.start()
            other.join()
        assert answers == [LibraryBusy]
        assert library.space(SMALL).videos == 3


def test_names_of_spaces(own: Path) -> None:
    with open_library(own) as library:
        assert library.space("palette") == library.space(library.space("palette").id)
        for name in ("cnn", 99):
            with pytest.raises(NotFound, match="see `shotseek spaces`"):
                library.space(name)
        with pytest.raises(PluginError):
            library.build_space("nonesuch")
        with pytest.raises(InvalidValue, match="one of each encoder"):
            library.use_spaces()
        library.catalog.use([])
        library.catalog.use([])
        with pytest.raises(NotFound, match="none of the spaces"):
            library.use_former_spaces()


def test_two_spaces_are_compared(own: Path) -> None:
    """`Wide` repeats `Small`, so that both find the same."""
    with open_library(own) as library:
        library.build_space(SMALL)
        library.build_space(WIDE)
        same = library.compare_spaces(SMALL, WIDE)
        assert (same.shots.queries, same.shots.share) == (len(library.catalog.shots_in([])), 1.0)
        assert same.sentences.queries == 0
        assert same.marks is None
        (video,) = library.find("meadow.mp4")
        library.catalog.mark("a red ball", [Moment(video.id, SECOND)], True)
        other = library.compare_spaces("palette", SMALL)
        assert other.shots.share < 1
        assert other.marks is not None
        means = {system.name: system.means["nDCG@10"] for system in other.marks.systems}
        assert set(means) == {"palette", SMALL, "prior"}
        assert means["palette"] == 1
        assert means[SMALL] == 0, "it reads no text"


def test_from_the_command_line(run: Run, own: Path) -> None:
    def spaces(*arguments: str) -> dict[str, bool]:
        answer = run("spaces", *arguments, "--library", own, "--json")
        assert answer.code == Exit.DONE, answer.err
        return {item["encoder"]: item["asked"] for item in answer.json["spaces"]}

    assert spaces() == {"palette": True}
    assert spaces("build", SMALL) == {"palette": True, SMALL: False}
    assert spaces("use", SMALL) == {"palette": False, SMALL: True}
    assert spaces("back") == {"palette": True, SMALL: False}
    compared = run("spaces", "compare", "palette", SMALL, "--library", own, "--json")
    assert compared.json["overlap"]["shots"]["queries"] == 9
    assert compared.json["overlap"]["sentences"] == {"queries": 0, "share": None}
    table = run("spaces", "compare", "palette", SMALL, "--library", own)
    assert "no marks to compare by" in table.err
    assert run("spaces", "drop", "palette", "--library", own).code == Exit.USAGE
    assert spaces("drop", SMALL) == {"palette": True}
    assert run("spaces", "use", SMALL, "--library", own).code == Exit.NOT_FOUND
