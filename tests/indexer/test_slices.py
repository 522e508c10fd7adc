"""How frames are coded is read off their packets as a decoder reads it."""

from pathlib import Path

import av
import pytest
from av.video.frame import PictureType
from hypothesis import given
from hypothesis import strategies as st

from indexer.slices import is_predicted, unit_length
from shotseek.draw import write_video
from tests.videos import FPS, scene


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("slices", ["1", "4"])
def test_every_frame_is_coded_as_the_decoder_says(tmp_path: Path, suffix: str, slices: str) -> None:
    frames = [frame for seed in range(3) for frame in scene(seed, 20, speed=2)]
    options = {"bf": "2", "g": "250", "slices": slices, "x264-params": "min-keyint=30"}
    path = tmp_path / f"a.{suffix}"
    write_video(path, frames, fps=FPS, codec="libx264", options=options)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        length = unit_length(stream.codec_context.extradata)
        assert length == (0 if suffix == "ts" else 4)
        packets = [packet for packet in container.demux(stream) if packet.size]
        read = {packet.pts: is_predicted(bytes(packet), length) for packet in packets}
    with av.open(str(path)) as container:
        decoded = {frame.pts: PictureType(frame.pict_type) for frame in container.decode(video=0)}
    assert read == {pts: kind is PictureType.P for pts, kind in decoded.items()}
    assert set(decoded.values()) == {PictureType.I, PictureType.P, PictureType.B}


@given(st.binary(max_size=60), st.sampled_from([0, 1, 2, 4]))
def test_whatever_a_packet_holds_it_is_read_to_an_end(packet: bytes, length: int) -> None:
    assert is_predicted(packet, length) in (True, False)


@given(st.binary(max_size=20))
def test_whatever_describes_a_stream(extradata: bytes) -> None:
    assert unit_length(extradata) in (0, 1, 2, 3, 4)
    assert unit_length(None) == 0
