"""What is said, by the real loading code and a model that says the same of every voice."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.library import Library
from indexer.media import MediaFile, open_media
from indexer.pipeline import Recipe, index
from plugins.annotators import speech
from plugins.annotators.speech import BLOCK, RATE, SpeechAnnotator, blocks
from plugins.contracts import Annotator, Context
from plugins.errors import BrokenPlugin, InvalidValue, PullFailed, Unsupported, WeightsMissing
from plugins.queries import Filters
from plugins.testing import AnnotatorContract
from plugins.values import SECOND, Annotation, Samples, Shot, Sound, Span
from plugins.weights import pull
from shotseek.draw import SAMPLE_RATE, write_video
from tests.plugins import whisper
from tests.plugins.hub import Hub, serve
from tests.videos import FPS, scene

VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
"""resonances, hertz"""


def voice(seconds: float) -> Samples:
    """Something that a detector of speech takes for it: a buzz through the resonances of vowels."""
    count = int(seconds * RATE)
    pitch = 120 * (1 + 0.1 * np.sin(2 * np.pi * 3 * np.arange(count) / RATE))
    buzz = (np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0) > 0).astype(float)
    length = RATE // 6
    time = np.arange(RATE // 20) / RATE
    heard = np.zeros(count, np.float32)
    for number, start in enumerate(range(0, count, length)):
        rings: Samples = np.zeros(len(time), np.float32)
        for hertz in VOWELS[number % len(VOWELS)]:
            rings += np.exp(-300 * time) * np.sin(2 * np.pi * hertz * time)
        piece = buzz[start : start + length]
        fade = np.hanning(len(piece) + 2)[1:-1] ** 0.3
        heard[start : start + length] = np.convolve(piece, rings)[: len(piece)] * fade
    heard /= 2 * np.abs(heard).max()
    return heard


def film(path: Path, *starts: float, length: float = 8) -> Path:
    """Pictures, and somebody who speaks for two seconds at each of these times."""
    sound = np.zeros(int(length * RATE), np.float32)
    for start in starts:
        sound[int(start * RATE) :][: 2 * RATE] = voice(2)
    write_video(path, scene(1, int(length * FPS)), sound=np.repeat(sound, SAMPLE_RATE // RATE))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whisper.make(tmp_path_factory.mktemp("models") / "tiny")


def written(path: Path, model: Path, end: float = 8) -> list[Annotation]:
    shots = [Shot(0, 0, 0, Span(0, int(end * SECOND)), (0,))]
    with open_media(str(path), [str(path.parent)]) as media:
        return list(SpeechAnnotator(f"@{model}").annotate(media, shots))


class TestSpeech(AnnotatorContract):
    @pytest.fixture
    def annotator(self, model: Path) -> Annotator:
        return SpeechAnnotator(f"@{model}")

    @pytest.fixture
    def media(self, tmp_path: Path) -> MediaFile:
        with open_media(str(film(tmp_path / "a.mp4", 1, length=4)), [str(tmp_path)]) as opened:
            return opened

    @pytest.fixture
    def shots(self) -> Sequence[Shot]:
        return [Shot(0, 0, 0, Span(0, 4 * SECOND), (0,))]


def test_what_is_said_is_written_down_where_it_is_said(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing when the beginning of a block was not added."""
    monkeypatch.setattr(speech, "BLOCK", 3 * RATE)  # so that it is not the first
    path = film(tmp_path / "a.mkv", 4)
    (line,) = written(path, model)
    assert line.text == whisper.SAID
    assert line.span.start_us / SECOND == pytest.approx(4, abs=0.7)  # with what is left around speech
    assert line.span.duration_us / SECOND == pytest.approx(whisper.SECONDS, abs=0.1)
    assert line.confidence > 0.9
    assert line.language == "en"
    assert written(path, model, end=2) == []


def test_where_nobody_speaks_nothing_is_asked(tmp_path: Path, model: Path) -> None:
    """Seen failing without the look for speech: the model answers to silence, as models do."""
    assert written(film(tmp_path / "a.mp4"), model) == []
    tone = np.sin(np.arange(4 * SAMPLE_RATE) * 0.05).astype(np.float32)
    write_video(tmp_path / "tone.mp4", scene(1, 4 * FPS), sound=tone)
    assert written(tmp_path / "tone.mp4", model) == []
    write_video(tmp_path / "mute.mp4", scene(1, FPS))
    assert written(tmp_path / "mute.mp4", model) == []


