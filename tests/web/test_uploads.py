"""The cache of what people asked with: named by content, bounded, never the client's name."""

import io
import os
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from plugins.errors import InvalidQuery, NotFound
from plugins.queries import Clip, Picture
from tests.web.conftest import RED
from tests.web.test_api import png
from web.uploads import Uploads


def test_the_name_is_the_content(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    id_ = uploads.save(io.BytesIO(b"clip"))
    assert id_ == sha256(b"clip").hexdigest()
    assert uploads.save(io.BytesIO(b"clip")) == id_
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [id_]
    assert uploads.path(id_).read_bytes() == b"clip"


def test_pictures_and_clips_are_told_apart(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    assert isinstance(uploads.term(uploads.save(png(RED))), Picture)
    assert isinstance(uploads.term(uploads.save(io.BytesIO(b"anything else"))), Clip)


@pytest.mark.parametrize("id_", ["", ".", "..", "../catalog.db", "0" * 64, "0" * 63, "x" * 64, "/etc/passwd"])
def test_only_what_was_sent_is_there(tmp_path: Path, id_: str) -> None:
    with pytest.raises(NotFound):
        Uploads(tmp_path).path(id_)


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, max_bytes=30)
    first, second, third = (uploads.save(io.BytesIO(bytes([step]) * 10)) for step in range(3))
    for age, id_ in ((30, first), (20, second), (10, third)):
        os.utime(tmp_path / id_, (1_000_000_000 - age, 1_000_000_000 - age))
    uploads.path(first)
    fourth = uploads.save(io.BytesIO(b"x" * 10))
    assert {path.name for path in tmp_path.iterdir()} == {first, third, fourth}
    with pytest.raises(NotFound):
        uploads.path(second)


def test_one_that_is_larger_than_all_stays_alone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, max_bytes=30)
    uploads.save(io.BytesIO(b"small"))
    large = uploads.save(io.BytesIO(b"x" * 40))
    assert [path.name for path in tmp_path.iterdir()] == [large]


def test_what_a_killed_server_left_is_bounded_too(tmp_path: Path) -> None:
    left = tmp_path / ".part-left"
    left.write_bytes(b"x" * 25)
    os.utime(left, (1, 1))
    kept = Uploads(tmp_path, max_bytes=30).save(io.BytesIO(b"x" * 10))
    assert [path.name for path in tmp_path.iterdir()] == [kept]


def test_nothing_is_no_upload(tmp_path: Path) -> None:
    with pytest.raises(InvalidQuery):
        Uploads(tmp_path).save(io.BytesIO(b""))
    assert list(tmp_path.iterdir()) == []


class BreaksOff:
    """A stream whose sender goes away."""

    def __init__(self) -> None:
        self._parts = iter([b"first part"])

    def read(self, _size: int) -> bytes:
        for part in self._parts:
            return part
        raise ConnectionResetError


def test_what_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        Uploads(tmp_path).save(cast(BinaryIO, BreaksOff()))
    assert list(tmp_path.iterdir()) == []
