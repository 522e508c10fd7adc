"""Which characters are no part of a word, for databases that are to be told."""

import sys
import unicodedata
from functools import cache
from itertools import groupby


@cache
def separators() -> str:
    """Every character that is neither letter nor digit, as ranges of a regular expression. What is no
    character (yet) counts with its neighbours, so that the ranges are few."""
    kinds = ((code, unicodedata.category(chr(code))) for code in range(1, sys.maxunicode + 1))
    known = ((code, kind) for code, kind in kinds if kind not in ("Cn", "Cs"))
    runs = groupby(known, key=lambda item: item[1][0] in "LN" or item[1] == "Co")
    spans = [list(run) for is_word, run in runs if not is_word]
    return "".join(f"\\U{span[0][0]:08x}-\\U{span[-1][0]:08x}" for span in spans)
