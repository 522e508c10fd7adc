"""``objects``: things with their places, found by a detector of torchvision that knows the 80 kinds of COCO.

objects                                        the default model, quick on a processor
objects:fasterrcnn_resnet50_fpn_v2             another of ``torchvision.models.detection``
objects:ssdlite320_mobilenet_v3_large@/my.pth  weights of one's own
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from plugins.annotators.ocr import shrunk
from plugins.contracts import Annotator, Media
from plugins.download import WebFile
from plugins.errors import BrokenPlugin, InvalidValue
from plugins.registry import describe
from plugins.tensors import choose_device, read_state
from plugins.values import SECOND, Annotation, Image, Shot, Span
from plugins.weights import Weighted

SAMPLES = 1
"""pictures a second that are looked at"""
PERIOD_US = SECOND // SAMPLES
SURE = 0.6
"""score below which a find is left out"""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Thing:
    """What was found in one picture."""

    kind: str
    score: float
    """0 to 1"""
    box: Box
    """left, top, right, bottom as fractions of the picture"""


class ObjectsAnnotator(Weighted, Annotator):
    """Each kind of thing once in every stretch of a shot in which it is seen, where it is surest."""

    source: ClassVar[str] = "object"
    default = "fasterrcnn_mobilenet_v3_large_320_fpn"
    folder = "objects"

    def origin(self) -> WebFile:
        return WebFile(published(self.model).url)

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        """Finds shot by shot.

        Raises:
            WeightsMissing
            InvalidValue: torchvision has no such detector, or there is no such device
            BrokenPlugin: the weights are not that model's
        """
        detect = load(self.model, self.weights.path, self.context.device)
        size = shrunk(media.video.width, media.video.height)
        seen = Stretches(shots)
        for frame in media.frames(fps=SAMPLES, size=size):
            yield from seen.add(frame.time_us, detect(frame.image))
        yield from seen.finish()


class Stretches:
    """Finds of one kind that follow each other in a shot, as one."""

    def __init__(self, shots: Sequence[Shot]) -> None:
        self._shots = list(shots)
        self._open: dict[str, tuple[int, int, Thing]] = {}

    def add(self, time_us: int, things: Sequence[Thing]) -> Iterator[Annotation]:
        """What has ended before these things were seen."""
        while self._shots and time_us >= self._shots[0].span.end_us:
            yield from self.finish()
            self._shots.pop(0)
        for kind in [kind for kind, (_, last, _) in self._open.items() if time_us - last > 2 * PERIOD_US]:
            yield self._closed(kind)
        for thing in things:
            start, _, best = self._open.get(thing.kind, (time_us, time_us, thing))
            self._open[thing.kind] = start, time_us, max(best, thing, key=lambda item: item.score)

    def finish(self) -> Iterator[Annotation]:
        for kind in list(self._open):
            yield self._closed(kind)

    def _closed(self, kind: str) -> Annotation:
        start, last, best = self._open.pop(kind)
        end = last + PERIOD_US
        if self._shots:
            end = max(start + 1, min(end, self._shots[0].span.end_us))
        return Annotation(Span(start, end), ObjectsAnnotator.source, kind, best.score, "en", best.box)


class Finder:
    """A detector of torchvision."""

    def __init__(self, model: Any, kinds: Sequence[str], device: Any) -> None:
        self._model, self._kinds, self._device = model, kinds, device

    def __call__(self, image: Image) -> list[Thing]:
        """The sure finds in a picture, uint8 (height, width, 3) RGB."""
        import torch

        height, width = image.shape[:2]
        picture = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).to(self._device)
        with torch.inference_mode():
            found = self._model([picture.float() / 255])[0]
        boxes = (found["boxes"].cpu().numpy() / (width, height, width, height)).clip(0, 1).round(4)
        scores, labels = found["scores"].tolist(), found["labels"].tolist()
        return [
            Thing(self._kinds[label], min(1.0, score), tuple(box))
            for label, score, box in zip(labels, scores, boxes.tolist(), strict=True)
            if score >= SURE
        ]


@cache
def load(name: str, path: Path, device: str) -> Finder:
    """A detector with its weights, loaded once a process.

    Raises:
        InvalidValue, BrokenPlugin
    """
    import torchvision

    chosen = choose_device(device)
    kinds = published(name).meta["categories"]
    state = read_state(path)
    try:
        model = torchvision.models.get_model(
            name, weights=None, weights_backbone=None, num_classes=len(kinds)
        )
        model.load_state_dict(state)
    except Exception as error:  # whatever does not fit
        raise BrokenPlugin(
            "%(path)s holds no weights of torchvision's %(name)s: %(error)s",
            path=path,
            name=name,
            error=describe(error)[:120],
        ) from error
    return Finder(model.eval().to(chosen), kinds, chosen)


def published(name: str) -> Any:
    """The default weights of a detector, as torchvision describes them.

    Raises:
        InvalidValue: torchvision has no detector of that name
    """
    import torchvision

    known = torchvision.models.list_models(module=torchvision.models.detection)
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise InvalidValue(f"torchvision has no detector {name!r}; did you mean {nearest[0]!r}?")
    return torchvision.models.get_model_weights(name).DEFAULT
