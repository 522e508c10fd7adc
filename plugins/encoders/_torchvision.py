"""Models of torchvision: any classifier that ``torchvision.models.list_models()`` knows."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.download import WebFile
from plugins.encoders._torch import Loaded
from plugins.errors import InvalidValue
from plugins.tensors import read_state


@dataclass(frozen=True, slots=True)
class TorchvisionNetwork:
    """A torchvision classifier without its last layer, with its default weights and their preprocessing."""

    name: str

    def source(self) -> WebFile:
        return WebFile(self._published().url)

    def dim(self) -> int:
        import torch

        with torch.device("meta"):
            return int(self._last_layer(self._model())[1].in_features)

    def load(self, weights: Path) -> Loaded:
        import torch

        state = read_state(weights)
        with torch.device("meta"):
            name, _ = self._last_layer(self._model())
        classes = len(state.get(f"{name}.weight", ()))
        model = self._model(num_classes=classes) if classes else self._model()
        model.load_state_dict(state)
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, torch.nn.Identity())
        return Loaded(model, self._published().transforms())

    def _model(self, **options: Any) -> Any:
        import torchvision

        # two old models warn that their untrained weights may change; ours are loaded over them
        if self.name in ("inception_v3", "googlenet"):
            options["init_weights"] = False
        return torchvision.models.get_model(self.name, weights=None, **options)

    def _published(self) -> Any:
        """The default weights of the model, as torchvision describes them.

        Raises:
            InvalidValue: torchvision has no classifier of that name
        """
        import torchvision

        known = torchvision.models.list_models(module=torchvision.models)
        if self.name not in known:
            nearest = difflib.get_close_matches(self.name, known, n=1, cutoff=0)
            raise InvalidValue(f"torchvision has no classifier {self.name!r}; did you mean {nearest[0]!r}?")
        return torchvision.models.get_model_weights(self.name).DEFAULT

    def _last_layer(self, model: Any) -> tuple[str, Any]:
        """Name and module of the layer that tells the classes."""
        import torch

        linear: list[tuple[str, Any]] = [
            item for item in model.named_modules() if isinstance(item[1], torch.nn.Linear)
        ]
        if not linear:
            raise InvalidValue(f"torchvision's {self.name} has no last layer to take the vectors before")
        return linear[-1]
