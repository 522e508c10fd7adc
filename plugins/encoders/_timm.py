"""Models of timm: any name that ``timm.list_models()`` or ``timm.list_pretrained()`` knows."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.download import HubFile
from plugins.encoders._torch import Loaded
from plugins.errors import InvalidValue, PullFailed
from plugins.tensors import read_state


@dataclass(frozen=True, slots=True)
class TimmNetwork:
    """A timm model without its classifier: the vector is what the classifier would have seen."""

    name: str
    """``resnet50`` or, with the tag of its weights, ``resnet50.a1_in1k``"""

    def source(self) -> HubFile:
        config = self._config()
        if not config.hf_hub_id:
            raise PullFailed(
                f"nobody publishes weights of timm's {self.name}; give a file: {self.name}@/path"
            )
        return HubFile(config.hf_hub_id, ("model.safetensors", config.hf_hub_filename or "pytorch_model.bin"))

    def dim(self) -> int:
        import timm
        import torch

        self._config()
        with torch.device("meta"):
            model = timm.create_model(self.name, num_classes=0).eval()
            picture = torch.empty(1, *timm.data.resolve_model_data_config(model)["input_size"])
            return int(model(picture).shape[1])

    def load(self, weights: Path) -> Loaded:
        import timm

        config, state = self._config(), read_state(weights)
        head = config.classifier if isinstance(config.classifier, str) else (config.classifier or ("",))[0]
        classes = len(state.get(f"{head}.weight", ()))
        # as many classes as the file has: on any other number timm would forgive every missing weight
        overlay = {"state_dict": state, "num_classes": classes, "label_offset": 0}
        model = timm.create_model(
            self.name, pretrained=True, num_classes=classes, pretrained_cfg_overlay=overlay
        )
        model.reset_classifier(0)
        prepare = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
        model.pretrained_cfg = model.default_cfg = None  # it holds the state, a second copy of all weights
        return Loaded(model, prepare)

    def _config(self) -> Any:
        """What timm knows of the model: where its weights are, the name of its classifier.

        Raises:
            InvalidValue: timm has no model, or no weights, of that name
        """
        import timm

        known = timm.list_pretrained() if "." in self.name else timm.list_models()
        if self.name not in known:
            nearest = difflib.get_close_matches(self.name, known, n=1, cutoff=0)
            raise InvalidValue(f"timm has no model {self.name!r}; did you mean {nearest[0]!r}?")
        return timm.get_pretrained_cfg(self.name) or timm.models.PretrainedCfg()
