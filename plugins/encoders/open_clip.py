"""``open-clip``: models that see pictures and read sentences; the recommended encoder.

open-clip                                the default model
open-clip:ViT-B-32/laion2b_s34b_b79k     any model and tag of ``open_clip.list_pretrained()``
open-clip:ViT-B-32@/my/weights.safetensors
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.download import HubFile
from plugins.encoders._torch import Loaded, Network, TorchEncoder
from plugins.errors import InvalidValue, Unsupported
from plugins.tensors import read_state
from plugins.values import Matrix


class OpenClipEncoder(TorchEncoder):
    """A common space of pictures and sentences."""

    default = "ViT-B-32/laion2b_s34b_b79k"
    folder = "open-clip"

    def make_network(self) -> Network:
        architecture, _, tag = self.model.partition("/")
        return OpenClipNetwork(architecture, tag)

    def forward_images(self, module: Any, batch: Any) -> Any:
        return module.encode_image(batch)

    def tower(self, module: Any) -> Any:
        return module.visual

    def with_tower(self, loaded: Loaded, tower: Any) -> Loaded:
        loaded.module.visual = tower
        return loaded

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        def forward(module: Any, batch: Any) -> Any:
            return module.encode_text(batch)

        tokenize = self.loaded.tokenize
        assert tokenize is not None
        return self._run(texts, tokenize, forward)


@dataclass(frozen=True, slots=True)
class OpenClipNetwork:
    """A model of open_clip."""

    architecture: str
    """``ViT-B-32``"""
    tag: str
    """which weights: ``laion2b_s34b_b79k``; empty for a file of one's own"""

    def source(self) -> HubFile:
        repository = self._published()["hf_hub"].strip("/")
        return HubFile(repository, ("open_clip_model.safetensors", "open_clip_pytorch_model.bin"))

    def dim(self) -> int:
        return int(self._config()["embed_dim"])

    def load(self, weights: Path) -> Loaded:
        import open_clip
        from open_clip.transform import PreprocessCfg, image_transform_v2

        self._config()
        if weights.suffix != ".safetensors":
            read_state(weights)  # open_clip reads the file itself; first it must be known to hold no code
        published = self._published() if self.tag else {}
        looks = {
            key: published[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in published
        }
        model = open_clip.create_model(
            self.architecture,
            pretrained=str(weights),
            force_quick_gelu=bool(published.get("quick_gelu")),
            force_preprocess_cfg=looks,
            weights_only=True,
        )
        prepare = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), False)
        return Loaded(model, prepare, open_clip.get_tokenizer(self.architecture))

    def _config(self) -> Any:
        """The architecture as open_clip describes it.

        Raises:
            InvalidValue: it has none of that name
            Unsupported: its sentences are cut into words by something that open_clip would fetch when used
        """
        import open_clip

        config = open_clip.get_model_config(self.architecture)
        if config is None:
            near = difflib.get_close_matches(self.architecture, open_clip.list_models(), n=1, cutoff=0)[0]
            raise InvalidValue(f"open_clip has no model {self.architecture!r}; did you mean {near!r}?")
        text = config["text_cfg"]
        if text.get("hf_tokenizer_name") or text.get("hf_model_name"):
            raise Unsupported(
                "open_clip fetches the tokenizer of %(architecture)s from the network when it is"
                " used; take a model that carries its own, such as ViT-B-32 or ViT-L-14",
                architecture=self.architecture,
            )
        return config

    def _published(self) -> Any:
        """What open_clip knows of the tag: its repository and its preprocessing.

        Raises:
            InvalidValue: the model has no weights of that tag
        """
        import open_clip

        self._config()
        tags = open_clip.list_pretrained_tags_by_model(self.architecture)
        if self.tag not in tags:
            raise InvalidValue(
                f"open_clip has no weights {self.tag!r} of {self.architecture}; there are: {', '.join(tags)}"
            )
        return open_clip.get_pretrained_cfg(self.architecture, self.tag)
