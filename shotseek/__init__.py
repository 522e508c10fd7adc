"""Find moments in video by a sentence, a picture or a clip.

For example::

    from shotseek import open_library

    with open_library("demo/library", create=True) as library:
        library.index("demo/videos")
        for hit in library.search("a red ball").hits:
            print(hit.video.path, hit.at_us / 1_000_000)

The package directory ``shotseek`` is the edge: only here is the environment read, and only here is printed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.backup import Backup
    from plugins.errors import ShotseekError
    from plugins.queries import Confidence, Evidence, Filters, Hit, Results
    from plugins.values import Progress, Shot, Span, Video
    from shotseek.backups import restore
    from shotseek.videolibrary import VideoLibrary, open_library

__all__ = [
    "Backup",
    "Confidence",
    "Evidence",
    "Filters",
    "Hit",
    "Progress",
    "Results",
    "Shot",
    "ShotseekError",
    "Span",
    "Video",
    "VideoLibrary",
    "open_library",
    "restore",
]

_HOMES = {
    "Backup": "indexer.backup",
    "Confidence": "plugins.queries",
    "Evidence": "plugins.queries",
    "Filters": "plugins.queries",
    "Hit": "plugins.queries",
    "Results": "plugins.queries",
    "ShotseekError": "plugins.errors",
    "VideoLibrary": "shotseek.videolibrary",
    "open_library": "shotseek.videolibrary",
    "restore": "shotseek.backups",
}
"""Where public names live; the others are values."""


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that the command line starts in a blink."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "plugins.values")), name)
