"""How frames are coded is read off their packets as a decoder reads it."""

from pathlib import Path

import av
import pytest
from av.video.frame import PictureType
from hypothesis import given
from hypothesis import strategies as st

from indexer.slices import Coding
from shotseek.draw import write_video
from tests.videos import FPS, scene

H264 = {"bf": "2", "g": "250", "x264-params": "min-keyint=30"}
HEVC = {"x265-params": "log-level=none:bframes=0:keyint=250:min-keyint=30"}


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize(
    ("codec", "options"), [("libx264", H264), ("libx264", {**H264, "slices": "4"}), ("libx265", HEVC)]
)
def test_every_frame_is_coded_as_the_decoder_says(
    tmp_path: Path, suffix: str, codec: str, options: dict[str, str]
) -> None:
    frames = [frame for seed in range(3) for frame in scene(seed, 20, speed=2)]
    path = tmp_path / f"a.{suffix}"
    write_video(path, frames, fps=FPS, codec=codec, options=options)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        coding = Coding.of(stream.codec_context.codec.canonical_name, stream.codec_context.extradata or b"")
        assert coding is not None
        assert coding.length == (0 if suffix == "ts" else 4)
        packets = [packet for packet in container.demux(stream) if packet.size]
        read = {packet.pts: coding.is_predicted(bytes(packet)) for packet in packets}
    with av.open(str(path)) as container:
        decoded = {frame.pts: PictureType(frame.pict_type) for frame in container.decode(video=0)}
    assert {PictureType.I, PictureType.P} <= set(decoded.values())
    assert read == {pts: kind is PictureType.P for pts, kind in decoded.items()}


@given(st.binary(max_size=60), st.sampled_from(["h264", "hevc"]), st.sampled_from([0, 1, 2, 4]))
def test_whatever_a_packet_holds_it_is_read_to_an_end(packet: bytes, codec: str, length: int) -> None:
    assert Coding(codec, length).is_predicted(packet) in (True, False)


@given(st.sampled_from(["h264", "hevc", "vp9"]), st.binary(max_size=40))
def test_whatever_describes_a_stream(codec: str, extradata: bytes) -> None:
    coding = Coding.of(codec, extradata)
    assert (coding is None) == (codec == "vp9")
    assert coding is None or coding.length in (0, 1, 2, 3, 4)
