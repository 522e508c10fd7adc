"""Makes the vocabulary of ``starter``: the pieces of words, and the known words with their kin."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plugins.encoders.starter.training.concepts import Concepts
from plugins.encoders.starter.training.kin import nearest
from plugins.encoders.starter.training.questions import NEVER
from plugins.encoders.starter.training.wordnet import WordNet
from plugins.encoders.starter.words import PAD, UNKNOWN, Vocabulary, split

PIECES = 14_000
"""of words, at most"""
USUAL = 20
"""how much more often a word of the tagged corpus counts than one that only the dictionary has"""
MET = 5
"""texts with pictures that must hold a word for it to have a place of its own"""


def write_pieces(wordnet: WordNet, imitated: Iterable[str], paired: Iterable[str], folder: Path) -> None:
    """Writes ``pieces.txt``, from the texts that are imitated and those that are paired with pictures."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    said = [" ".join(split(text)) for text in paired]
    texts = []
    for text in imitated:
        texts += [" ".join(split(text))] * (USUAL if wordnet.tagged.get(text) else 1)
    for text in said:
        texts += [text] * USUAL
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    trainer = trainers.WordPieceTrainer(vocab_size=PIECES, special_tokens=[PAD, UNKNOWN], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    numbers = tokenizer.get_vocab()
    _write(folder / "pieces.txt", sorted(numbers, key=lambda piece: numbers[piece]))


def write_words(
    concepts: Concepts, said: Iterable[str], imitated: list[str], taught: NDArray[np.float16], folder: Path
) -> Vocabulary:
    """Writes ``words.txt``: every known word, and after a tab the kin of one that has no pictures.

    A word is known when it is part of the name of something visible, or of a text ``said`` of pictures.
    ``taught`` are the sentence model's vectors of ``imitated``.
    """
    names = [text for text in concepts.wordnet.senses if concepts.wordnet.visible(text, 3)]
    heard = Counter(word for text in said for word in set(split(text)))
    met = {word for paired in concepts.words for word in split(paired.text)}
    words = {word for text in names for word in split(text)} | set(heard) | met
    words = {word for word in words - NEVER if len(word) > 1 and not word.isdigit()}
    alone = sorted(word for word in words - met if heard[word] < MET)
    kin = nearest(concepts, alone, imitated, taught)
    _write(folder / "words.txt", (f"{word}\t{kin[word]}" if word in kin else word for word in sorted(words)))
    return Vocabulary.load(folder)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
