"""Names for files, made of any text, that every system can keep."""

import unicodedata

FORBIDDEN = frozenset('\\/:*?"<>|')
"""in names of files, somewhere"""
RESERVED = frozenset(
    ["aux", "con", "nul", "prn", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))]
)
"""names that are no files on Windows, whatever their suffix"""
MAX_NAME = 80
"""characters of a file's name without its suffix"""


def file_name(name: str, suffix: str) -> str:
    """A name for a file that every system can keep, made of any text."""
    composed = unicodedata.normalize("NFC", name)
    kept = "".join(char if char.isprintable() and char not in FORBIDDEN else "_" for char in composed)
    stem = " ".join(kept.split())[:MAX_NAME].strip(" .") or "shotseek"
    return f"{'_' if stem.partition('.')[0].lower() in RESERVED else ''}{stem}{suffix}"
