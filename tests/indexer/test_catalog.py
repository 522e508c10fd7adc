import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event, func, select

from indexer.catalog import Catalog, FileRecord, Row, StageRecord, State, models
from plugins.errors import InvalidValue, LibraryBusy, LibraryError, NotFound
from plugins.queries import Filters
from plugins.values import SECOND, Annotation, Space, Span
from tests.indexer.catalogs import ALL, SCAN, SPACE, places, publish, said, shots, vectors, video

OTHER = Space("other", "1", 4)


def raw(catalog: Catalog, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(catalog.path)) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
        return found


def is_consistent(catalog: Catalog) -> None:
    orphans = select(func.count()).where(models.Vector.shot_id.not_in(select(models.Shot.id)))
    with catalog._reading() as connection:
        assert connection.scalar(orphans) == 0
    assert catalog.database.faults() == []
    assert catalog.database.check_words(repair=False) == []


def test_what_is_published_comes_back(catalog: Catalog) -> None:
    boxed = Annotation(Span(1, 2), "screen", "EXIT", 0.5, "en", (0.1, 0.2, 0.3, 0.4))
    made = publish(catalog, "/v/a.mp4", said("hello", 2.5), boxed)
    assert catalog.video(made.id) == made == replace(video("/v/a.mp4"), id=made.id)
    found = catalog.shots(made.id)
    assert [(shot.index, shot.span, shot.keyframes_us) for shot in found] == [
        (shot.index, shot.span, shot.keyframes_us) for shot in shots()
    ]
    assert catalog.shot(found[1].id) == found[1]
    assert catalog.shots_with_videos([found[2].id, 999]) == {found[2].id: (found[2], made)}
    named = Annotation(Span(0, 6 * SECOND), "name", "a")
    assert catalog.annotations(made.id) == [named, boxed, said("hello", 2.5)]
    ids, rows = catalog.vectors_after(SPACE, 0, 10)
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(rows, vectors(3).data)
    np.testing.assert_array_equal(catalog.shot_vectors(SPACE, found[1].id), vectors(3).data[1:2])
    place = catalog.locate(ids)[int(ids[2])]
    assert (place.shot_id, place.time_us) == (found[2].id, 4 * SECOND + 100)
    is_consistent(catalog)


def test_numbers_of_numpy_are_stored_as_numbers(catalog: Catalog) -> None:
    span = Span(np.int64(2 * SECOND), np.int64(3 * SECOND))  # type: ignore[arg-type]  # as a plugin might
    box = tuple(np.float32(edge) for edge in (0, 0, 1, 1))
    made = publish(catalog, "/v/a.mp4", Annotation(span, "screen", "EXIT", np.float32(0.5), None, box))  # type: ignore[arg-type]
    assert Annotation(Span(2 * SECOND, 3 * SECOND), "screen", "EXIT", 0.5, None, (0, 0, 1, 1)) in (
        catalog.annotations(made.id)
    )
    assert catalog.words("exit", ALL, 1)[0].at_us == 2 * SECOND


def test_publishing_again_replaces_everything_and_keeps_the_id(catalog: Catalog) -> None:
    first = publish(catalog, "/v/a.mp4", said("before", 0))
    old, _ = catalog.vectors_after(SPACE, 0, 10)
    second = publish(catalog, "/v/a.mp4", said("after", 0), count=2, seed=1)
    assert second.id == first.id
    assert catalog.words("before", ALL, 10) == []
    assert len(catalog.words("after", ALL, 10)) == 1
    new, _ = catalog.vectors_after(SPACE, 0, 10)
    assert len(new) == 2
    assert new.min() > old.max()
    gone, last = catalog.removed_after(SPACE, 0)
    assert gone.tolist() == old.tolist()
    nothing_more, same = catalog.removed_after(SPACE, last)
    assert (len(nothing_more), same) == (0, last)
    is_consistent(catalog)


