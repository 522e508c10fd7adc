"""``cnn``: convolutional networks of timm and torchvision, for pictures and clips as queries.

cnn                          the default model
cnn:resnet50.a1_in1k         of timm, with the tag of its weights
cnn:torchvision/resnet50     of torchvision
cnn:resnet50@/my/weights.pt  weights of one's own
"""

from plugins.encoders._timm import TimmNetwork
from plugins.encoders._torch import Network, TorchEncoder
from plugins.encoders._torchvision import TorchvisionNetwork


class CnnEncoder(TorchEncoder):
    """Pooled features of a convolutional network; reads no text."""

    default = "resnet50.a1_in1k"
    folder = "cnn"

    def make_network(self) -> Network:
        library, _, name = self.model.partition("/")
        return TorchvisionNetwork(name) if library == "torchvision" else TimmNetwork(self.model)
