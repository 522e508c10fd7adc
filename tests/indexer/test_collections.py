"""Collections in the catalog: order, notes, and what survives a new index, a move and removal."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.catalog import Catalog, Pick
from indexer.catalog.collections import MAX_ITEMS, ROOM, _between
from plugins.errors import InvalidValue, NotFound
from plugins.values import SECOND, Span
from tests.indexer.catalogs import SCAN, SPACE, places, publish, shots, vectors, video


def span(start: float, end: float) -> Span:
    return Span(round(start * SECOND), round(end * SECOND))


def filled(catalog: Catalog, count: int = 4) -> tuple[int, list[int]]:
    """A collection of moments of one video, and the ids of its items."""
    id_ = publish(catalog, "/v/a.mp4", count=10).id
    made = catalog.new_collection("best of").id
    return made, catalog.pick(made, [Pick(id_, span(at, at + 1), f"no. {at}") for at in range(count)])


def order(catalog: Catalog, collection: int) -> list[int]:
    return [item.id for item in catalog.collection_items(collection)]


def test_moments_are_picked_once_and_kept_in_order(catalog: Catalog) -> None:
    made, items = filled(catalog)
    assert order(catalog, made) == items
    again = catalog.pick(made, [Pick(1, span(1, 2)), Pick(1, span(1, 2.5), note="longer")])
    assert again[0] == items[1]
    assert order(catalog, made) == [*items, again[1]]
    head = catalog.collection("best of")
    assert (head.items, head.duration_us) == (5, round(5.5 * SECOND))
    assert catalog.collection(made) == head
    first, *_, last = catalog.collection_items(made)
    assert (first.label, first.note, first.missing, last.note) == ("no. 0", "", False, "longer")
    assert first.video is not None


def test_moving_puts_an_item_where_it_was_asked_to_be(catalog: Catalog) -> None:
    made, (a, b, c, d) = filled(catalog)
    catalog.move_item(made, d, 0)
    assert order(catalog, made) == [d, a, b, c]
    catalog.move_item(made, d, 2)
    assert order(catalog, made) == [a, b, d, c]
    catalog.move_item(made, a, 99)
    assert order(catalog, made) == [b, d, c, a]
    catalog.move_item(made, c, 2)
    assert order(catalog, made) == [b, d, c, a]
    with pytest.raises(NotFound):
        catalog.move_item(made, 999, 0)


def test_moves_never_run_out_of_room(catalog: Catalog) -> None:
    """Between the same two items again and again: more often than the room between them can be halved."""
    made, items = filled(catalog, 5)
    expected = list(items)
    for turn in range(60):
        moved = expected[-1 - turn % 2]
        expected.remove(moved)
        expected.insert(1, moved)
        catalog.move_item(made, moved, 1)
        assert order(catalog, made) == expected


@given(st.lists(st.integers(-(10**9), 10**9), max_size=8, unique=True), st.integers(-2, 12))
def test_a_place_among_others_lies_between_its_neighbours(positions: list[int], place: int) -> None:
    positions.sort()
    found = _between(positions, place)
    place = max(0, min(place, len(positions)))
    if found is None:
        assert positions[place] - positions[place - 1] == 1
    else:
        assert sorted([*positions, found]).index(found) == place
        assert found not in positions
    assert ROOM > 0


def test_items_are_edited_and_removed(catalog: Catalog) -> None:
    made, (a, b, *rest) = filled(catalog)
    catalog.edit_item(made, a, note="  look here\n", span=span(3, 4.5))
    first = catalog.collection_items(made)[0]
    assert (first.note, first.span, first.label) == ("look here", span(3, 4.5), "no. 0")
    catalog.edit_item(made, a, note="")
    assert catalog.collection_items(made)[0].note == ""
    with pytest.raises(NotFound):
        catalog.remove_items(made, [a, 999])
    catalog.remove_items(made, [a, b])
    assert order(catalog, made) == rest
    other = catalog.new_collection("other").id
    foreign = f"no item {rest[0]} in collection {other}"
    with pytest.raises(NotFound, match=foreign):
        catalog.edit_item(other, rest[0], note="x")
    with pytest.raises(NotFound, match=foreign):
        catalog.move_item(other, rest[0], 0)


def test_collections_are_named_renamed_and_removed(catalog: Catalog) -> None:
    made, _ = filled(catalog)
    other = catalog.new_collection("  spring \n 2026 ")
    assert other.name == "spring 2026"
    assert [item.name for item in catalog.collections()] == ["spring 2026", "best of"]
    catalog.edit_item(made, order(catalog, made)[0], note="changed last")
    assert [item.name for item in catalog.collections()] == ["best of", "spring 2026"]
    with pytest.raises(InvalidValue, match="already"):
        catalog.rename_collection(made, "spring 2026")
    assert catalog.rename_collection(made, "best of") == catalog.collection("best of")
    assert catalog.rename_collection(made, "finest").name == "finest"
    for name in ("", " \n", "x" * 101):
        with pytest.raises(InvalidValue, match="1 to 100"):
            catalog.new_collection(name)
    catalog.remove_collection(made)
    assert [item.name for item in catalog.collections()] == ["spring 2026"]
    with pytest.raises(NotFound, match="shotseek collection list"):
        catalog.collection_items(made)
    with pytest.raises(NotFound):
        catalog.remove_collection(made)


def test_what_is_not_there_cannot_be_picked(catalog: Catalog) -> None:
    made, items = filled(catalog)
    for wrong in (Pick(999, span(0, 1)), Pick(1, span(20, 21)), Pick(1, span(19, 22))):
        with pytest.raises(NotFound):
            catalog.pick(made, [Pick(1, span(7, 8)), wrong])
    with pytest.raises(NotFound):
        catalog.edit_item(made, items[0], span=span(100, 101))
    with pytest.raises(NotFound):
        catalog.pick(999, [Pick(1, span(0, 1))])
    with pytest.raises(InvalidValue, match="2000 characters"):
        catalog.edit_item(made, items[0], note="x" * 2001)
    with pytest.raises(InvalidValue, match=str(MAX_ITEMS)):
        catalog.pick(made, [Pick(1, span(0, 1))] * MAX_ITEMS)
    assert order(catalog, made) == items


def show(catalog: Catalog, path: str, fingerprint: str) -> int:
    """Indexes a file with a content, in place of what it showed."""
    catalog.add_root("/v")
    shown = replace(video(path), fingerprint=fingerprint)
    rows = {SPACE: (places(3), vectors(3))}
    return catalog.publish(
        shown, root="/v", size=9, mtime_ns=5, stages=[SCAN], shots=shots(3), vectors=rows, annotations=()
    ).id


def test_items_follow_the_content(catalog: Catalog) -> None:
    """They survive a new index, sleep while it is not there, and prefer the file they were picked from."""
    first = show(catalog, "/v/a.mp4", "one")
    made = catalog.new_collection("x").id
    catalog.pick(made, [Pick(first, span(1, 2))])
    show(catalog, "/v/a.mp4", "one")
    copy = show(catalog, "/v/0-copy.mp4", "one")
    (item,) = catalog.collection_items(made)
    assert item.video is not None
    assert (item.video.path, item.path) == ("/v/a.mp4", "/v/a.mp4")
    show(catalog, "/v/a.mp4", "other")
    (item,) = catalog.collection_items(made)
    assert item.video is not None
    assert item.video.id == copy
    catalog.remove([copy])
    (item,) = catalog.collection_items(made)
    assert (item.video, item.missing, item.path) == (None, True, "/v/a.mp4")
    catalog.edit_item(made, item.id, note="still mine", span=span(1, 1.5))
    show(catalog, "/v/moved.mp4", "one")
    (item,) = catalog.collection_items(made)
    assert (item.path, item.note, item.span) == ("/v/moved.mp4", "still mine", span(1, 1.5))