def test_a_publication_that_fails_leaves_nothing(catalog: Catalog) -> None:
    before = publish(catalog, "/v/a.mp4", said("kept", 0))
    with pytest.raises(IndexError):
        catalog.publish(
            video("/v/a.mp4"),
            root="/v",
            size=1,
            mtime_ns=1,
            stages=[SCAN],
            shots=shots(2),
            vectors={SPACE: ([Row(7, 0)], vectors(1))},
            annotations=[],
        )
    assert catalog.video(before.id) == before
    assert len(catalog.vectors_after(SPACE, 0, 10)[0]) == 3
    assert len(catalog.words("kept", ALL, 10)) == 1


def test_what_cannot_be_published_is_refused(catalog: Catalog) -> None:
    def attempt(**changes: object) -> None:
        arguments: dict[str, object] = {
            "root": "/v",
            "size": 1,
            "mtime_ns": 1,
            "stages": [SCAN],
            "shots": shots(),
            "vectors": {SPACE: (places(3), vectors(3))},
            "annotations": [],
        }
        catalog.publish(video("/v/a.mp4"), **(arguments | changes))  # type: ignore[arg-type]  # on purpose

    with pytest.raises(NotFound, match="not a root"):
        attempt()
    catalog.add_root("/v")
    with pytest.raises(InvalidValue, match="no shots"):
        attempt(shots=[])
    with pytest.raises(InvalidValue, match="2 places"):
        attempt(vectors={SPACE: (places(2), vectors(3))})
    with pytest.raises(InvalidValue, match="3 vectors"):
        attempt(vectors={OTHER: (places(3), vectors(3))})
    assert catalog.files() == {}
    attempt()


NAMES = [
    '/v/it\'s "quoted"; DROP TABLE files.mp4',
    "/v/new\nline.mp4",
    "/v/<img onerror=alert(1)>.mp4",
    "/v/\U0001f409 e\u0301.mp4",
    os.fsdecode(b"/v/latin-\xe9.mp4"),
    "/v/-rf.mp4",
    "/v/%2e%2e%2f.mp4",
    "/v/100%_sure.mp4",
    "/v/" + "x" * 240 + ".mp4",
    "/v/\u202eRTL.mp4",
    "/v/.mp4",
    "/v/ .mp4",
]


@pytest.mark.parametrize("path", NAMES)
def test_any_name_the_file_system_allows_survives(catalog: Catalog, path: str) -> None:
    made = publish(catalog, path)
    publish(catalog, "/v/plain.mp4")
    assert catalog.video(made.id).path == path
    assert catalog.find_videos(path) == [made]
    assert set(catalog.files()) == {path, "/v/plain.mp4"}
    catalog.move(made.id, path + "2", 9)
    assert catalog.video(made.id).path == path + "2"
    is_consistent(catalog)


def test_files_are_those_below_a_folder(catalog: Catalog) -> None:
    for path in ("/v/a/1.mp4", "/v/a/b/2.mp4", "/v/a.mp4", "/v/ab/3.mp4", "/v/a0"):
        publish(catalog, path)
    assert list(catalog.files("/v/a")) == ["/v/a/1.mp4", "/v/a/b/2.mp4"]
    assert list(catalog.files("/v/a/")) == ["/v/a/1.mp4", "/v/a/b/2.mp4"]
    assert list(catalog.files("/v/a.mp4")) == ["/v/a.mp4"]
    assert len(catalog.files("/")) == len(catalog.files()) == 5
    assert catalog.files("/w") == {}


def test_a_failure_replaces_what_was_known(catalog: Catalog) -> None:
    made = publish(catalog, "/v/a.mp4", said("words", 0))
    failed = StageRecord("scan", State.FAILED, "empty", "the file is empty")
    catalog.publish_failure("/v/a.mp4", root="/v", size=0, mtime_ns=6, fingerprint="", stage=failed)
    assert catalog.files() == {"/v/a.mp4": FileRecord(made.id, "/v/a.mp4", 0, 6, "", False, {"scan": failed})}
    assert catalog.count_videos() == 0
    with pytest.raises(NotFound):
        catalog.video(made.id)
    problem = catalog.problems()[0]
    assert (problem.path, problem.state, problem.reason) == ("/v/a.mp4", State.FAILED, "empty")
    assert catalog.searchable() == []
    again = publish(catalog, "/v/a.mp4")
    assert again.id == made.id
    assert catalog.problems() == []
    is_consistent(catalog)


