"""The search page as a browser without scripts gets it: views, facets, empty states, sources side by side."""

import gzip
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from flask.testing import FlaskClient

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.queries import Confidence, Hit
from plugins.values import Shot, Span, Video
from search.engine import Engine
from tests.indexer.catalogs import video
from tests.web.conftest import RED, Videos, client_of
from tests.web.test_api import png
from tests.web.test_pages import text_of
from tests.web.test_teaching import got
from web.compress import LEVEL
from web.pages.results import folded

STATIC = Path(__file__).parents[2] / "web" / "static"


def shots(html: str) -> list[str]:
    return re.findall(r'data-shot="(\d+)"', html)


def choice(html: str, text: str) -> str:
    """Where a choice of a facet leads."""
    found = re.search(rf'<li><a href="([^"]+)"[^>]*><span>{re.escape(text)}</span>', html)
    assert found, f"no {text} among the facets"
    return unescape(found[1])


def test_facets_count_the_answer_and_narrow_it(client: FlaskClient, videos: Videos) -> None:
    html = client.get("/?q=blue").text
    counted = int(re.findall(r"of the best (\d+) hits", html)[0])
    counts = dict(re.findall(r'<span>([^<]+)</span><span class="number">(\d+)</span>', html))
    assert counts["colours.mp4"] == "3"
    assert counts["sea.webm"] == "2"
    assert int(counts["h264"]) + int(counts["vp8"]) + int(counts["mpeg4"]) == counted
    narrowed = client.get(choice(html, "sea.webm")).text
    assert set(re.findall(r'data-video="(\d+)"', narrowed)) == {str(videos.sea)}
    again = client.get(choice(narrowed, "sea.webm")).text
    assert shots(again) == shots(html)
    assert set(shots(client.get(choice(html, "vp8")).text)) == set(shots(narrowed))
    with_words = client.get(choice(html, "subtitles")).text
    assert set(re.findall(r'data-video="(\d+)"', with_words)) == {str(videos.colours)}


def test_a_label_is_a_facet(client: FlaskClient, engine: Engine, videos: Videos) -> None:
    engine.library.catalog.add_tag(videos.sea, "Holiday", Span(0, 1_000_000))
    try:
        html = client.get("/?q=blue").text
        narrowed = shots(client.get(choice(html, "holiday")).text)
        assert len(narrowed) == 1
        assert set(narrowed) < set(shots(html))
    finally:
        engine.library.catalog.remove_tag(videos.sea, "holiday", Span(0, 1_000_000))


@pytest.mark.parametrize(
    ("more", "blamed", "innocent"),
    [
        ("&video=sea.webm&codec=h264", ["only in h264", "only in sea.webm"], "length"),
        ("&min_duration=900", ["only shots of that length"], "sea"),
        ("+longer:900s", ["longer:900s"], "only"),
        ("&label=nothing-has-it&codec=h264", ["only with the label nothing-has-it"], "h264"),
    ],
)
def test_where_filters_leave_nothing_those_to_blame_are_named(
    client: FlaskClient, more: str, blamed: list[str], innocent: str
) -> None:
    html = client.get(f"/?q=blue{more}").text
    assert "Nothing found for" in text_of(html)
    found = re.findall(r'<li><a href="([^"]+)">Search without “([^”]+)”', html)
    assert sorted(text for _, text in found) == blamed
    assert all(innocent not in text for text in blamed)
    for url, _ in found:
        assert shots(client.get(unescape(url)).text)
    if "codec=h264" in more:  # what is chosen can be let go, and nothing is counted where nothing is found
        assert "What this answer is narrowed to." in text_of(html)
    assert "best 0 hits" not in text_of(html)


def test_nothing_at_all_is_no_filters_fault(client: FlaskClient) -> None:
    page = text_of(client.get("/?q=%22no+such+words%22&codec=h264").text)
    assert "Nothing found" in page
    assert "without" not in page


def test_shots_that_are_not_wanted_are_gone_and_may_be_several(client: FlaskClient) -> None:
    first, second, *rest = shots(client.get("/?q=blue").text)
    left = shots(client.get(f"/?q=blue&unlike={first}&unlike={second}").text)
    assert set(left) == set(rest)
    said = shots(client.get("/?q=%22harbour%22").text)
    assert said
    assert shots(client.get(f"/?q=%22harbour%22&unlike={said[0]}").text) == []
    assert client.get("/?q=blue&unlike=999999").status_code == 404


