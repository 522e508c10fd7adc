"""Files that would have a decoder read other files or open connections, and canaries that tell if one did.

Each is written so that the canary beside it (a film of one colour, a text) or the listener (which counts who
connects) is what it leads to.
"""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugins.values import Image
from shotseek.draw import write_video

COLOUR = (230, 20, 200)
"""of the film that nobody may see"""
SECRET = "hunter2-of-the-canary"
"""what stands in the text that nobody may read"""
SIZE = (160, 96)

_HLS = "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:9\n{}#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
_SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 33\n"
_SVG = '<svg xmlns="http://www.w3.org/2000/svg"><image href="{film}"/><text>{secret}</text></svg>'
STRANGERS: dict[str, str] = {
    "hls-path.m3u8": _HLS.format("", "{film}"),
    "hls-url.mp4": _HLS.format("", "file://{film}"),
    "hls-relative.ts": _HLS.format("", "canary.ts"),
    "hls-key.mp4": _HLS.format('#EXT-X-KEY:METHOD=AES-128,URI="{text}"\n', "{film}"),
    "hls-key-net.mp4": _HLS.format('#EXT-X-KEY:METHOD=AES-128,URI="http://{host}/key"\n', "{film}"),
    "hls-map.mp4": _HLS.format('#EXT-X-MAP:URI="{text}"\n', "{film}"),
    "hls-http.mp4": _HLS.format("", "http://{host}/a.ts"),
    "hls-http6.mkv": _HLS.format("", "http://{host6}/a.ts"),
    "hls-tcp.mp4": _HLS.format("", "tcp://{host}"),
    "hls-tls.mp4": _HLS.format("", "tls://{host}"),
    "hls-rtp.mp4": _HLS.format("", "rtp://{host}"),
    "hls-concat.mp4": _HLS.format("", "concat:{film}|{film}"),
    "hls-subfile.mp4": _HLS.format("", "subfile,,start,0,end,0,,:{film}"),
    "hls-crypto.mp4": _HLS.format("", "crypto:{film}"),
    "hls-async.mp4": _HLS.format("", "async:http://{host}/a.ts"),
    "hls-cache.mp4": _HLS.format("", "cache:http://{host}/a.ts"),
    "hls-data.mp4": _HLS.format("", "data:video/mp2t;base64,R0dHRw=="),
    "hls-list.mp4": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://{host}/list.m3u8\n",
    "concat-path.mp4": "ffconcat version 1.0\nfile {film}\n",
    "concat-relative.mkv": "ffconcat version 1.0\nfile canary.ts\n",
    "concat-net.mp4": "ffconcat version 1.0\nfile http://{host}/a.ts\n",
    "session.sdp": _SDP,
    "session.mp4": _SDP,
    "rtsp.mp4": "[Reference]\nRef1=rtsp://{host}/a\n",
    "redirect.asf": "<asx version='3'><entry><ref href='http://{host}/a.wmv'/></entry></asx>",
    "notes.txt": "\x1b[31mpassword: {secret}\x1b[0m\n" * 40,
    "notes.mp4": "\x1b[31mpassword: {secret}\x1b[0m\n" * 40,
    "subtitles.mp4": "1\n00:00:00,000 --> 00:00:09,000\n{secret}\n\n" * 20,
    "chapters.ffmeta": ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=9\ntitle={secret}\n",
    "chapters.mp4": ";FFMETADATA1\ntitle={secret}\n",
    "picture.svg": _SVG,
    "picture.mp4": _SVG,
    "dash.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>{film}'
    "</BaseURL></Period></MPD>",
    "dash.mp4": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://{host}/'
    "</BaseURL></MPD>",
    "imf.mxf": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
    "<Id>urn:uuid:1</Id></CompositionPlaylist>",
    "frames%03d.png": "\x89PNG\r\n\x1a\n",
    "vapoursynth.mp4": "import vapoursynth as vs\nopen({text!r})\n",
    "avisynth.avi": 'AviSource("{film}")\n',
}
"""name -> content; ``{film}``, ``{text}``, ``{host}`` … are where the canaries are"""
LISTED = tuple(
    name for name in STRANGERS if Path(name).suffix in (".mp4", ".mkv", ".ts", ".avi", ".asf", ".mxf")
)
"""those whose names say that they are videos, which an indexer opens"""


@dataclass(frozen=True)
class Canaries:
    """What strangers lead to."""

    film: Path
    text: Path
    port: int
    heard: list[str]
    """who has connected"""

    def write(self, name: str, folder: Path) -> Path:
        """One of `STRANGERS`."""
        places = {
            "film": self.film,
            "text": str(self.text),
            "secret": SECRET,
            "port": self.port,
            "host": f"127.0.0.1:{self.port}",
            "host6": f"[::1]:{self.port}",
        }
        path = folder / name
        path.write_text(STRANGERS[name].format(**places), encoding="latin-1")
        if not (folder / "canary.ts").exists() and folder != self.film.parent:
            (folder / "canary.ts").symlink_to(self.film)
        return path


@contextmanager
def canaries(folder: Path) -> Iterator[Canaries]:
    """The canaries, and a listener on both kinds of addresses as long as the context lasts."""
    folder.mkdir(exist_ok=True)
    film, text = folder / "canary.ts", folder / "canary.txt"
    write_video(film, [plain(COLOUR)] * 25, fps=25, codec="mpeg2video")
    text.write_text(f"{SECRET}\n" * 50)
    heard: list[str] = []
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = first.getsockname()[1]
        listening = [first]
        if socket.has_ipv6:
            listening.append(stack.enter_context(socket.create_server(("::1", port), family=socket.AF_INET6)))
        for server in listening:
            selector.register(server, selectors.EVENT_READ)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                for key, _ in selector.select(timeout=0.1):
                    assert isinstance(key.fileobj, socket.socket)
                    connection, who = key.fileobj.accept()
                    connection.close()
                    heard.append(str(who))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield Canaries(film, text, port, heard)
        finally:
            ended.set()
            thread.join()


def plain(colour: tuple[int, int, int]) -> Image:
    """A picture of one colour."""
    return np.full((SIZE[1], SIZE[0], 3), colour, np.uint8)


def shows_canary(image: Image) -> bool:
    """Whether a picture has the colour that nobody may see."""
    near = np.abs(image.astype(np.int16) - COLOUR).max(axis=2) < 40
    return bool(near.mean() > 0.05)
