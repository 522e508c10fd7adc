"""The Python client against a server that is really served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.errors import InvalidQuery, LibraryError, NotFound
from shotseek.client import Client
from tests.web.conftest import BLUE, Videos, serve
from tests.web.test_api import png
from tests.web.test_library import changing, film

MANUAL = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of a library with one film, that may be changed."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "films").mkdir()
    film(folder / "films" / "one.mp4", BLUE)
    with changing(folder / "library") as (engine, service), serve(engine, service) as address:
        client = Client(address, timeout=30)
        client.add_folder(folder / "films", watched=False)
        for status in client.events():
            if status.jobs and all(job.ended for job in status.jobs):
                break
        yield client


def test_what_is_read(address: str, videos: Videos, tmp_path: Path) -> None:
    client = Client(address + "/")
    assert client.health().status == "ok"
    found = client.search(q="harbour", video=[videos.colours], k=1)
    assert [(hit.video.id, hit.at) for hit in found.hits] == [(videos.colours, 2.5)]
    assert len({item.id for item in client.videos(limit=2)}) == 5
    assert client.video(videos.sea).name == "sea.webm"
    assert [shot.start for shot in client.shots(videos.colours).shots] == [0, 2, 4]
    (tmp_path / "blue.png").write_bytes(png(BLUE).getvalue())
    sent = client.search_file(tmp_path / "blue.png", k=2)
    assert sent.hits
    assert client.search(upload=sent.upload, k=2).hits[0].shot == sent.hits[0].shot


def test_what_is_changed(own: Client) -> None:
    (video,) = own.videos()
    assert own.jobs().jobs[0].counts == {"done": 1}
    assert own.folders().folders[0].videos == 1
    assert own.mark("blue", video.id, 0.5, right=True).marks == own.marks("blue").marks
    assert own.teach("sea", query="blue").right == len(own.concepts().concepts) == 1
    assert own.tag(video.id, "Holiday", 0, 1) == own.tags(video.id)
    made = own.make_collection("Best")
    assert own.collect(made.id, {"video": video.id, "start": 0, "end": 1}).items == 1
    assert own.collection(made.id).moments[0].name == "one.mp4"
    assert own.collections().collections[0].name == "Best"
    assert b"one.mp4" in own.export(made.id, "csv")
    assert own.start(files=[video.id], again=True).id > 1


def test_errors_are_those_of_the_library(address: str) -> None:
    client = Client(address)
    with pytest.raises(NotFound, match="no video 999"):
        client.video(999)
    with pytest.raises(InvalidQuery, match="k"):
        client.search(q="x", k=0)
    with pytest.raises(LibraryError, match="does not answer"):
        Client("http://127.0.0.1:9").health()
    with pytest.raises(InvalidQuery, match="address"):
        Client("file:///etc/passwd")


def test_the_example_of_the_manual_runs(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    example = MANUAL.partition("```python\n")[2].partition("```")[0]
    exec(example.replace("http://127.0.0.1:8484", address), {})
    assert capsys.readouterr().out.startswith("colours.mp4 2.5\n")