def test_vectors_of_a_second_space(catalog: Catalog) -> None:
    made = publish(catalog, "/v/a.mp4")
    stage = StageRecord("encode:other", State.DONE, revision="1")
    catalog.add_vectors(made.id, OTHER, places(3), vectors(3, 1, OTHER), stage)
    catalog.add_vectors(made.id, OTHER, places(2), vectors(2, 2, OTHER), stage)
    assert catalog.searchable() == [SPACE, OTHER]
    assert [(item.space, item.rows, item.videos) for item in catalog.spaces()] == [
        (SPACE, 3, 1),
        (OTHER, 2, 1),
    ]
    assert len(catalog.removed_after(OTHER, 0)[0]) == 3
    assert len(catalog.removed_after(SPACE, 0)[0]) == 0
    assert set(catalog.files()["/v/a.mp4"].stages) == {"scan", "encode:toy", "encode:other"}
    with pytest.raises(NotFound):
        catalog.add_vectors(999, OTHER, places(1), vectors(1, 1, OTHER), stage)


def test_a_stage_that_fails_makes_a_video_partial(catalog: Catalog) -> None:
    made = publish(catalog, "/v/a.mp4")
    publish(catalog, "/v/b.mp4")
    catalog.set_stage(made.id, StageRecord("encode:toy", State.FAILED, "encoder", "broke"))
    assert [item.state for item in catalog.videos()] == [State.PARTIAL, State.DONE]
    assert [(item.stage, item.detail) for item in catalog.problems()] == [("encode:toy", "broke")]


def test_a_moved_file_keeps_its_shots_and_is_found_by_its_new_name(catalog: Catalog) -> None:
    made = publish(catalog, "/v/old.mp4")
    catalog.add_root("/w")
    publish(catalog, "/w/new.mp4", root="/w")
    catalog.move(made.id, "/w/new.mp4", 77)
    assert [item.video.id for item in catalog.videos()] == [made.id]
    record = catalog.files()["/w/new.mp4"]
    assert (record.id, record.mtime_ns) == (made.id, 77)
    assert catalog.words("old", ALL, 9) == []
    assert len(catalog.words("new", ALL, 9)) == 1
    with pytest.raises(NotFound, match="none of the library's roots"):
        catalog.move(made.id, "/elsewhere/new.mp4", 1)
    is_consistent(catalog)


def test_missing_and_touched(catalog: Catalog) -> None:
    made = publish(catalog, "/v/a.mp4")
    catalog.mark_missing([made.id], True)
    assert catalog.video(made.id).missing
    assert catalog.files()["/v/a.mp4"].missing
    catalog.mark_missing([made.id], False)
    catalog.touch(made.id, 99)
    record = catalog.files()["/v/a.mp4"]
    assert (record.missing, record.mtime_ns) == (False, 99)


def test_removing_forgets_all_but_the_removal(catalog: Catalog) -> None:
    kept, gone = publish(catalog, "/v/a.mp4"), publish(catalog, "/v/b.mp4", said("words", 0))
    assert catalog.remove([gone.id, 999]) == 1
    assert catalog.remove([]) == 0
    assert list(catalog.files()) == ["/v/a.mp4"]
    assert catalog.words("words", ALL, 9) == []
    assert len(catalog.vectors_after(SPACE, 0, 99)[0]) == len(catalog.removed_after(SPACE, 0)[0]) == 3
    assert publish(catalog, "/v/b.mp4").id > gone.id > kept.id
    is_consistent(catalog)


