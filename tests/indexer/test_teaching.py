"""Marks, concepts, tags and labels: what survives a new index, a move, another content and removal."""

from dataclasses import replace

import numpy as np
import pytest

from indexer.catalog import Catalog, Example, LabelCount, Moment, StageRecord, State
from plugins.errors import InvalidValue, NotFound
from plugins.queries import Filters
from plugins.values import SECOND, Span, Video
from tests.indexer.catalogs import ALL, SCAN, SPACE, places, publish, said, shots, vectors, video

LABELLED = StageRecord("label", State.DONE, revision="1")


def show(catalog: Catalog, path: str, fingerprint: str, count: int = 3) -> Video:
    """Indexes a file with a content, in place of what it showed."""
    catalog.add_root("/v")
    return catalog.publish(
        replace(video(path, shots=count), fingerprint=fingerprint),
        root="/v",
        size=1000,
        mtime_ns=5,
        stages=[SCAN],
        shots=shots(count),
        vectors={SPACE: (places(count), vectors(count))},
        annotations=(),
    )


def marked(catalog: Catalog, query: str | None = None) -> list[tuple[int, int, bool]]:
    return [(mark.video_id, mark.at_us, mark.right) for mark in catalog.marks(query)]


def test_a_mark_is_found_by_its_query_and_the_last_word_on_a_shot_counts(catalog: Catalog) -> None:
    id_ = publish(catalog, "/v/a.mp4").id
    catalog.mark("a dog", [Moment(id_, 1), Moment(id_, 2 * SECOND)], right=True)
    catalog.mark("a cat", [Moment(id_, 1)], right=False)
    assert marked(catalog, "a dog") == [(id_, 1, True), (id_, 2 * SECOND, True)]
    catalog.mark("a dog", [Moment(id_, 2 * SECOND - 1)], right=False)
    assert marked(catalog, "a dog") == [(id_, 2 * SECOND, True), (id_, 2 * SECOND - 1, False)]
    assert catalog.unmark("a dog", [Moment(id_, 3 * SECOND)]) == 1
    assert catalog.unmark("a dog") == 1
    assert marked(catalog) == [(id_, 1, False)]


def test_a_moment_that_is_not_there_cannot_be_marked(catalog: Catalog) -> None:
    id_ = publish(catalog, "/v/a.mp4").id
    with pytest.raises(NotFound, match="no video 9"):
        catalog.mark("a dog", [Moment(9, 0)], right=True)
    for at_us in (-1, 6 * SECOND):
        with pytest.raises(NotFound, match="ends at 0:00:06"):
            catalog.mark("a dog", [Moment(id_, 0), Moment(id_, at_us)], right=True)
    assert marked(catalog) == []


def test_what_was_said_of_a_content_survives_all_but_its_removal(catalog: Catalog) -> None:
    """Seen to fail with a new index that forgets marks."""
    id_ = show(catalog, "/v/a.mp4", "aaaa").id
    catalog.mark("a dog", [Moment(id_, 1)], right=True)
    catalog.add_tag(id_, "run", Span(0, SECOND))
    show(catalog, "/v/a.mp4", "aaaa", count=2)
    assert marked(catalog) == [(id_, 1, True)]
    assert [tag.text for tag in catalog.tags(id_)] == ["run"]
    catalog.move(id_, "/v/b.mp4", 6)
    assert marked(catalog) == [(id_, 1, True)]
    copy = show(catalog, "/v/copy.mp4", "aaaa").id
    assert marked(catalog) == [(id_, 1, True), (copy, 1, True)]
    catalog.remove([id_])
    assert marked(catalog) == [(copy, 1, True)]
    catalog.remove([copy])
    assert show(catalog, "/v/a.mp4", "aaaa").id != copy
    assert marked(catalog) == [] == catalog.tags()


def test_what_was_said_of_a_content_is_not_said_of_another_in_the_same_file(catalog: Catalog) -> None:
    """Seen to fail with tags of spans that are not held against the content, or written only when given."""
    id_ = show(catalog, "/v/a.mp4", "aaaa").id
    catalog.mark("a dog", [Moment(id_, 1)], right=True)
    catalog.add_tag(id_, "run", Span(0, SECOND))
    catalog.add_tag(id_, "holiday")
    show(catalog, "/v/a.mp4", "bbbb")
    assert marked(catalog) == []
    assert [tag.text for tag in catalog.tags(id_)] == ["holiday"]
    assert len(catalog.words("run", ALL, 9)) == 0
    assert len(catalog.words("holiday", ALL, 9)) == 1
    show(catalog, "/v/a.mp4", "aaaa")
    assert marked(catalog) == [(id_, 1, True)]
    assert [tag.text for tag in catalog.tags(id_)] == ["holiday", "run"]


