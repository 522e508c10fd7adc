"""The smallest model that faster-whisper loads: of the real format, and deaf. It always says the same."""

from pathlib import Path
from typing import Any

import numpy as np

WIDTH, MELS, FRAMES, LENGTH = 64, 80, 1500, 448
SAID = "Hello from the smallest of models."
WORDS = [f"Ġ{word}" for word in SAID.split()]
SECONDS = 1.5
"""at which it thinks that it has said so"""
STEERING = ("endoftext", "startoftranscript", "en", "translate", "transcribe", "startoflm", "startofprev")
AFTER = ("nospeech", "notimestamps")


def make(folder: Path) -> Path:
    """Writes the model.

    Returns:
        its file of weights
    """
    from ctranslate2.specs.whisper_spec import WhisperSpec

    folder.mkdir(parents=True)
    tokens = vocabulary()
    spec = WhisperSpec(1, 1, 1, 1)
    _fill(spec, tokens)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = [tokens.index(f"<|{name}|>") for name in (*STEERING[1:], AFTER[0])]
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = []
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    _tokenizer(tokens).save(str(folder / "tokenizer.json"))
    return folder / "model.bin"


def vocabulary() -> list[str]:
    """Bytes as Whisper writes them, its only words, what steers it, and times."""
    from tokenizers.pre_tokenizers import ByteLevel

    steering = [f"<|{name}|>" for name in (*STEERING, *AFTER)]
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    return [*sorted(ByteLevel.alphabet()), *WORDS, *steering, *times]


def _tokenizer(tokens: list[str]) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = {token: number for number, token in enumerate(tokens) if not token.startswith("<|")}
    made = Tokenizer(models.BPE(vocab=letters, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True) for token in tokens[len(letters) :]])
    return made


def _fill(spec: Any, tokens: list[str]) -> None:
    """Zeros everywhere but where the place in the answer decides what is said: each place is a direction of
    its own, and what is to be said there looks into it."""
    _norm(spec.encoder.layer_norm)
    spec.encoder.conv1.weight, spec.encoder.conv1.bias = _zeros(WIDTH, MELS, 3), _zeros(WIDTH)
    spec.encoder.conv2.weight, spec.encoder.conv2.bias = _zeros(WIDTH, WIDTH, 3), _zeros(WIDTH)
    spec.encoder.position_encodings.encodings = _zeros(FRAMES, WIDTH)
    for layer in (*spec.encoder.layer, *spec.decoder.layer):
        _attention(layer.self_attention, 3 * WIDTH, WIDTH)
        _norm(layer.ffn.layer_norm)
        _linear(layer.ffn.linear_0, 4 * WIDTH, WIDTH)
        _linear(layer.ffn.linear_1, WIDTH, 4 * WIDTH)
    _attention(spec.decoder.layer[0].attention, WIDTH, 2 * WIDTH, WIDTH)
    _norm(spec.decoder.layer_norm)
    spec.decoder.embeddings.weight = _zeros(len(tokens), WIDTH)
    places = np.eye(WIDTH, dtype=np.float32)
    spec.decoder.position_encodings.encodings = places[np.minimum(np.arange(LENGTH), WIDTH - 1)]
    says = _zeros(len(tokens), WIDTH)
    ended = f"<|{SECONDS:.2f}|>"
    answer = ["<|0.00|>", *WORDS, ended, "<|endoftext|>"]
    for place in range(WIDTH):
        says[tokens.index(answer[min(place, len(answer) - 1)]), place] = 10
    spec.decoder.projection.weight = says


def _attention(spec: Any, *outputs: int) -> None:
    _norm(spec.layer_norm)
    for linear, rows in zip(spec.linear, outputs, strict=True):
        _linear(linear, rows, WIDTH)


def _linear(spec: Any, rows: int, columns: int) -> None:
    spec.weight, spec.bias = _zeros(rows, columns), _zeros(rows)


def _norm(spec: Any) -> None:
    spec.gamma, spec.beta = np.ones(WIDTH, np.float32), _zeros(WIDTH)


def _zeros(*shape: int) -> Any:
    return np.zeros(shape, np.float32)
