"""The signs on buttons. A page brings the drawing of a sign once, at its end, however often it shows it."""

from flask import g
from markupsafe import Markup

PATHS = {
    "search": "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.2 16.2 21 21",
    "picture": "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M14.5 9.5h.01",
    "similar": "M4 4h9v9H4zM11 16.5V20h9v-9h-3.5",
    "theme": "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
    "close": "M6 6l12 12M18 6 6 18",
    "link": "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1"
    "M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "without": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.4 6.4l11.2 11.2",
    "right": "M5 12.5 10 17.5 19 7",
    "then": "M4 12h11M11 7l5 5-5 5M20 5v14",
    "save": "M6 4h12v16l-6-4.5L6 20z",
    "play": "M7 5v14l12-7z",
    "pause": "M8 5v14M16 5v14",
    "previous-shot": "M19 5 9 12l10 7zM5 5v14",
    "next-shot": "M5 5l10 7-10 7zM19 5v14",
    "back-frame": "M15 6l-6 6 6 6",
    "forward-frame": "M9 6l6 6-6 6",
    "loop": "M4 12a6 6 0 0 1 6-6h8M15 3l3 3-3 3M20 12a6 6 0 0 1-6 6H6M9 21l-3-3 3-3",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "captions": "M3 5h18v14H3zM10.5 10.5a2 2 0 1 0 0 3M17 10.5a2 2 0 1 0 0 3",
    "sound": "M4 9v6h4l5 4V5L8 9zM16.5 9a4 4 0 0 1 0 6",
    "mute": "M4 9v6h4l5 4V5L8 9zM17 9.5l4.5 5M21.5 9.5l-4.5 5",
    "full": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "collect": "M5 5h14v14H5zM12 9v6M9 12h6",
    "grip": "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
    "up": "M12 19V5M6 11l6-6 6 6",
    "down": "M12 5v14M6 13l6 6 6-6",
    "remove": "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7",
    "download": "M12 4v11M7 10.5l5 5 5-5M5 20h14",
    "alert": "M12 4 2.8 20h18.4zM12 10v4.5M12 17.4v.1",
    "folder": "M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
    "keyboard": "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17.5 10h.01M7.5 14h9",
    "leave": "M13 4H5v16h8M10 12h10M16 8l4 4-4 4",
    "again": "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
    "zoom-in": "M12 5v14M5 12h14",
    "zoom-out": "M5 12h14",
    "select": "M4 4h3M10.5 4h3M17 4h3v3M20 10.5v3M20 17v3h-3M13.5 20h-3M7 20H4v-3M4 13.5v-3M4 7V4",
}
"""Drawn as lines on a field of 24 × 24."""


def icon(name: str) -> Markup:
    """A sign, whose drawing `drawings` brings."""
    used: dict[str, str] = g.setdefault("icons", {})
    used[name] = PATHS[name]
    return Markup('<svg class="glyph" aria-hidden="true"><use href="#i-{}"/></svg>').format(name)


def drawings() -> Markup:
    """The drawings of the signs that this page has shown so far."""
    used: dict[str, str] = g.get("icons", {})
    symbol = Markup('<symbol id="i-{}" viewBox="0 0 24 24"><path d="{}"/></symbol>')
    return Markup("").join(symbol.format(name, path) for name, path in used.items())