def test_a_concept_is_kept_under_its_name_and_outlives_its_videos(catalog: Catalog) -> None:
    id_ = show(catalog, "/v/a.mp4", "aaaa").id
    examples = [Example("aaaa", 1), Example("aaaa", 2, right=False), Example("cccc", 3, picture=b"jpeg")]
    catalog.save_concept(" my  dog ", examples, "a brown dog")
    [found] = catalog.concepts()
    assert (found.name, found.words) == ("my dog", "a brown dog")
    assert [(item.video_id, item.right, item.picture) for item in found.examples] == [
        (id_, True, None),
        (id_, False, None),
        (None, True, b"jpeg"),
    ]
    catalog.remove([id_])
    assert [item.video_id for item in catalog.concept("my dog").examples] == [None] * 3
    catalog.save_concept("my dog", [Example("dddd", 1)])
    assert [item.fingerprint for item in catalog.concept("my dog").examples] == ["dddd"]
    catalog.remove_concept("my dog")
    for ask in (catalog.concept, catalog.remove_concept):
        with pytest.raises(NotFound, match="no concept 'my dog'"):
            ask("my dog")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_concept_needs_a_name_and_an_example_of_what_it_is(catalog: Catalog, name: str) -> None:
    with pytest.raises(InvalidValue):
        catalog.save_concept(name, [Example("aaaa", 1)])
    with pytest.raises(InvalidValue, match="needs an example"):
        catalog.save_concept("my dog", [Example("aaaa", 1, right=False)])


def test_rows_of_moments_are_the_nearest_of_their_shots(catalog: Catalog) -> None:
    id_ = publish(catalog, "/v/a.mp4").id
    moments = [Moment(id_, 4 * SECOND), Moment(id_, 2 * SECOND - 1), Moment(9, 0), Moment(id_, 60 * SECOND)]
    which, rows = catalog.rows_at(SPACE, moments)
    assert which.tolist() == [0, 1]
    np.testing.assert_array_equal(rows, vectors(3).data[[2, 0]])
    assert catalog.rows_at(SPACE, [])[1].shape == (0, SPACE.dim)
    assert catalog.shots_at(moments) == [shot.id for shot in catalog.shots(id_)][::-2]


def test_tags_are_found_by_words_and_filters_in_every_shot_they_cover(catalog: Catalog) -> None:
    id_ = publish(catalog, "/v/a.mp4").id
    publish(catalog, "/v/b.mp4", seed=1)
    catalog.add_tag(id_, "Käthe's  Garden")
    catalog.add_tag(id_, "käthe's garden")
    catalog.add_tag(id_, "bloom", Span(SECOND, 3 * SECOND))
    assert [(tag.text, tag.span) for tag in catalog.tags(id_)] == [
        ("käthe's garden", None),
        ("bloom", Span(SECOND, 3 * SECOND)),
    ]

    def shots_with(*labels: str) -> int:
        allowed = catalog.allowed(SPACE, Filters(labels=labels))
        assert allowed is not None
        return len(allowed)

    assert [shots_with("KÄTHE'S garden"), shots_with("bloom"), shots_with("rain")] == [3, 2, 0]
    assert shots_with("bloom", "käthe's garden") == 2
    assert catalog.words("garden", ALL, 9)[0].source == "tag"
    assert catalog.label_counts() == [
        LabelCount("käthe's garden", "tag", 3),
        LabelCount("bloom", "tag", 2),
    ]
    catalog.remove_tag(id_, "Bloom", Span(SECOND, 3 * SECOND))
    with pytest.raises(NotFound, match="no tag 'bloom'"):
        catalog.remove_tag(id_, "bloom")
    assert len(catalog.words("bloom", ALL, 9)) == 0


def test_a_tag_outside_a_video_and_an_empty_one_are_refused(catalog: Catalog) -> None:
    id_ = publish(catalog, "/v/a.mp4").id
    with pytest.raises(NotFound):
        catalog.add_tag(id_, "late", Span(6 * SECOND, 7 * SECOND))
    for text in ("", " \n", "x" * 101):
        with pytest.raises(InvalidValue):
            catalog.add_tag(id_, text)
    catalog.add_tag(id_, "end", Span(5 * SECOND, 60 * SECOND))
    assert catalog.annotations(id_)[-1].span == Span(5 * SECOND, 6 * SECOND)


def test_labels_are_replaced_counted_and_gone_with_a_new_index(catalog: Catalog) -> None:
    id_ = publish(catalog, "/v/a.mp4", said("a beach", 1)).id
    first, second, third = (shot.id for shot in catalog.shots(id_))
    catalog.set_labels(id_, {first: [("dog", 0.5)]}, LABELLED)
    catalog.set_labels(id_, {first: [("Beach", 0.9)], third: [("beach", 0.7), ("sea", 0.6)]}, LABELLED)
    assert catalog.label_counts() == [LabelCount("beach", "label", 2), LabelCount("sea", "label", 1)]
    assert catalog.label_counts(Filters(labels=("sea",))) == [
        LabelCount("beach", "label", 1),
        LabelCount("sea", "label", 1),
    ]
    assert catalog.words("sea", ALL, 9) == []  # nobody has said or written it
    assert catalog.files()["/v/a.mp4"].stages["label"].revision == "1"
    with pytest.raises(NotFound):
        catalog.set_labels(9, {second: [("dog", 1.0)]}, LABELLED)
    publish(catalog, "/v/a.mp4")
    assert catalog.label_counts() == []
    assert "label" not in catalog.files()["/v/a.mp4"].stages
