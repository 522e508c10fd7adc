"""A typed client of the JSON API, for a library that another process or machine serves.

Answers are the models that the server itself answers with; errors are those of the library.

    from shotseek.client import Client

    client = Client("http://127.0.0.1:8484")
    for hit in client.search(q="a red ball", k=3).hits:
        print(hit.video.name, hit.at)
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

from pydantic import BaseModel

from plugins.errors import InvalidQuery, LibraryError, NotFound, ShotseekError, Unsupported
from web.api.collections import CollectionItemsOut, CollectionOut, CollectionsOut, PickedOut
from web.api.folders import FolderOut, FoldersOut, ForgottenOut
from web.api.jobs import JobOut, JobsOut
from web.api.schemas import HealthOut, ListedVideoOut, SearchOut, ShotsOut, VideoDetailOut, VideosOut
from web.api.teaching import ConceptOut, ConceptsOut, MarksOut, TagsOut

Answer = TypeVar("Answer", bound=BaseModel)
ERRORS: dict[int, type[ShotseekError]] = {
    401: Unsupported,
    403: Unsupported,
    404: NotFound,
    413: InvalidQuery,
    422: InvalidQuery,
    503: LibraryError,
}
"""what a status is raised as; any other is a plain `ShotseekError`"""


class Client:
    """One server.

    Every method raises NotFound, InvalidQuery, Unsupported (not allowed), LibraryError (it does not answer,
    or its library cannot be used), or plain ShotseekError.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = 60) -> None:
        """
        Args:
            url: of the server, ``http://127.0.0.1:8484``
            token: a key, for a server that asks who one is
            timeout: seconds without a word from the server
        """
        if not url.startswith(("http://", "https://")):
            raise InvalidQuery(f"a server is given by its address, like http://127.0.0.1:8484, not {url!r}")
        self._base = url.rstrip("/") + "/api/v1"
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout = timeout

    def health(self) -> HealthOut:
        return self._get(HealthOut, "/health")

    def search(self, **asked: object) -> SearchOut:
        """Hits; the parameters are those of ``GET /search``, lists where they may be repeated."""
        return self._get(SearchOut, "/search", asked)

    def search_file(self, path: Path, kind: Literal["image", "clip"] = "image", **asked: object) -> SearchOut:
        """Hits for a picture or a clip, which is sent."""
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{kind}"; filename="{kind}"\r\n\r\n'
        body = head.encode() + path.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return SearchOut.model_validate_json(self._read("POST", _with("/search", asked), body, headers))

    def videos(self, **asked: object) -> Iterator[ListedVideoOut]:
        """All videos, part by part; `text`, `state` and `order` as of ``GET /videos``."""
        offset: int | None = 0
        while offset is not None:
            part = self._get(VideosOut, "/videos", {"limit": 100, **asked, "offset": offset})
            yield from part.videos
            offset = part.next_offset

    def video(self, id_: int) -> VideoDetailOut:
        return self._get(VideoDetailOut, f"/videos/{id_}")

    def shots(self, video: int) -> ShotsOut:
        return self._get(ShotsOut, f"/videos/{video}/shots")

    def marks(self, query: str | None = None) -> MarksOut:
        return self._get(MarksOut, "/marks", {"q": query})

    def mark(self, query: str, video: int, at: float, *, right: bool) -> MarksOut:
        return self._send(MarksOut, "POST", "/marks", query=query, video=video, at=at, right=right)

    def concepts(self) -> ConceptsOut:
        return self._get(ConceptsOut, "/concepts")

    def teach(self, name: str, **examples: object) -> ConceptOut:
        """`words`, `query`, `right` and `wrong` as of ``POST /concepts``."""
        return self._send(ConceptOut, "POST", "/concepts", name=name, **examples)

    def tags(self, video: int) -> TagsOut:
        return self._get(TagsOut, f"/videos/{video}/tags")

    def tag(self, video: int, text: str, start: float | None = None, end: float | None = None) -> TagsOut:
        return self._send(TagsOut, "POST", f"/videos/{video}/tags", text=text, start=start, end=end)

    def collections(self) -> CollectionsOut:
        return self._get(CollectionsOut, "/collections")

    def collection(self, id_: int) -> CollectionItemsOut:
        return self._get(CollectionItemsOut, f"/collections/{id_}")

    def make_collection(self, name: str) -> CollectionOut:
        return self._send(CollectionOut, "POST", "/collections", name=name)

    def collect(self, collection: int, *moments: Mapping[str, object]) -> PickedOut:
        """Puts moments (`video`, `start`, `end`, `label`, `note`) at the end."""
        return self._send(PickedOut, "POST", f"/collections/{collection}/items", items=list(moments))

    def export(self, collection: int, form: str) -> bytes:
        """A collection as a file; `form` as of ``GET /export-formats``."""
        return self._read("GET", f"/collections/{collection}/export/{form}")

    def folders(self) -> FoldersOut:
        return self._get(FoldersOut, "/folders")

    def add_folder(self, path: Path | str, *, watched: bool = True) -> FolderOut:
        return self._send(FolderOut, "POST", "/folders", path=str(path), watched=watched)

    def forget_folder(self, id_: int, *, videos: bool = False) -> ForgottenOut:
        return self._send(ForgottenOut, "DELETE", f"/folders/{id_}", videos=videos)

    def jobs(self) -> JobsOut:
        return self._get(JobsOut, "/jobs")

    def start(self, **asked: object) -> JobOut:
        """Indexes `folders` or `files` by id, all folders where nothing is named; `retry`, `again`."""
        return self._send(JobOut, "POST", "/jobs", **asked)

    def events(self) -> Iterator[JobsOut]:
        """The state of indexing, at once and after every change, until the caller has heard enough."""
        with self._open(Request(self._base + "/events", headers=self._headers)) as answer:  # noqa: S310
            for line in answer:
                if line.startswith(b"data: "):
                    yield JobsOut.model_validate_json(line[6:])

    def _get(self, model: type[Answer], path: str, asked: Mapping[str, object] | None = None) -> Answer:
        return model.model_validate_json(self._read("GET", _with(path, asked or {})))

    def _send(self, model: type[Answer], method: str, route: str, /, **body: object) -> Answer:
        headers = {"Content-Type": "application/json"}
        return model.model_validate_json(self._read(method, route, json.dumps(body).encode(), headers))

    def _read(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        request = Request(  # noqa: S310  # the address is checked to be one of HTTP
            self._base + path, data=body, headers=self._headers | dict(headers or {}), method=method
        )
        with self._open(request) as answer:
            return bytes(answer.read())

    def _open(self, request: Request) -> Any:
        try:
            return urlopen(request, timeout=self._timeout)  # noqa: S310
        except HTTPError as error:
            with error:
                raise ERRORS.get(error.code, ShotseekError)(_message(error)) from None
        except (URLError, TimeoutError) as error:
            raise LibraryError(
                f"{self._base} does not answer: {error}; is `shotseek serve` running?"
            ) from error


def _with(path: str, asked: Mapping[str, object]) -> str:
    given = {name: value for name, value in asked.items() if value is not None}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def _message(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {error.code}"