def test_a_picture_that_was_sent_may_be_turned_into_what_is_not_wanted(client: FlaskClient) -> None:
    sent = client.post("/upload", data={"file": (png(RED), "x.png"), "state": "q=blue"})
    html = client.get(sent.headers["Location"]).text
    turned = re.search(r'href="([^"]*unlike_upload=[^"]*)"', html)
    assert turned
    html = client.get(unescape(turned[1])).text
    assert "Not like what you sent" in html
    assert "Like what you sent" not in html
    assert 'class="unwanted"' in html


def test_sources_are_weighed_on_the_page_and_links_keep_it(several: FlaskClient) -> None:
    def chosen(html: str) -> list[str]:
        fields = re.findall(r'<select name="weight">(.*?)</select>', html, re.DOTALL)
        return [re.findall(r'<option value="([^"]*)" selected>', field)[0] for field in fields]

    usual = several.get("/?q=blue").text
    assert chosen(usual) == [""] * (len(ENCODERS) + 1)
    name = ENCODERS[1]
    asked = "&".join(
        f"weight={quote_plus(value)}" for value in (f"{ENCODERS[0]}=0", f"{name}=3", "", "words=0")
    )
    html = several.get(f"/?q=blue&{asked}").text
    assert chosen(html) == [f"{ENCODERS[0]}=0", f"{name}=3", "", "words=0"]
    alone = got(several, f"/search?q=blue&encoder={quote_plus(name)}&weight=words%3D0&k=24")["hits"]
    assert shots(html) == [str(hit["shot"]) for hit in alone]
    order = next(url for url in re.findall(r'href="([^"]*)"', html) if "order=date" in url)
    assert chosen(several.get(unescape(order)).text) == chosen(html)
    assert several.get("/?q=blue&weight=words=many").status_code == 422


def test_the_api_takes_what_the_page_takes(client: FlaskClient, videos: Videos) -> None:
    everything = got(client, "/search?q=blue")
    first = everything["hits"][0]["shot"]
    without = got(client, f"/search?q=blue&unlike={first}")["hits"]
    assert first not in [hit["shot"] for hit in without]
    only = got(client, "/search?q=blue&codec=vp8&has=")["hits"]
    assert {hit["video"]["id"] for hit in only} == {videos.sea}
    both = got(client, f"/search?like={first}&like={without[0]['shot']}")["hits"]
    assert not {first, without[0]["shot"]} & {hit["shot"] for hit in both}
    assert client.get("/api/v1/search?like=x").status_code == 422


def test_by_video_shows_the_same_hits_in_a_row_for_each(client: FlaskClient) -> None:
    grid, rows = client.get("/?q=blue").text, client.get("/?q=blue&view=videos").text
    assert sorted(shots(rows)) == sorted(shots(grid))
    assert rows.count('<li class="row ') == len(set(re.findall(r'data-video="(\d+)"', grid)))
    assert "in 5 videos" in text_of(rows) or "What comes nearest" in text_of(rows)


def test_newest_first_is_a_link_that_keeps_the_rest(client: FlaskClient) -> None:
    html = client.get("/?q=blue&video=sea.webm").text
    [url] = re.findall(r'<a href="([^"]+)">Newest first', html)
    assert unescape(url) == "/?q=blue&video=sea.webm&order=date"


def hit(confidence: Confidence | None) -> Hit:
    shot = Shot(1, 1, 0, Span(0, 10), (0,))
    made: Video = video("/v/a.mp4")
    return Hit(shot, made, 0, shot.span, 1.0, (), confidence)


@pytest.mark.parametrize(
    ("levels", "before"),
    [
        ([3, 2, 1, 1], 2),
        ([3, 1, 2, 1], 3),
        ([1, 1], 2),
        ([3, 3], 2),
        ([None, 1], 1),
    ],
)
def test_only_weak_hits_at_the_end_are_folded_and_never_all(levels: list[int | None], before: int) -> None:
    hits = tuple(hit(None if level is None else Confidence(level)) for level in levels)
    assert folded(hits) == before


def test_an_error_points_at_its_character(client: FlaskClient) -> None:
    answer = client.get(f"/?q={quote_plus('red >> ')}")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "red &gt;&gt; <u> </u>" in answer.text