def test_videos_are_listed_by_path_and_found_by_parts_of_it(catalog: Catalog) -> None:
    for path in ("/v/x/Übung.mp4", "/v/b_1.mp4", "/v/b21.mp4"):
        publish(catalog, path)
    listed = catalog.videos()
    assert [item.video.path for item in listed] == ["/v/b21.mp4", "/v/b_1.mp4", "/v/x/Übung.mp4"]
    assert [item.shots for item in listed] == [3, 3, 3]
    assert abs(datetime.now(UTC) - listed[0].indexed_at).total_seconds() < 60
    assert [item.video.path for item in catalog.videos(offset=1, limit=1)] == ["/v/b_1.mp4"]
    assert [item.video.path for item in catalog.videos(text="B_")] == ["/v/b_1.mp4"]
    assert [item.video.path for item in catalog.videos(text="ÜBUNG")] == ["/v/x/Übung.mp4"]
    assert (catalog.count_videos(), catalog.count_videos("b"), catalog.count_videos("%")) == (3, 3, 0)


def test_a_video_is_found_by_id_path_name_and_part(catalog: Catalog) -> None:
    one, two = publish(catalog, "/v/7.mp4"), publish(catalog, "/v/x/cat.mp4")
    other = publish(catalog, "/v/y/Cat.mp4")
    assert catalog.find_videos(str(one.id)) == [one]
    assert catalog.find_videos("/v/x/cat.mp4") == [two]
    assert catalog.find_videos("cat.mp4") == [two, other]
    assert catalog.find_videos("x/c") == [two]
    assert catalog.find_videos("99999999999999999999") == []
    assert catalog.find_videos("dog") == []


def test_filters_apply_to_vectors_and_words_alike(catalog: Catalog) -> None:
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    a = publish(catalog, "/v/a/1.mp4", said("bird", 0), said("bird", 2), created=early)
    b = publish(catalog, "/v/b/2.mp4", said("bird", 0), created=late, count=2, seed=1)
    shots_of = {item.id: [shot.id for shot in catalog.shots(item.id)] for item in (a, b)}
    for filters, videos in (
        (Filters(videos=(a.id,)), [a]),
        (Filters(videos=(a.id, b.id)), [a, b]),
        (Filters(folders=("/v/b",)), [b]),
        (Filters(folders=("/v/b", "/v/a")), [a, b]),
        (Filters(folders=("/v/c",)), []),
        (Filters(after=late), [b]),
        (Filters(before=late), [a]),
        (Filters(after=early, before=early), []),
        (Filters(min_duration_us=2 * SECOND, max_duration_us=2 * SECOND), [a, b]),
        (Filters(min_duration_us=2 * SECOND + 1), []),
        (Filters(videos=(a.id,), after=late), []),
    ):
        allowed = catalog.allowed(SPACE, filters)
        assert allowed is not None
        assert (np.diff(allowed) > 0).all()
        expected = sorted(shot for item in videos for shot in shots_of[item.id])
        assert sorted(found.shot_id for found in catalog.locate(allowed).values()) == expected, filters
        matches = catalog.words("bird", filters, 99)
        assert {catalog.shot(match.shot_id).video_id for match in matches} == {item.id for item in videos}
    assert catalog.allowed(SPACE, ALL) is None


def test_many_shots_are_one_filter(catalog: Catalog) -> None:
    """More than a statement may name by themselves."""
    made = publish(catalog, "/v/a.mp4", said("bird", 0), said("bird", 2))
    first, second, third = (shot.id for shot in catalog.shots(made.id))
    many = frozenset({first, third, *range(10**6, 10**6 + 70_000)})
    allowed = catalog.allowed(SPACE, Filters(shots=many))
    assert allowed is not None
    assert {found.shot_id for found in catalog.locate(allowed).values()} == {first, third}
    assert {match.shot_id for match in catalog.words("bird", Filters(shots=many), 9)} == {first}
    videos, known = catalog.origins_of(np.array([first, 10**6, second]))
    assert (videos.tolist(), known[made.id].path) == ([made.id, 0, made.id], "/v/a.mp4")


@pytest.mark.parametrize("others", [0, 2_000])
def test_labels_and_tags_of_few_and_of_many_shots(catalog: Catalog, others: int) -> None:
    """Asked in two ways; labels stand in one shot, tags in every one that they have time in common with."""
    made = publish(
        catalog, "/v/a.mp4", said("dog", 0, "label"), said("dog", 4, "label"), said("sea", 4, "label")
    )
    gone = publish(catalog, "/v/b.mp4", said("cat", 0, "label"))
    first, second, third = (shot.id for shot in catalog.shots(made.id))
    catalog.add_tag(made.id, "holiday")
    catalog.add_tag(gone.id, "work")
    pairs = catalog.labels_of([third, first, *range(10**6, 10**6 + others)])
    assert pairs == [(first, "dog"), (first, "holiday"), (third, "dog"), (third, "holiday"), (third, "sea")]
    assert second not in dict(pairs)


