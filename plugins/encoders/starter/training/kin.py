"""Which word with pictures stands nearest to a word without: what ``starter`` reads instead of it.

The loss with pictures pulls trained words to where their pictures are, and words that it never meets stay
behind. Moving them afterwards, with everything trained held in place, was tried: it found no more of them and
cost two points of the rest.
"""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from plugins.encoders.starter.training.concepts import Concepts

NEAR = 8
"""words that the sentence model finds nearest and that are looked at"""
BONUS = (0.3, 0.2, 0.1)
"""added to the likeness of a word with the same meaning, of one step above it, and of two"""
LEAST = 0.5
"""likeness below which a word has no kin"""
CHUNK = 4096
"""words that are compared at a time"""


def nearest(
    concepts: Concepts, words: Iterable[str], texts: list[str], taught: NDArray[np.float16]
) -> dict[str, str]:
    """For words without pictures, the word or phrase with pictures that is nearest, where one is near.

    ``taught`` are the sentence model's vectors of ``texts``, (len(texts), 384).
    """
    row = {text: at for at, text in enumerate(texts)}
    paired = [word.text for word in concepts.words if not word.proxy and word.text in row]
    place = {text: at for at, text in enumerate(paired)}
    alone = [word for word in words if word in row]
    known = torch.from_numpy(taught[[row[text] for text in paired]]).float()
    found = {}
    for first in range(0, len(alone), CHUNK):
        part = alone[first : first + CHUNK]
        alike = torch.from_numpy(taught[[row[word] for word in part]]).float() @ known.T
        top = alike.topk(min(NEAR, len(paired)), 1).indices.tolist()
        for word, line, near in zip(part, alike.numpy(), top, strict=True):
            scores = {at: float(line[at]) for at in near}
            scores |= {at: float(line[at]) + bonus for at, bonus in _relatives(concepts, word, place).items()}
            best = max(scores, key=lambda at: scores[at])
            if scores[best] >= LEAST:
                found[word] = paired[best]
    return found


def _relatives(concepts: Concepts, word: str, place: dict[str, int]) -> dict[int, float]:
    """Words with pictures that WordNet puts beside or right above a word, with their bonus."""
    found: dict[int, float] = {}
    level = set(concepts.wordnet.visible(word)[:1])
    for bonus in BONUS:
        for synset in level:
            for lemma in concepts.wordnet.synsets[synset].lemmas:
                if (at := place.get(lemma.lower())) is not None:
                    found.setdefault(at, bonus)
        level = {above for synset in level for above in concepts.wordnet.synsets[synset].hypernyms}
    return found
