"""What ``starter`` is measured against: a classifier with WordNet, and a usual text-image model."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from plugins.contracts import Encoder
from plugins.encoders.starter.training import captions
from plugins.encoders.starter.training.wordnet import WordNet
from plugins.errors import NotUnderstood
from plugins.values import Image, Matrix


@contextmanager
def vit_b_32() -> Iterator[Encoder]:
    """open_clip's ViT-B-32 with random weights: as fast as with good ones."""
    import open_clip
    from safetensors.torch import save_file

    from plugins import registry

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        state = open_clip.create_model("ViT-B-32").state_dict()
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
        yield registry.encoder(f"open-clip:ViT-B-32@{path}")


class Classifier(Encoder):
    """An ImageNet classifier and WordNet as a text-image encoder; the argument is its folder.

    A picture is the square roots of its classes' probabilities, a word all that WordNet has below it.
    """

    dim = 1001
    revision = "1"

    @cached_property
    def _model(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        model = Interpreter(f"{self.argument}/tf2_mobilenet_v2_1.0_224_ptq.tflite", num_threads=2)
        model.allocate_tensors()
        return model

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = np.empty((len(images), self.dim), np.float32)
        inside, outside = (
            details()[0]["index"]
            for details in (self._model.get_input_details, self._model.get_output_details)
        )
        for row, image in zip(rows, images, strict=True):
            picture = Pillow.fromarray(np.ascontiguousarray(image)).resize((224, 224))
            self._model.set_tensor(inside, np.asarray(picture)[None])
            self._model.invoke()
            row[:] = np.sqrt(self._model.get_tensor(outside)[0] / 256 + 1e-6)
        return rows

    @cached_property
    def _wordnet(self) -> WordNet:
        return WordNet(Path("/usr/share/wordnet"))

    @cached_property
    def _classes(self) -> list[str]:
        return _classes(Path(self.argument), self._wordnet)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            meaning = captions.meaning(text, self._wordnet)
            below = self._wordnet.descendants(meaning) if meaning else set()
            row[[place for place, synset in enumerate(self._classes) if synset in below]] = 1
            if not row.any():
                raise NotUnderstood(f"no class is below {text!r}")
        return rows


def _classes(teacher: Path, wordnet: WordNet) -> list[str]:
    """The synset of every output: ImageNet's classes are in the order of their ids."""
    names = (teacher / "imagenet_labels.txt").read_text().splitlines()
    found = [""]
    for label in names[1:]:
        lemmas = {part.strip().lower() for part in label.split(",")}
        first = next(iter(lemmas & set(wordnet.senses)), "")
        fitting = [
            s
            for s in wordnet.senses.get(first, ())
            if lemmas == {lemma.lower() for lemma in wordnet.synsets[s].lemmas}
        ]
        found.append(fitting[0] if fitting else "")
    return found