def test_counting_the_videos_of_a_space_costs_little(sqlite: Catalog) -> None:
    """SQLite has little to do where it begins at the shots of a video, and not, for each, at all the vectors:
    of 10,000 videos that took more than ten minutes. Seen failing with one EXISTS over both."""
    for number in range(40):
        publish(sqlite, f"/v/{number}.mp4", count=50)
    steps: list[int] = []

    def watch(connection: Connection, *_: object) -> None:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: steps.append(1), 1000)  # None goes on

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        (record,) = sqlite.spaces()
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
    assert (record.rows, record.videos) == (2_000, 40)
    assert 0 < len(steps) < 100


def test_the_watermark_says_when_something_has_changed(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="--encoder toy"):
        catalog.watermark(SPACE)
    made = publish(catalog, "/v/a.mp4")
    first = catalog.watermark(SPACE)
    assert catalog.watermark(SPACE) == first
    publish(catalog, "/v/b.mp4")
    second = catalog.watermark(SPACE)
    assert second.highest_id > first.highest_id
    catalog.remove([made.id])
    third = catalog.watermark(SPACE)
    assert third.removed > second.removed
    catalog.snapshot_published(SPACE, third.removed)
    fourth = catalog.watermark(SPACE)
    assert fourth.generation == third.generation + 1
    assert len(catalog.removed_after(SPACE, 0)[0]) == 0


def test_a_snapshot_forgets_only_the_removals_it_has_seen(catalog: Catalog) -> None:
    one, two = publish(catalog, "/v/a.mp4"), publish(catalog, "/v/b.mp4")
    catalog.remove([one.id])
    seen = catalog.watermark(SPACE).removed
    catalog.remove([two.id])
    catalog.snapshot_published(SPACE, seen)
    assert len(catalog.removed_after(SPACE, 0)[0]) == 3


def test_many_writers_at_once_all_succeed(catalog: Catalog) -> None:
    catalog.add_root("/v")
    errors: list[BaseException] = []

    def write(worker: int) -> None:
        mine = Catalog(catalog.database)
        try:
            for number in range(10):
                publish(mine, f"/v/{worker}-{number}.mp4")
        except BaseException as error:
            errors.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert catalog.count_videos() == 40
    is_consistent(catalog)


def test_a_database_that_stays_locked_is_said_to_be_busy(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.catalog.dialects.BUSY_SECONDS", 0.1)
    impatient = Catalog(catalog.database)
    with catalog._writing(), pytest.raises(LibraryBusy, match="another process"):
        impatient.add_root("/v")
    impatient.close()


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_damaged_database_is_one_clear_line(catalog: Catalog) -> None:
    for number in range(20):
        publish(catalog, f"/v/{number}.mp4")
    raw(catalog, "PRAGMA wal_checkpoint(TRUNCATE)")
    catalog.close()
    content = bytearray(catalog.path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    catalog.path.write_bytes(content)
    with pytest.raises(LibraryError, match=r"catalog\.db.*shotseek doctor"):
        Catalog(catalog.path).files()


def test_float16_does_not_change_what_is_found() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(size=(40, 512))
    rows = centres[random.integers(40, size=5000)] + 0.7 * random.normal(size=(5000, 512))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    stored = rows.astype(np.float16).astype(np.float32)
    scores, approximate = rows[:200] @ rows.T, rows[:200] @ stored.T
    assert np.abs(scores - approximate).max() < 2e-4
    first, second = np.argsort(-scores)[:, :11], np.argsort(-approximate)[:, :11]
    same = np.mean([len(set(a) & set(b)) / 11 for a, b in zip(first, second, strict=True)])
    assert same > 0.995
