"""Pictures with sentences: the sentences, and the things that they name.

Flickr8k: Hodosh, Young and Hockenmaier, Framing Image Description as a Ranking Task, JAIR 2013.
"""

import csv
import re
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path

from plugins.encoders.starter.training.questions import NEVER, WITHHELD
from plugins.encoders.starter.training.wordnet import PERSON, WordNet
from plugins.encoders.starter.words import singulars

LEAST = 12
"""captions that must name a thing for it to become a label"""
NOUN_SHARE = 0.3
"""how often a word must follow an article, perhaps with one word between, to be taken for a noun"""
_LETTERS = re.compile(r"[a-z]+")
_AFTER_ARTICLE = re.compile(r"(?=\b(?:a|an|the|his|her|their|two|three)\s+(\w+)(?:\s+(\w+))?)")
_NOT_THINGS = """
front back side top bottom left right edge end middle center air light group line pair couple kind piece set
look play run jump stand ride walk hold close high open blue red black white green yellow brown orange pink
purple grey gray dark young old small large little big long short wet dry other another each one two three
four five while area place distance background foreground way part number lot bunch row camera picture photo
image body position game race trick match show stunt chase ford net runner con tract push pull kiss petting
lift bit link finish drive lead climb print point work strip direction vicinity spot shot scene surface
setting dance flip range corner swing slide resort lab cross internet bill star character member object
structure stretch block screen
"""
NOT_THINGS = frozenset(_NOT_THINGS.split())
"""Words that WordNet has among things and captions use otherwise."""


@cache
def sentences(root: Path) -> dict[str, tuple[str, ...]]:
    """The sentences of every picture, without those that the examination must not see."""
    found: dict[str, list[str]] = {}
    with (root / "captions.txt").open(encoding="utf-8") as file:
        for row in csv.reader(file):
            text = ",".join(row[1:]).strip(' ."').lower()
            if row[0] != "image" and not _withheld(text):
                found.setdefault(row[0], []).append(" ".join(text.split()))
    return {name: tuple(texts) for name, texts in found.items()}


def things(root: Path, wordnet: WordNet) -> dict[str, tuple[str, ...]]:
    """The meanings that the sentences of every picture name."""
    captions = sentences(root)
    everything = [text for texts in captions.values() for text in texts]
    total = Counter(word for text in everything for word in set(text.split()))
    noun = Counter(
        word for text in everything for word in set(chain.from_iterable(_AFTER_ARTICLE.findall(text)))
    )
    known = {
        word: synset
        for word, count in total.items()
        if count >= LEAST
        and (synset := meaning(word, wordnet))
        and (noun[word] > NOUN_SHARE * count or word != singular(word, wordnet))
    }
    return {
        name: tuple(sorted({known[word] for text in texts for word in text.split() if word in known}))
        for name, texts in captions.items()
    }


def singular(word: str, wordnet: WordNet) -> str:
    """The noun that a word is the plural of, or else the word."""
    if word in wordnet.plurals:
        return wordnet.plurals[word]
    if word not in wordnet.senses:
        for end, instead in (("ies", "y"), ("es", ""), ("s", "")):
            if word.endswith(end) and (one := word.removesuffix(end) + instead) in wordnet.senses:
                return one
    return word


def meaning(word: str, wordnet: WordNet) -> str | None:
    """The usual meaning of a noun that names a thing."""
    if word == "people":  # WordNet's people is a group, and a group is not a thing
        return PERSON
    one = singular(word, wordnet)
    if not wordnet.tagged.get(one) or one in NOT_THINGS or len(one) < 3:
        return None
    return next(iter(wordnet.visible(one, 2)), None)


def _withheld(text: str) -> bool:
    words = _LETTERS.findall(text)
    return any({word, *singulars(word)} & (WITHHELD | NEVER) for word in words)
