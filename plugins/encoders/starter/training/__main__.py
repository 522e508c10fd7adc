"""``python -m plugins.encoders.starter.training DATA --out OUT``: the weights of ``starter`` from nothing."""

from pathlib import Path

import click
import torch

from plugins.encoders.starter.training import pictures, sentences, vocabulary
from plugins.encoders.starter.training.concepts import Concepts
from plugins.encoders.starter.training.drawn import SHAPES
from plugins.encoders.starter.training.export import export
from plugins.encoders.starter.training.looks import LOOKS
from plugins.encoders.starter.training.train import Plan, Trainer
from plugins.encoders.starter.training.wordnet import WordNet

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("data", type=FOLDER)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Checkpoints; a second run goes on there."
)
@click.option(
    "--wordnet", type=FOLDER, default="/usr/share/wordnet", show_default=True, help="WordNet's own files."
)
@click.option("--steps", default=7_000, show_default=True, help="With pictures and words.")
@click.option("--text-steps", default=2_500, show_default=True, help="Before, with words only.")
@click.option("--batch", default=256, show_default=True, help="Pictures a step.")
@click.option("--rate", default=2e-3, show_default=True, help="The highest learning rate.")
def main(data: Path, out: Path, wordnet: Path, steps: int, text_steps: int, batch: int, rate: float) -> None:
    """Trains `starter` on the picture collections in DATA (see README.md) and writes its weights."""
    cache = out / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    words_of = WordNet(wordnet)
    library = pictures.load(data, cache, words_of)
    concepts = Concepts(words_of, library.kinds, library.complete)
    said = [text for source in library.sources for texts in source.sentences or () for text in texts]
    texts = sentences.strings(words_of) + sorted(set(said))
    taught = sentences.imitated(texts, cache / "sentences.npy")
    if not (out / "pieces.txt").exists():
        vocabulary.write_pieces(
            words_of, texts, [*(word.text for word in concepts.words), *LOOKS, *said], out
        )
    known = vocabulary.write_words(concepts, [*(*LOOKS, *SHAPES) * vocabulary.MET, *said], texts, taught, out)
    sizes = library.classes, len(concepts.words), len(known.pieces)
    click.echo("{} classes, {} words of pictures, {} pieces".format(*sizes))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    Trainer(Plan(steps, text_steps, batch, rate, device, out), library, concepts, known, texts, taught).run()
    click.echo(f"wrote {export(out)}")


if __name__ == "__main__":  # reading pictures starts processes, which may import this again
    main()
