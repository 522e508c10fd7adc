"""Things in the picture, by the real loading code and a detector that sees a dog in every light picture."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st

from indexer.library import Library
from indexer.media import MediaFile, open_media
from indexer.pipeline import Recipe, index
from plugins.annotators import objects
from plugins.annotators.objects import PERIOD_US, ObjectsAnnotator, Stretches, Thing
from plugins.contracts import Annotator, Context
from plugins.errors import BrokenPlugin, InvalidValue, WeightsMissing
from plugins.queries import Filters
from plugins.testing import AnnotatorContract
from plugins.values import SECOND, Annotation, Image, Shot, Span
from shotseek.draw import write_video

MODEL = "ssdlite320_mobilenet_v3_large"
DOG = 18
"""of COCO's kinds"""
FPS = 10


def plain(value: int, seconds: float) -> list[Image]:
    return [np.full((96, 128, 3), value, np.uint8)] * round(seconds * FPS)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained but for this: of all kinds the score of dogs alone depends on the picture, and is high."""
    torch.manual_seed(0)
    model = torchvision.models.get_model(MODEL, weights=None, weights_backbone=None, num_classes=91)
    with torch.no_grad():
        for layers in model.head.classification_head.module_list:
            layers[1].weight.zero_()
            layers[1].bias.zero_()
            layers[1].bias.view(-1, 91)[:, DOG] = 8
    path = tmp_path_factory.mktemp("weights") / "detector.pth"
    torch.save(model.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "a.mp4"
    write_video(path, plain(220, 3) + plain(20, 3), fps=FPS)
    return path


class TestObjects(AnnotatorContract):
    @pytest.fixture
    def annotator(self, weights: Path) -> Annotator:
        return ObjectsAnnotator(f"{MODEL}@{weights}")

    @pytest.fixture
    def media(self, film: Path) -> Iterator[MediaFile]:
        with open_media(str(film), [str(film.parent)]) as opened:
            yield opened

    @pytest.fixture
    def shots(self) -> Sequence[Shot]:
        return [
            Shot(0, 0, 0, Span(0, 3 * SECOND), (0,)),
            Shot(0, 0, 1, Span(3 * SECOND, 6 * SECOND), (3 * SECOND,)),
        ]


def test_what_is_found_is_what_torchvision_finds(weights: Path) -> None:
    """With the publisher's own preparation of pictures. Seen failing with pictures of 0 to 255."""
    image = np.random.default_rng(0).integers(0, 255, (120, 200, 3), np.uint8)
    model = torchvision.models.get_model(MODEL, weights=None, weights_backbone=None, num_classes=91).eval()
    model.load_state_dict(torch.load(weights, weights_only=True))
    prepared = objects.published(MODEL).transforms()(torch.from_numpy(image.transpose(2, 0, 1).copy()))
    with torch.inference_mode():
        theirs = model([prepared])[0]
    ours = objects.load(MODEL, weights, "cpu")(image)
    sure = theirs["scores"] >= objects.SURE
    assert [thing.kind for thing in ours] == ["dog"] * int(sure.sum())
    assert len(ours) > 0
    boxes = theirs["boxes"][sure].numpy() / (200, 120, 200, 120)
    np.testing.assert_allclose([thing.box for thing in ours], boxes.clip(0, 1), atol=1e-3)


def test_a_thing_is_found_by_its_name(weights: Path, film: Path, tmp_path: Path) -> None:
    """Once a shot, through the worker, the catalog and full text."""
    with Library.open(tmp_path / "library", create=True) as library:
        recipe = Recipe(("palette",), annotators=(f"objects:{MODEL}@{weights}",))
        assert {progress.stage for progress in index(library, [film], recipe)} >= {"done"}
        (summary,) = library.catalog.videos()
        kept = [item for item in library.catalog.annotations(summary.video.id) if item.source == "object"]
        assert [(item.text, item.span.start_us // SECOND) for item in kept] == [("dog", 0), ("dog", 3)]
        assert all(item.box is not None and item.confidence > 0.9 for item in kept)
        assert library.catalog.words("dog", Filters(), 10)


def thing(kind: str, score: float = 1.0) -> Thing:
    return Thing(kind, score, (0, 0, 1, 1))


@given(st.lists(st.sets(st.sampled_from(["cat", "dog"])), max_size=40), st.integers(1, 20))
def test_every_sight_is_covered_and_none_is_told_twice(seen: list[set[str]], cut: int) -> None:
    """Seen failing when a stretch goes on over the end of its shot, and with none closed at the end."""
    end = max(len(seen), cut + 1) * PERIOD_US
    shots = [
        Shot(0, 0, 0, Span(0, cut * PERIOD_US), (0,)),
        Shot(0, 0, 1, Span(cut * PERIOD_US, end), (cut * PERIOD_US,)),
    ]
    stretches, found = Stretches(shots), list[Annotation]()
    for number, kinds in enumerate(seen):
        found += stretches.add(number * PERIOD_US, [thing(kind) for kind in sorted(kinds)])
    found += stretches.finish()
    for kind in ("cat", "dog"):
        spans = sorted((item.span for item in found if item.text == kind), key=lambda span: span.start_us)
        assert all(before.end_us <= after.start_us for before, after in pairwise(spans))
        assert all(
            any(shot.span.start_us <= s.start_us and s.end_us <= shot.span.end_us for shot in shots)
            for s in spans
        )
        for number, kinds in enumerate(seen):
            at = number * PERIOD_US
            assert kind not in kinds or any(span.start_us <= at < span.end_us for span in spans)


def test_of_one_kind_the_surest_is_kept() -> None:
    stretches = Stretches([Shot(0, 0, 0, Span(0, 9 * SECOND), (0,))])
    assert not list(stretches.add(0, [thing("cat", 0.7), thing("cat", 0.9), thing("cat", 0.8)]))
    (only,) = stretches.finish()
    assert only.confidence == 0.9


@pytest.mark.parametrize(
    ("argument", "error", "says"),
    [
        ("", WeightsMissing, "shotseek pull objects"),
        ("fasterrcn", InvalidValue, "did you mean 'fasterrcnn"),
        (f"{MODEL}@/nowhere/a.pth", WeightsMissing, "there is no file /nowhere/a.pth"),
    ],
)
def test_what_is_missing_is_named(
    argument: str, error: type[Exception], says: str, media_of: Callable[[], Any], tmp_path: Path
) -> None:
    annotator = ObjectsAnnotator(argument, reference="objects", context=Context(models=tmp_path))
    with pytest.raises(error, match=says):
        annotator.origin() if error is InvalidValue else list(annotator.annotate(media_of(), []))


@pytest.fixture
def media_of(film: Path) -> Callable[[], Any]:
    def opened() -> Any:
        with open_media(str(film), [str(film.parent)]) as media:
            return media

    return opened


def test_weights_of_another_model_are_refused(weights: Path, media_of: Callable[[], Any]) -> None:
    annotator = ObjectsAnnotator(f"ssd300_vgg16@{weights}")
    with pytest.raises(BrokenPlugin, match="holds no weights of torchvision's ssd300_vgg16"):
        list(annotator.annotate(media_of(), []))


def test_where_its_weights_are_fetched() -> None:
    url = ObjectsAnnotator("").origin().url
    assert url.endswith(".pth")
    assert "fasterrcnn_mobilenet_v3_large_320_fpn-" in url
