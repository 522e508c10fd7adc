"""Questions of every kind over a real library: the right shot first, at the right time, with its evidence."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.errors import (
    InvalidQuery,
    MediaError,
    NotFound,
    NotUnderstood,
    PluginError,
    Unsupported,
)
from plugins.queries import Clip, Filters, LikeShot, Picture, Query, Results, Term, Text
from plugins.values import SECOND, Image
from search.engine import Engine
from search.fuse import RRF_K
from shotseek.draw import write_video

SMALL = "tests.indexer.encoders:Small"
WIDE = "tests.indexer.encoders:Wide"
RED, BLUE, GREEN, GREY = (200, 20, 20), (20, 40, 200), (20, 160, 40), (120, 120, 120)


def scene(colour: tuple[int, int, int]) -> Image:
    noise = np.random.default_rng(sum(colour)).integers(0, 12, (48, 64, 1), dtype=np.uint8)
    return np.full((48, 64, 3), colour, np.uint8) + noise


def draw(path: Path, *colours: tuple[int, int, int]) -> None:
    write_video(path, [scene(colour) for colour in colours for _ in range(20)], fps=10)


def fill(folder: Path, videos: Path, encoders: tuple[str, ...], store: str = "faiss") -> Library:
    library = Library.open(folder, create=True, store=store)
    for _ in index(library, [videos], Recipe(encoders)):
        pass
    return library


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    (folder / "deep").mkdir()
    draw(folder / "one.mp4", RED, BLUE)
    draw(folder / "deep/two.mp4", GREEN, GREY, RED)
    (folder / "one.srt").write_text(
        "1\n00:00:00,500 --> 00:00:01,000\nWelcome to the harbour\n\n"
        "2\n00:00:03,000 --> 00:00:03,500\nThe café is closed today\n"
    )
    return folder


@pytest.fixture(scope="module")
def engine(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    library = fill(tmp_path_factory.mktemp("library"), videos, ("palette", SMALL))
    with library, Engine(library) as engine:
        yield engine


def ask(engine: Engine, *terms: Term, filters: Filters | None = None, **kwargs: object) -> Results:
    query = Query(terms, filters or Filters())
    return engine.search(query, **kwargs)  # type: ignore[arg-type]


def places(results: Results) -> list[tuple[str, int]]:
    return [(hit.video.name, hit.shot.index) for hit in results.hits]


def test_a_sentence_finds_its_colour_and_starts_inside_the_shot(engine: Engine) -> None:
    results = ask(engine, Text("something red"), encoders=["palette"])
    assert set(places(results)[:2]) == {("one.mp4", 0), ("two.mp4", 2)}
    assert places(ask(engine, Text("blue")))[0] == ("one.mp4", 1)
    assert all(hit.at_us in hit.shot.span for hit in results.hits)


def test_words_of_a_subtitle_find_their_time(engine: Engine) -> None:
    hit = ask(engine, Text("cafe CLOSED")).hits[0]
    assert (hit.video.name, hit.at_us) == ("one.mp4", 3 * SECOND)
    (said,) = [item for item in hit.evidence if item.source == "words"]
    assert said.rank == 1
    assert said.snippet is not None
    assert re.findall("\ue000(.*?)\ue001", said.snippet) == ["café", "closed"]


def test_a_picture_finds_what_looks_like_it_with_every_encoder(engine: Engine) -> None:
    hit = ask(engine, Picture(scene(GREEN))).hits[0]
    assert (hit.video.name, hit.shot.index) == ("two.mp4", 0)
    assert {(item.source, item.rank) for item in hit.evidence} == {("palette", 1), (SMALL, 1)}
    assert hit.score == pytest.approx(2 / (RRF_K + 1))


def test_a_clip_finds_what_looks_like_it(engine: Engine, tmp_path: Path) -> None:
    draw(tmp_path / "asked.mp4", BLUE)
    assert places(ask(engine, Clip(str(tmp_path / "asked.mp4"))))[0] == ("one.mp4", 1)


def test_a_clip_that_is_none_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(MediaError, match=r"text\.mp4"):
        ask(engine, Clip(str(tmp_path / "text.mp4")))


def test_more_like_a_shot_is_not_the_shot_itself(engine: Engine) -> None:
    red = next(hit.shot for hit in ask(engine, Text("red")).hits if hit.video.name == "one.mp4")
    results = ask(engine, LikeShot(red.id))
    assert places(results)[0] == ("two.mp4", 2)
    assert red.id not in [hit.shot.id for hit in results.hits]
    with pytest.raises(NotFound):
        ask(engine, LikeShot(10**9))


def test_terms_are_fused_by_their_weights(engine: Engine) -> None:
    terms = Picture(scene(GREEN), 1.0), Picture(scene(BLUE), 3.0)
    assert places(ask(engine, *terms))[0] == ("one.mp4", 1)
    assert places(ask(engine, *terms[::-1]))[0] == ("one.mp4", 1)


def test_filters_hold_inside_the_search(engine: Engine, videos: Path) -> None:
    inside = Filters(folders=(str(videos / "deep"),))
    assert {name for name, _ in places(ask(engine, Text("red"), filters=inside, k=1))} == {"two.mp4"}
    one = ask(engine, Text("harbour")).hits[0].video.id
    assert {name for name, _ in places(ask(engine, Text("grey"), filters=Filters(videos=(one,))))} == {
        "one.mp4"
    }
    assert not ask(engine, Text("harbour"), filters=inside).hits
    assert not ask(engine, Text("red"), filters=Filters(min_duration_us=60 * SECOND)).hits


def test_pages_continue_each_other(engine: Engine) -> None:
    whole = places(ask(engine, Text("red"), k=5))
    assert [
        place for offset in range(5) for place in places(ask(engine, Text("red"), k=1, offset=offset))
    ] == whole


def test_the_first_hit_does_not_depend_on_how_many_are_asked_for(tmp_path: Path) -> None:
    """Seen failing when each source was asked for no more shots than were wanted in all: the one that is
    second for both pictures was then missed."""
    red, blue, violet = (220, 10, 10), (10, 10, 220), (130, 10, 130)
    (tmp_path / "videos").mkdir()
    draw(tmp_path / "videos/a.mp4", red, blue, violet, (110, 60, 110), (90, 90, 110), (110, 90, 90))
    library = Library.open(tmp_path / "library", create=True)
    for _ in index(library, [tmp_path / "videos"], Recipe((SMALL,), detector="fixed:2")):
        pass
    with library, Engine(library) as engine:
        terms = Picture(scene(red)), Picture(scene(blue))
        whole = places(ask(engine, *terms))
        assert whole[0] == ("a.mp4", 2)
        assert places(ask(engine, *terms, k=1)) == whole[:1]


def test_words_nobody_knows_find_nothing_and_say_why(engine: Engine) -> None:
    results = ask(engine, Text("xylophone"))
    assert results.hits == ()
    assert len(results.notes) == 2
    with pytest.raises(NotUnderstood, match="palette"):
        ask(engine, Text("xylophone"), encoders=["palette"])


def test_an_encoder_that_reads_no_text_is_an_error_only_when_asked_for(engine: Engine) -> None:
    results = ask(engine, Text("red"))
    assert results.hits
    assert any("reads no text" in note for note in results.notes)
    with pytest.raises(Unsupported, match="reads no text"):
        ask(engine, Text("red"), encoders=[SMALL])


def test_an_encoder_without_vectors_here_names_the_command(engine: Engine) -> None:
    with pytest.raises(NotFound, match="shotseek index PATH --encoder cnn"):
        ask(engine, Text("red"), encoders=["cnn"])


def test_an_empty_query_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidQuery):
        ask(engine)


def test_a_library_whose_encoder_is_gone_still_answers_with_the_others(videos: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone_encoder.py"
    gone.write_text("from tests.indexer.encoders import Small\nclass Gone(Small): pass\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        library = fill(tmp_path / "library", videos, ("gone_encoder:Gone",))
    sys.modules.pop("gone_encoder", None)
    with library, Engine(library) as engine:
        results = ask(engine, Text("harbour"))
        assert places(results) == [("one.mp4", 0)]
        assert any("gone_encoder" in note for note in results.notes)
        like = ask(engine, LikeShot(results.hits[0].shot.id))
        assert places(like)[0] == ("two.mp4", 2)


def test_vectors_of_an_encoder_that_has_changed_meet_no_query_of_the_new_one(
    videos: Path, tmp_path: Path
) -> None:
    source = "from tests.indexer.encoders import Small\nclass Changing(Small): revision = '{}'\n"
    module = tmp_path / "changing_encoder.py"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        module.write_text(source.format(1))
        library = fill(tmp_path / "library", videos, ("changing_encoder:Changing",))
        module.write_text(source.format("two"))
        sys.modules.pop("changing_encoder")
        with library, Engine(library) as engine:
            results = ask(engine, Picture(scene(GREEN)))
            assert results.hits == ()
            assert any("has changed" in note and "shotseek index" in note for note in results.notes)
            with pytest.raises(PluginError, match="has changed"):
                ask(engine, Picture(scene(GREEN)), encoders=["changing_encoder:Changing"])
    sys.modules.pop("changing_encoder")


def test_two_libraries_with_different_dimensions_do_not_meet(videos: Path, tmp_path: Path) -> None:
    with (
        fill(tmp_path / "small", videos, (SMALL,)) as small,
        fill(tmp_path / "wide", videos, (WIDE,)) as wide,
    ):
        for library, dim in ((small, 12), (wide, 24)):
            assert [record.space.dim for record in library.catalog.spaces()] == [dim]
            with Engine(library) as engine:
                assert places(ask(engine, Picture(scene(GREEN))))[0] == ("two.mp4", 0)


def test_the_stores_agree(videos: Path, tmp_path: Path) -> None:
    answers = []
    for store in ("exact", "faiss"):
        with fill(tmp_path / store, videos, ("palette", SMALL), store) as library, Engine(library) as engine:
            answers.append(
                [places(ask(engine, Picture(scene(colour)))) for colour in (RED, BLUE, GREEN, GREY)]
            )
    assert answers[0] == answers[1]
