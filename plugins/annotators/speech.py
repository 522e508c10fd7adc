"""``speech``: what is said, written down by Whisper, which faster-whisper runs and `shotseek pull` fetches.

speech                       the model ``base``
speech:small                 another of those that Systran has converted: tiny, base, small, medium, large-v3
speech:@/my/model/model.bin  a converted model of one's own; what belongs to it lies in the same folder
"""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from plugins.contracts import Annotator, Media
from plugins.download import HubFile
from plugins.errors import BrokenPlugin, InvalidValue
from plugins.extras import need
from plugins.registry import describe
from plugins.values import SECOND, Annotation, Samples, Shot, Sound, Span
from plugins.weights import Weighted

PACKAGES = ("faster_whisper",)
RATE = 16_000
"""samples a second that Whisper hears"""
BLOCK = 60 * RATE
"""samples that are transcribed together, about, so that memory does not grow with the video"""
TOUCHING_US = SECOND // 10
"""between two pieces of sound that are one"""
SILENCE_MS = 500
"""between two stretches of speech"""
NEEDED = ("config.json", "tokenizer.json")
"""beside the weights; without the second, faster-whisper would fetch one"""


class SpeechAnnotator(Weighted, Annotator):
    """Sentences as Whisper divides them, in the language that is spoken. Where nobody speaks it is not asked:
    a small model that comes with faster-whisper knows speech from other sounds."""

    source: ClassVar[str] = "speech"
    default = "base"
    folder = "speech"

    def origin(self) -> HubFile:
        return HubFile(self._repository, ("model.bin",))

    def companions(self) -> Sequence[HubFile]:
        # models without the last of them are content with what the first says
        optional = ("preprocessor_config.json", NEEDED[0])
        each = ((name,) for name in NEEDED)
        return [HubFile(self._repository, names, small=True) for names in (*each, VOCABULARY, optional)]

    @property
    def _repository(self) -> str:
        return self.model if "/" in self.model else f"Systran/faster-whisper-{self.model}"

    def check(self) -> None:
        need(f"the annotator {self.reference}", "speech", PACKAGES)
        folder = self.weights.path.parent
        if missing := [name for name in NEEDED if not (folder / name).is_file()]:
            raise BrokenPlugin(
                "%(reference)s: there is no %(files)s in %(folder)s",
                reference=self.reference,
                files=" and no ".join(missing),
                folder=folder,
            )

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        """Sentences in order of time; those after the last picture are left out.

        Raises:
            WeightsMissing
            Unsupported: faster-whisper is not installed
            BrokenPlugin: the model cannot be loaded
        """
        self.check()
        end_us = shots[-1].span.end_us
        model = load(self.weights.path.parent, self.context.device)
        for start_us, samples in blocks(media.audio(rate=RATE)):
            for span, text, confidence, language in _said(model, samples):
                heard = Span(start_us + span.start_us, start_us + span.end_us)
                if heard.start_us < end_us:
                    yield Annotation(heard, self.source, text, confidence, language)


VOCABULARY = ("vocabulary.json", "vocabulary.txt")


@cache
def load(folder: Path, device: str) -> Any:
    """A model of faster-whisper, loaded once a process.

    Raises:
        InvalidValue: there is no such device
        BrokenPlugin: the files are not such a model's
    """
    from ctranslate2 import get_cuda_device_count
    from faster_whisper import WhisperModel

    kind, _, number = device.partition(":")
    gpus = get_cuda_device_count()
    if kind == "auto":
        kind = "cuda" if gpus else "cpu"
    if kind == "cuda" and int(number or 0) >= gpus:
        raise InvalidValue(f"there is no device {device!r} here (GPUs found: {gpus}); use auto or cpu")
    try:
        return WhisperModel(
            str(folder),
            kind,
            int(number or 0),
            "int8" if kind == "cpu" else "default",
            # several videos are heard at once, by half as many processes as there are cores
            cpu_threads=max(1, min(4, (os.cpu_count() or 1) // 2)),
            local_files_only=True,
        )
    except Exception as error:  # two libraries read these files, each with errors of its own
        raise BrokenPlugin(
            "%(folder)s holds no model of Whisper: %(error)s", folder=folder, error=describe(error)[:300]
        ) from error


def blocks(sounds: Iterable[Sound]) -> Iterator[tuple[int, Samples]]:
    """Sound in longer pieces, which end where nobody speaks.

    Yields:
        microseconds at which a piece begins, and its samples
    """
    held: list[Samples] = []
    start_us = end_us = 0
    for sound in sounds:
        if held and sound.start_us - end_us > TOUCHING_US:
            yield start_us, np.concatenate(held)
            held = []
        start_us = start_us if held else sound.start_us
        held.append(sound.samples)
        end_us = sound.span.end_us
        if sum(map(len, held)) >= BLOCK:
            whole = np.concatenate(held)
            end = _quiet(whole)
            yield start_us, whole[:end]
            held = [whole[end:]]
            start_us += end * SECOND // RATE
    if sum(map(len, held)):
        yield start_us, np.concatenate(held)


def _quiet(samples: Samples) -> int:
    """Where a piece may end: before what is being said at its end, unless that began long ago."""
    spoken = _speech(samples)
    if not spoken or len(samples) - spoken[-1][1] > SILENCE_MS * RATE // 1000:
        return len(samples)
    start = spoken[-1][0]
    return start if start > len(samples) // 2 else len(samples)


def _speech(samples: Samples) -> list[tuple[int, int]]:
    """Where somebody speaks: first and last sample of each stretch."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    found = get_speech_timestamps(samples, VadOptions(min_silence_duration_ms=SILENCE_MS))
    return [(item["start"], item["end"]) for item in found]


def _said(model: Any, samples: Samples) -> Iterator[tuple[Span, str, float, str]]:
    """Time, text, confidence and language of each sentence: always the same for the same sound, since Whisper
    throws no dice here, and one sentence does not lead to the next."""
    if not _speech(samples):
        return
    segments, info = model.transcribe(
        samples,
        temperature=0.0,
        condition_on_previous_text=False,
        vad_filter=True,
        vad_parameters={"min_silence_duration_ms": SILENCE_MS},
    )
    for segment in segments:
        text = " ".join(segment.text.split())
        start_us = max(0, round(segment.start * SECOND))
        if text:
            span = Span(start_us, max(start_us + 1, round(segment.end * SECOND)))
            yield span, text, min(1.0, math.exp(segment.avg_logprob)), info.language