def fetched_by(client: FlaskClient, html: str) -> dict[str, bytes]:
    """The scripts, styles and drawings that a page fetches, by name."""
    named = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css|svg)[^"]*)"', html)
    assert len(named) > 5
    fetched = {file: client.get(unescape(file)).data for file in named}
    unread = list(fetched.values())
    while unread:
        for name in re.findall(r'(?:from|import) "\./([\w.-]+)"', unread.pop().decode()):
            if name not in fetched:
                fetched[name] = (STATIC / name).read_bytes()
                unread.append(fetched[name])
    return fetched


@pytest.mark.parametrize("path", ["/", "/library", "/map", "/collections", "/video/{colours}?q=blue"])
def test_every_page_is_light(client: FlaskClient, videos: Videos, path: str) -> None:
    html = client.get(path.format(colours=videos.colours)).text
    assert len(html.encode()) + sum(map(len, fetched_by(client, html).values())) < 125_000


def test_the_page_is_light(client: FlaskClient) -> None:
    """What a browser must fetch before the pictures: below 150 KB as it lies, with room for what comes, and a
    third of that over the wire."""
    html = client.get("/?q=blue").text
    fetched = fetched_by(client, html)
    assert {"line.js", "keys.js"} <= fetched.keys()
    card = max(re.findall(r'<li class="card hit".*?</li>\s*(?=<li class="card|</ol>)', html, re.S), key=len)
    page = html.encode() + (24 - html.count('class="card hit"')) * card.encode()
    files = [page, *fetched.values()]
    assert sum(map(len, files)) < 125_000
    assert sum(len(gzip.compress(file, LEVEL)) for file in files) < 50_000


ENCODERS = ("tests.search.readers:Reader", "palette", "tests.indexer.encoders:Small")


@pytest.fixture(scope="module")
def several(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The application of a library with three encoders, the last of which reads no text."""
    with Library.open(tmp_path_factory.mktemp("several"), create=True) as library:
        for _ in index(library, [folder], Recipe(ENCODERS, detector="fixed:2")):
            pass
        with Engine(library) as engine:
            yield client_of(engine)


def columns(html: str) -> list[str]:
    return html.split('<section class="column"')[1:]


def test_every_source_has_a_column_and_what_they_share_a_number(several: FlaskClient) -> None:
    html = several.get("/?q=blue&compare=1").text
    found = columns(html)
    names = [re.findall(r"<h2[^>]*>([^<]+)</h2>", column)[0] for column in found]
    assert names == [*ENCODERS, "words said or shown"]
    for name, column in zip(ENCODERS[:2], found, strict=False):
        alone = got(several, f"/search?q=blue&encoder={name}&weight=words%3D0&k=12")["hits"]
        assert shots(column) == [str(one["shot"]) for one in alone]
    assert shots(found[2]) == []
    assert "cannot" in text_of(found[2]) or "no text" in text_of(found[2])
    numbers = [
        dict(re.findall(r'data-shot="(\d+)"[^>]* data-shared="(\d+)"', column)) for column in found[:2]
    ]
    assert numbers[0].keys() == set(shots(found[0])) & set(shots(found[1])) == numbers[1].keys()
    assert numbers[0] == numbers[1]
    assert len(set(numbers[0].values())) == len(numbers[0])
    assert numbers[0][shots(found[0])[0]] == "1"


def test_one_source_that_cannot_answer_does_not_hide_the_others(several: FlaskClient) -> None:
    found = columns(several.get("/?q=harbour&compare=1").text)
    assert len(shots(found[3])) == 1
    assert shots(found[1]) == []  # it knows colours only
    assert text_of(found[1]).strip()


def test_weak_hits_lie_behind_a_fold_and_come_openly_on_later_pages(several: FlaskClient) -> None:
    html = several.get("/?q=blue&k=6").text
    before, fold, after = html.partition('<details class="fold">')
    assert fold, "nothing is folded"
    assert "strong" in text_of(before.partition('id="heading"')[2])
    said = re.findall(r'<span class="sure (\w+)"', after)
    assert set(said) == {"weak"}
    assert f"{len(shots(after))} weaker hits" in text_of(after)
    assert len(shots(before)) + len(shots(after)) == 6
    [following] = re.findall(r'rel="next" href="([^"]+)"', html)
    later = several.get(unescape(following)).text
    assert "None of these is sure any more" in later
    assert '<details class="fold">' not in later
    assert '<details class="fold">' not in several.get("/?q=blue&order=date").text


def test_videos_with_weak_hits_only_lie_behind_a_fold_too(several: FlaskClient) -> None:
    html = several.get("/?q=blue&view=videos").text
    before, fold, after = html.partition('<details class="fold">')
    assert fold
    assert set(re.findall(r'<span class="sure (\w+)"', after)) == {"weak"}
    for row in before.split('<li class="row ')[1:]:
        assert re.search(r'<span class="sure (strong|likely)"', row)
