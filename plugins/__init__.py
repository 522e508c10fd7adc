"""Values, contracts, registry, errors, contract tests, and every built-in plugin. The lowest room."""

from plugins.contracts import Annotator, Context, Encoder, Matches, Media, ShotDetector, VectorStore
from plugins.values import Annotation, Frame, Shot, Space, Span, Vectors, Video

__all__ = [
    "Annotation",
    "Annotator",
    "Context",
    "Encoder",
    "Frame",
    "Matches",
    "Media",
    "Shot",
    "ShotDetector",
    "Space",
    "Span",
    "VectorStore",
    "Vectors",
    "Video",
]
