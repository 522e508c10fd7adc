"""``transformer``: vision transformers of timm, for pictures and clips as queries.

    transformer                                   the default model
    transformer:vit_small_patch14_dinov2.lvd142m  of timm, with the tag of its weights
    transformer:vit_small_patch16_224@/my/weights.safetensors

The default reads 224 pixels a side: DINOv2's 518 take eleven times as long on a processor.
"""

from plugins.encoders._timm import TimmNetwork
from plugins.encoders._torch import Network, TorchEncoder


class TransformerEncoder(TorchEncoder):
    """Pooled features of a vision transformer; reads no text."""

    default = "vit_small_patch16_224.dino"
    folder = "transformer"

    def make_network(self) -> Network:
        return TimmNetwork(self.model)
