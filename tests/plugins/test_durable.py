import hashlib
import os
from pathlib import Path

import pytest

from plugins import durable


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_there_and_described(tmp_path: Path) -> None:
    written = durable.write(tmp_path / "new" / "a.bin", b"content")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"content"
    assert (written.size, written.sha256) == (7, hashlib.sha256(b"content").hexdigest())
    assert durable.inspect(tmp_path / "new" / "a.bin") == written
    assert names(tmp_path / "new") == ["a.bin"]


@pytest.mark.parametrize("step", ["fill", "verify"])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path, step: str) -> None:
    path = tmp_path / "a.bin"
    durable.write(path, b"before")

    def fill(temporary: Path) -> None:
        temporary.write_bytes(b"half")
        if step == "fill":
            raise OSError("no space left")

    def verify(_: Path) -> None:
        raise OSError("not what was meant")

    with pytest.raises(OSError, match=r"no space left|not what was meant"):
        durable.publish(path, fill, verify)
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["a.bin"]


def test_what_the_disk_loses_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As FAISS does on a full disk: the call returns, and the file is empty."""
    durable.write(tmp_path / "a.bin", b"before")
    monkeypatch.setattr(durable, "_write", lambda path, data: path.touch())
    with pytest.raises(OSError, match="does not give back"):
        durable.write(tmp_path / "a.bin", b"content")
    assert (tmp_path / "a.bin").read_bytes() == b"before"


def test_all_is_on_the_disk_before_the_name_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        events.append("sync " + ("folder" if os.path.samestat(os.fstat(handle), tmp_path.stat()) else "file"))
        sync(handle)

    def rename(self: Path, target: Path) -> Path:
        events.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    durable.write(tmp_path / "a.bin", b"content")
    assert events == ["sync file", "rename", "sync folder"]


def test_a_cache_file_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    durable.write_cache(tmp_path / "sub" / "a.jpg", b"one")

    def fail(path: Path, data: bytes) -> None:
        path.write_bytes(data[:1])
        raise OSError("no space left")

    monkeypatch.setattr(durable, "_write", fail)
    with pytest.raises(OSError, match="no space"):
        durable.write_cache(tmp_path / "sub" / "a.jpg", b"two")
    assert (tmp_path / "sub" / "a.jpg").read_bytes() == b"one"
    assert names(tmp_path / "sub") == ["a.jpg"]
