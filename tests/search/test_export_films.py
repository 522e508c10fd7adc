"""Films and contact sheets of real videos, opened again and compared with what they were made of."""

import csv
import io
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from indexer.decoder import Decoder
from indexer.media import open_media
from plugins.errors import InvalidValue, MediaError
from plugins.values import SECOND, Span, Video
from plugins.values import Image as Array
from search.export.contact import CELL, MAX_CELLS, places
from search.export.editlist import EditList, Moment, edit_list
from search.export.films import reel_size
from search.export.formats import export, format_named
from search.export.studio import Studio
from shotseek.draw import write_video
from tests.search.test_export_lists import HOSTILE
from tests.videos import FPS, differs, scene

GROUPS = {"preset": "ultrafast", "g": str(FPS), "x264-params": "scenecut=0"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("films")
    for seed, name in enumerate(("one.mp4", "two.mp4")):
        write_video(made / name, scene(seed, 75), options=GROUPS)
    (made / "broken.mp4").write_text("no video")
    return made


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as made:
        yield made


@pytest.fixture
def studio(folder: Path, decoder: Decoder) -> Studio:
    return Studio(decoder, [str(folder)])


def moment(path: Path, start: float, end: float, note: str = "", *, missing: bool = False) -> Moment:
    video = Video(1, str(path), "f", 3 * SECOND, 160, 96, Fraction(FPS), "h264", False, missing=missing)
    return Moment(str(path), Span(round(start * SECOND), round(end * SECOND)), video, note=note)


def two(folder: Path) -> list[Moment]:
    return [moment(folder / "one.mp4", 1, 2, "the first"), moment(folder / "two.mp4", 0.2, 0.8, "second")]


def made(cuts: EditList, form: str, target: Path, studio: Studio) -> Path:
    export(cuts, format_named(form), target, studio)
    return target


def decoded(path: Path) -> list[Array]:
    with open_media(str(path), [str(path.parent)]) as media:
        return [frame.image for frame in media.frames()]


def test_subclips_are_the_moments(folder: Path, studio: Studio, tmp_path: Path) -> None:
    shares: list[float] = []
    studio.on_progress = shares.append
    file = made(edit_list("x", two(folder)), "subclips", tmp_path / "x.zip", studio)
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["001 the first.mp4", "002 second.mp4", "subclips.csv"]
        archive.extractall(tmp_path)
        rows = list(csv.DictReader(io.StringIO(archive.read("subclips.csv").decode("utf-8-sig"), newline="")))
    assert [row["how"] for row in rows] == ["copied", "encoded again: it does not begin with a key frame"]
    for name, seed, start, end in (("001 the first.mp4", 0, 25, 50), ("002 second.mp4", 1, 5, 20)):
        images = decoded(tmp_path / name)
        assert len(images) == end - start
        assert differs(images[0], scene(seed, 75)[start]) < 6
        assert differs(images[-1], scene(seed, 75)[end - 1]) < 6
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert studio.notes == []


def test_subclips_may_lie_in_a_folder_and_leave_out_what_cannot_be_cut(
    folder: Path, studio: Studio, tmp_path: Path
) -> None:
    parts = [
        moment(folder / "gone.mp4", 0, 1, missing=True),
        moment(folder / "broken.mp4", 0, 1),
        *two(folder),
    ]
    made(edit_list("x", parts), "subclips", tmp_path, studio)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "003 the first.mp4",
        "004 second.mp4",
        "subclips.csv",
    ]
    assert studio.notes[0] == "gone.mp4 is missing, its moment was left out"
    assert studio.notes[1].startswith("broken.mp4: is no video that can be read")
    with pytest.raises(InvalidValue, match="none of its moments can be cut"):
        made(edit_list("x", parts[:2]), "subclips", tmp_path / "none.zip", studio)
    assert not (tmp_path / "none.zip").exists()


def test_hostile_notes_name_files_that_stay_where_they_are(
    folder: Path, studio: Studio, tmp_path: Path
) -> None:
    parts = [moment(folder / "one.mp4", 1, 1.2, name) for name in HOSTILE]
    file = made(edit_list("x", parts), "subclips", tmp_path / "x.zip", studio)
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    assert len(set(names)) == len(HOSTILE) + 1
    assert [name for name in names if set(name) & set('/\\:*?"<>|\n\r\x00') or ".." in name[:2]] == []
    sheet = made(edit_list(HOSTILE[5], parts), "contact", tmp_path / "x.jpg", studio)
    with Image.open(sheet) as opened:
        assert opened.format == "JPEG"


def test_a_reel_is_cut_where_the_lists_are(folder: Path, studio: Studio, tmp_path: Path) -> None:
    parts = [moment(folder / "gone.mp4", 0, 1, missing=True), *two(folder)]
    cuts = edit_list("Best of", parts)
    file = made(cuts, "reel", tmp_path / "reel.mp4", studio)
    images, one, two_ = decoded(file), decoded(folder / "one.mp4"), decoded(folder / "two.mp4")
    at = [entry.at for entry in cuts.present().entries]
    assert (at, len(images)) == ([0, 25], 40)
    assert differs(images[0], one[25]) < 4
    assert differs(images[24], one[49]) < 4
    assert differs(images[25], two_[5]) < 4
    assert differs(images[39], two_[19]) < 4
    with av.open(str(file)) as container:
        assert [item["metadata"]["title"] for item in container.chapters()] == ["the first", "second"]
    assert studio.notes == ["gone.mp4 is missing, its moment was left out"]
    with pytest.raises(InvalidValue, match="every video of it is missing"):
        made(edit_list("x", parts[:1]), "reel", tmp_path / "none.mp4", studio)
    with pytest.raises(MediaError, match=r"broken\.mp4"):
        made(edit_list("x", [moment(folder / "broken.mp4", 0, 1)]), "reel", tmp_path / "none.mp4", studio)
    assert not (tmp_path / "none.mp4").exists()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((3840, 2160), (1920, 1080)), ((2160, 3840), (1080, 1920)), ((161, 97), (160, 96)), ((2, 1), (2, 2))],
)
def test_a_reel_is_as_large_as_its_videos_but_no_larger_than_hd(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    video = Video(1, "/v", "f", 9 * SECOND, *size, Fraction(25), "h264", False)
    assert reel_size(edit_list("x", [Moment("/v", Span(0, SECOND), video)])) == expected


def test_a_contact_sheet_shows_every_moment(folder: Path, studio: Studio, tmp_path: Path) -> None:
    parts = [*two(folder), *two(folder), moment(folder / "gone.mp4", 0, 1, missing=True)]
    file = made(edit_list("Best of", parts), "contact", tmp_path / "x.jpg", studio)
    with Image.open(file) as opened:
        sheet = opened.convert("RGB")
    found = places(5)
    for index, seed, frame in ((0, 0, 37), (1, 1, 12), (2, 0, 37), (3, 1, 12)):
        left, top = found[index].left, found[index].top
        cell = np.asarray(sheet.crop((left + 10, top, left + 310, top + CELL[1])))
        wanted = Image.fromarray(scene(seed, 75)[frame]).resize((300, 180), Image.Resampling.LANCZOS)
        assert differs(cell, np.asarray(wanted)) < 10
    left, top = found[4].left, found[4].top
    gone = np.asarray(sheet.crop((left, top, left + CELL[0], top + CELL[1])))
    assert np.median(gone) < 30
    assert found[4].top > found[3].top
    with pytest.raises(InvalidValue, match="at most 400"):
        made(edit_list("x", two(folder) * MAX_CELLS), "contact", tmp_path / "y.jpg", studio)
