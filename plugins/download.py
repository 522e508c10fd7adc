"""Fetches one file of weights, and lets it have its name only if it is what its publisher promised."""

import hashlib
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from plugins import durable
from plugins.errors import PullFailed

Report: TypeAlias = Callable[[int, int], None]
"""called now and then with the bytes that are there and the bytes there will be"""

CHUNK = 1 << 20
TIMEOUT_S = 30
GIT_DIGEST = "[0-9a-f]{40}"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on the Hugging Face hub, whose digest the hub tells."""

    repository: str
    names: tuple[str, ...]
    """the first of these that exists"""
    small: bool = False
    """no weights but what describes them: the hub tells git's digest of such a file"""

    def __str__(self) -> str:
        return self.repository


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file with the first digits of its SHA-256 in its name, as torch's are: ``resnet50-11ad3fa6.pth``."""

    url: str

    def __str__(self) -> str:
        return self.url


Source: TypeAlias = HubFile | WebFile


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a source promises."""

    name: str
    digest: str
    """first digits of the SHA-256, or all; or git's digest, which has 40"""
    fetch: Callable[[Path, Report], None]
    """writes the file to a path"""


def download(source: Source, folder: Path, report: Report) -> tuple[Path, durable.Written]:
    """Fetches a file into a folder, under its own name.

    Raises:
        PullFailed: there is no network, no such file, no digest, or another content than promised
    """
    try:
        offer = _offer_of(source)
        path = folder / offer.name
        return path, durable.publish(
            path,
            lambda temporary: offer.fetch(temporary, report),
            lambda temporary: _verify(temporary, offer),
        )
    except PullFailed:
        raise
    except Exception as error:  # the hub's client fails in the ways of several HTTP libraries
        raise PullFailed(f"{source} could not be fetched: {_first_line(error)}; try again later") from error


def _offer_of(source: Source) -> _Offer:
    return _on_hub(source) if isinstance(source, HubFile) else _on_web(source)


def _on_hub(source: HubFile) -> _Offer:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    for name in source.names:
        try:
            found = get_hf_file_metadata(hf_hub_url(source.repository, name))
        except EntryNotFoundError:
            continue
        if not re.fullmatch(r"[0-9a-f]{64}", found.etag or "") and not (
            source.small and re.fullmatch(GIT_DIGEST, found.etag or "")
        ):
            raise PullFailed(f"{source}: the hub gives no SHA-256 of {name}, so it cannot be trusted")

        def fetch(
            path: Path, report: Report, name: str = name, commit: str | None = found.commit_hash
        ) -> None:
            with TemporaryDirectory(dir=path.parent) as folder:
                bar = _progress_bar(report)
                fetched = hf_hub_download(
                    source.repository, name, revision=commit, local_dir=folder, tqdm_class=bar
                )
                Path(fetched).replace(path)

        return _Offer(name, str(found.etag), fetch)
    raise PullFailed(f"{source} has none of {', '.join(source.names)}")


def _progress_bar(report: Report) -> Any:
    """A bar class for the hub's client that draws nothing and reports instead."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            self.counts = not str(options.get("name")).endswith(".transfer")  # Xet has a bar more, of packets
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            if self.counts:
                report(int(self.n), int(self.total or 0))

    return Bar


def _on_web(source: WebFile) -> _Offer:
    name = source.url.rpartition("/")[2]
    digest = re.search(r"-([0-9a-f]{8,64})\.", name)
    if digest is None:
        raise PullFailed(f"{source} has no digest in its name, so it cannot be trusted")

    def fetch(path: Path, report: Report) -> None:
        # the addresses are torchvision's own, never a user's
        with urllib.request.urlopen(source.url, timeout=TIMEOUT_S) as answer, path.open("wb") as file:  # noqa: S310
            done, total = 0, int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                done += len(chunk)
                report(done, total)

    return _Offer(name, digest[1], fetch)


def _verify(path: Path, offer: _Offer) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if re.fullmatch(GIT_DIGEST, offer.digest):
        digest = git_digest(path.read_bytes())
    if not digest.startswith(offer.digest):
        raise PullFailed(
            f"{offer.name} is not what was promised: its digest begins {digest[:12]},"
            f" {offer.digest[:12]} was expected; nothing was kept, try again"
        )


def git_digest(data: bytes) -> str:
    """What git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:300]
