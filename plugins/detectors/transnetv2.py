"""``transnetv2``: shots found by the network of TransNet V2; `shotseek pull transnetv2` fetches its weights.

transnetv2                           the published weights
transnetv2:@/my/weights.safetensors  weights of one's own, or published ones that are already here
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.contracts import Context, Media, ShotDetector
from plugins.download import HubFile
from plugins.errors import BrokenPlugin, InvalidValue
from plugins.registry import describe
from plugins.tensors import choose_device, read_state
from plugins.values import SECOND, Frame, Image
from plugins.weights import Weighted

SIZE = (48, 27)
"""(width, height) of the frames that the network sees"""
WINDOW = 100
"""frames that it sees at once"""
STRIDE = 50
"""frames, the middle ones of a window, for which it is believed"""
MARGIN = (WINDOW - STRIDE) // 2
THRESHOLD = 0.5
"""probability above which a frame belongs to a transition"""
LONGEST = 24
"""frames of one transition; where more are above the threshold one after the other, there are several"""
PACE_US = SECOND // 16
"""between two frames: where they are further apart, the first is shown again. So the network looks ahead for
less than the time after which a cut comes too late (see docs/media.md)."""

Timed = tuple[int, Image]
"""microseconds, and the frame shown then"""
Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""from the frames of a window, uint8 (WINDOW, 27, 48, 3), to the probability of each"""


class TransNetV2Detector(Weighted, ShotDetector):
    """TransNet V2 with the windows and the threshold of its authors."""

    default = "transnetv2"
    folder = "detectors"

    def __init__(self, argument: str = "", *, reference: str = "", context: Context | None = None) -> None:
        super().__init__(argument, reference=reference, context=context)
        if self.model != self.default:
            raise InvalidValue(
                "%(reference)s: there is no model %(model)s; take transnetv2, or"
                " transnetv2:@/my/weights.safetensors",
                reference=self.reference,
                model=repr(self.model),
            )

    def origin(self) -> HubFile:
        """A mirror: the authors publish weights for TensorFlow, and a script that makes this file of them."""
        return HubFile("ByteDance/shot2story", ("transnetv2-pytorch-weights.pth",))

    def cuts(self, media: Media) -> Iterator[int]:
        return transitions(probabilities(paced(media.frames(size=SIZE)), self.load()))

    def load(self) -> Predict:
        """The network with its weights.

        Raises:
            WeightsMissing
            BrokenPlugin: the weights cannot be read or are another network's
        """
        import torch

        from plugins.detectors._transnet import TransNetV2

        path, device = self.weights.path, choose_device(self.context.device)
        network: Any = TransNetV2()
        try:
            network.load_state_dict(read_state(path), strict=True)
        except RuntimeError as error:
            raise BrokenPlugin(
                "%(path)s does not fit %(reference)s: %(error)s",
                path=path,
                reference=self.reference,
                error=describe(error)[:300],
            ) from error
        network.eval().to(device)

        def predict(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
            with torch.inference_mode():
                logits = network(torch.from_numpy(frames)[None].to(device))
                given: NDArray[np.float32] = torch.sigmoid(logits)[0].cpu().numpy()
            return given

        return predict


def paced(frames: Iterable[Frame]) -> Iterator[Timed]:
    """Frames of which no two are much further apart than `PACE_US`: where there are none, the one before is
    repeated, but no longer than fills a window."""
    shown: Frame | None = None
    for frame in frames:
        if shown is not None:
            missing = range(shown.time_us + PACE_US, frame.time_us - PACE_US // 2, PACE_US)
            for time_us in missing[:WINDOW]:
                yield time_us, shown.image
        yield frame.time_us, frame.image
        shown = frame


def windows(frames: Iterable[Timed]) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
    """Windows that overlap by half, in the beginning and at the end filled with the first and the last frame.

    Yields:
        times of those frames in the middle that no window before had there, and all `WINDOW` frames
    """
    times: list[int] = []
    images: list[Image] = []
    for time_us, image in frames:
        images += [image] * (1 if images else 1 + MARGIN)
        times.append(time_us)
        if len(images) == WINDOW:
            yield times[:STRIDE], np.stack(images)
            del times[:STRIDE], images[:STRIDE]
    while times:
        yield times[:STRIDE], np.stack(images + [images[-1]] * (WINDOW - len(images)))
        del times[:STRIDE], images[:STRIDE]


def probabilities(frames: Iterable[Timed], predict: Predict) -> Iterator[tuple[int, float]]:
    """Time and probability of every frame."""
    for times, images in windows(frames):
        middle = predict(images)[MARGIN : MARGIN + len(times)]
        yield from zip(times, middle.tolist(), strict=True)


def transitions(frames: Iterable[tuple[int, float]]) -> Iterator[int]:
    """Where new shots begin: of each run of frames above the threshold, behind the most probable. That one is
    the last frame of the old shot, or the middle of a gradual transition. A run that goes on to the end of
    the video separates nothing.

    Args:
        frames: time and probability of every frame, ascending
    """
    run: list[tuple[int, float]] = []
    for time_us, probability in frames:
        if run and (probability <= THRESHOLD or len(run) == LONGEST):
            peak = max(range(len(run)), key=lambda index: run[index][1])
            yield [*(time for time, _ in run), time_us][peak + 1]
            run = []
        if probability > THRESHOLD:
            run.append((time_us, probability))