def test_what_is_said_is_found_by_search(tmp_path: Path, model: Path) -> None:
    film(tmp_path / "a.mp4", 3)
    recipe = Recipe(("palette",), annotators=(f"speech:@{model}",))
    with Library.open(tmp_path / "library", create=True) as library:
        assert list(index(library, [tmp_path / "a.mp4"], recipe))[-1].stage == "done"
        (match,) = library.catalog.words("the smallest of models", Filters(), 9, exact=True)
        assert (match.source, match.whole) == ("speech", True)
        assert match.at_us / SECOND == pytest.approx(3, abs=0.7)


def refused(tmp_path: Path, annotator: str, error: type[Exception], match: str) -> None:
    """Indexing stops before it has done anything."""
    path = film(tmp_path / "a.mp4", length=1)
    with Library.open(tmp_path / "library", create=True) as library:
        with pytest.raises(error, match=match):
            list(index(library, [path], Recipe(("palette",), annotators=(annotator,))))
        assert library.catalog.files() == {}


def test_without_the_extra_nothing_is_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    refused(tmp_path, "speech", Unsupported, r"pip install 'shotseek\[speech\]'")


def test_without_a_model_nothing_is_indexed(tmp_path: Path) -> None:
    refused(tmp_path, "speech", WeightsMissing, "`shotseek pull speech`")
    refused(tmp_path, "speech:small", WeightsMissing, "`shotseek pull speech:small`")


def test_a_model_without_a_tokenizer_is_refused(tmp_path: Path, model: Path) -> None:
    """faster-whisper would fetch one."""
    (tmp_path / "model.bin").write_bytes(model.read_bytes())
    refused(tmp_path, f"speech:@{tmp_path}/model.bin", BrokenPlugin, "no config.json and no tokenizer.json")


def test_what_is_no_model_is_refused_by_its_name(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.bin"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(BrokenPlugin, match=f"{tmp_path} holds no model of Whisper"):
        speech.load(tmp_path, "cpu")
    with pytest.raises(InvalidValue, match="there is no device 'cuda:99' here"):
        speech.load(tmp_path, "cuda:99")


REPOSITORY = "Systran/faster-whisper-base"


@pytest.fixture
def hub(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    with serve() as hub:
        address = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        for path in model.parent.iterdir():
            hub.files[f"{REPOSITORY}/{path.name}"] = path.read_bytes()
        hub.small = {path for path in hub.files if not path.endswith(".bin")}
        yield hub


def test_a_model_that_was_pulled_is_heard(tmp_path: Path, hub: Hub) -> None:
    context = Context(models=tmp_path / "models", device="cpu")
    home = pull("speech", context, lambda _done, _total: None).parent
    assert {path.name for path in home.iterdir()} == {
        *("config.json", "model.bin", "tokenizer.json", "vocabulary.json", "weights.json")
    }
    annotator = SpeechAnnotator(reference="speech", context=context)
    annotator.check()
    shots = [Shot(0, 0, 0, Span(0, 4 * SECOND), (0,))]
    with open_media(str(film(tmp_path / "a.mp4", 1, length=4)), [str(tmp_path)]) as media:
        assert [line.text for line in annotator.annotate(media, shots)] == [whisper.SAID]


def test_a_small_file_that_is_another_than_promised_is_refused(tmp_path: Path, hub: Hub) -> None:
    """Seen failing when only files with a SHA-256 were compared."""
    hub.lies[f"{REPOSITORY}/tokenizer.json"] = b"{}"
    context = Context(models=tmp_path / "models", device="cpu")
    with pytest.raises(PullFailed, match=r"tokenizer\.json is not what was promised"):
        pull("speech", context, lambda _done, _total: None)
    with pytest.raises(WeightsMissing):
        SpeechAnnotator(reference="speech", context=context).check()


def test_blocks_end_between_words_and_lose_nothing() -> None:
    """Seen failing when blocks ended wherever they were full."""
    spoken = voice(6)
    quiet: Samples = np.zeros(BLOCK - len(spoken) // 2, np.float32)
    heard = np.concatenate([quiet, spoken, np.zeros(RATE, np.float32)])
    pieces = [
        Sound(start * SECOND // RATE, heard[start : start + RATE], RATE)
        for start in range(0, len(heard), RATE)
    ]
    gone = Sound(500 * SECOND, heard[:RATE], RATE)
    first, second, third = blocks([*pieces, gone])
    assert first[0] == 0
    assert second[0] == len(first[1]) * SECOND // RATE
    assert len(first[1]) <= len(quiet)
    np.testing.assert_array_equal(np.concatenate([first[1], second[1]]), heard)
    assert (third[0], len(third[1])) == (500 * SECOND, RATE)
