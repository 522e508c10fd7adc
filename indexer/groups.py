"""A video group by group: what is known of it before most of it is decoded.

A group of pictures begins with a key frame, which needs no other to be decoded. Reading packets costs next
to nothing, so a group says how many bytes each of its frames took; its key frame is decoded at once, the rest
only when it is asked for.
"""

import os
import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Self

import av

from indexer.activity import Course
from indexer.media import MAX_THREADS, MediaFile
from indexer.opening import Openings
from indexer.picture import Picture, Scaler
from indexer.slices import Coding
from plugins.values import SECOND

if TYPE_CHECKING:
    Packet = av.Packet[av.VideoStream]

LEAST_US = SECOND // 2
"""A key frame nearer than this to the one before begins no group: of a file of nothing but key frames only a
few are looked at."""
OPENING_US = SECOND // 4
"""of a group with which a shot may begin: so much of it is decoded together with its key frame"""
ENCODERS = re.compile(rb"x26[45] ")
"""With this begins what x264 and x265 write into the first packet of a video, or beside it: the settings it
was made with."""
SETTINGS_BYTES = 4096
"""in which they end"""
KEYINT, SCENECUT = re.compile(rb" keyint=(\d+|infinite) "), re.compile(rb" scenecut=(\d+) ")
KEYFRAME_DISTANCE = 250
"""frames, as x264 comes: beyond this it is taken for endless"""
SHORT_US = 30 * SECOND
"""A shorter video is not worth a second decoder of openings."""
LONG_US = 1800 * SECOND
"""The tables of a longer one take megabytes."""
AHEAD, OPENING_FRAMES, OPENED_PIXELS = 3, 4, 24_000_000
"""groups that are read ahead at most; frames of an opening, about; pixels of all openings that wait, about"""
HELD_BYTES = 48 << 20
"""of the packets of one group, and of all that are ahead; what follows of a longer group is read while it is
decoded"""


@dataclass(slots=True, eq=False)
class Group:
    """Frames from one key frame to the next."""

    packets: "list[Packet]"
    """in order of decoding, the key frame's first"""
    rest: "Iterator[Packet] | None" = None
    """what follows of a group that is not held as a whole, or of a video that is in no order; must be decoded
    before the next group is taken"""
    begin: int | None = None
    """the presentation time of its key frame, where frames before that belong to the group before it; None at
    the beginning of the video, and where presentation times do not go on from the group before"""
    after: int | None = None
    """the last presentation time before a group that is not in order"""
    is_early: bool = False
    """whether its key frame came before it had to, as it does where a shot begins"""
    key: Picture | None = None
    """None where it cannot be decoded by itself"""
    coding: Coding | None = None
    """of its frames, where its encoder is known to look for cuts"""
    opening: list[Picture] = field(default_factory=list)
    """of a group that is early, and neither calm nor wild: some frames behind its key frame"""

    @property
    def size(self) -> int:
        """bytes of its key frame"""
        return self.packets[0].size

    def course(self, following: "Group | None" = None) -> Course:
        """What its frames take. An encoder that looks for cuts begins a frame anew where it sees one. What is
        predicted from others and large all the same is where the quality of the source has changed."""
        packets = self.shown(following)[1:]
        key = min(self.size, following.size) if following else self.size
        return Course([p.size for p in packets], key, lambda at: self._is_predicted(packets[at]))

    def _is_predicted(self, packet: "Packet") -> bool:
        return self.coding is not None and self.coding.is_predicted(bytes(packet))

    def shown(self, following: "Group | None" = None) -> "list[Packet]":
        """Packets of the frames from its key frame to the next, in the order in which they are shown."""
        begin = self.packets[0].pts
        if begin is None:
            return list(self.packets)
        known = [*self.packets, *(following.leading[1:] if following else [])]
        return sorted((p for p in known if p.pts is not None and p.pts >= begin), key=lambda p: p.pts or 0)

    @property
    def reach(self) -> int:
        """Frames from its last key frame to the next group."""
        return next(at for at, packet in enumerate(reversed(self.packets), 1) if packet.is_keyframe)

    @property
    def is_intra(self) -> bool:
        """Whether every frame of it is a key frame."""
        return len(self.packets) > 1 and all(packet.is_keyframe for packet in self.packets)

    @property
    def leading(self) -> "list[Packet]":
        """The key frame and what is shown before it but can only be decoded after it, as in an open group."""
        begin = self.begin
        early = [p for p in self.packets if begin is not None and p.pts is not None and p.pts < begin]
        return [self.packets[0], *early] if early else []


class Groups:
    """One pass over a file, group by group."""

    def __init__(self, media: MediaFile) -> None:
        self.end_us = 0
        """when the last frame that was read is no longer shown"""
        self.cut_before = 0
        """frames: a shorter group ends where the encoder saw a cut, or something like it; 0: not known"""
        self._media = media
        self._clock, self._read_clock = media.clock(), media.clock()
        self._latest: int | None = None
        self._newest: int | None = None
        self._reach = 0
        """frames of the group before, behind its last key frame, but for those that the next one stores"""
        self._longest = 1
        """frames from key frame to key frame, at most, as far as is known; the first group comes early"""
        self._coding: Coding | None = None
        self._made: list[av.VideoCodecContext] = []
        self._stack = ExitStack()
        self._next: Packet | None = None

    def __enter__(self) -> Self:
        processors, duration_us = os.cpu_count() or 1, self._media.video.duration_us
        several = duration_us > SHORT_US and processors > 1
        openers = [self.decoder() for _ in range(1 if several else 0)]
        if duration_us > LONG_US:
            self._made = [self.decoder() for _ in range(1 + min(MAX_THREADS, processors))]
        container = self._stack.enter_context(self._media.opened())
        stream = self._media.shown_stream(container)
        self._openings = Openings([stream.codec_context, *openers])
        self._stack.callback(self._openings.close)
        self.pixels = max(1, stream.codec_context.width * stream.codec_context.height)
        """of a frame"""
        self._ahead = min(AHEAD, max(1, OPENED_PIXELS // (self.pixels * OPENING_FRAMES)))
        self._base = self._media.base
        self._least, self._begun = (int(us / SECOND / self._base) for us in (LEAST_US, OPENING_US))
        self._packets = self._media.packets(container, stream)
        self._scaler = Scaler()
        self._read()
        if self._next is not None:
            extradata = stream.codec_context.extradata or b""
            self.cut_before = cut_before(extradata + bytes(self._next))
            self._longest = max(self._longest, self.cut_before)
            if self.cut_before:
                self._coding = Coding.of(stream.codec_context.codec.canonical_name, extradata)
        return self

    def decoder(self) -> av.VideoCodecContext:
        """A new one, that lives on without its container. The tables of a long file are never held twice:
        there, so many as may be needed have been made before its packets are read."""
        try:
            return self._made.pop()
        except IndexError:
            pass
        with self._media.opened() as container:
            return self._media.shown_stream(container).codec_context

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[Group]:
        ahead: deque[tuple[Group, Future[list[av.VideoFrame]]]] = deque()
        while self._next is not None or ahead:
            while self._next is not None and self._may_read_on([group for group, _ in ahead]):
                group = self._group()
                ahead.append((group, self._openings.decode(self._opening(group))))
            group, frames = ahead.popleft()
            self._open(group, frames.result())
            yield group

    def pictures(
        self, group: Group, following: Group | None, decoder: av.VideoCodecContext
    ) -> Generator[Picture, None, None]:
        """Every frame of a group, in the order in which they are shown, at the times that packets say (see
        `timed`). May be called from several threads, each with a decoder of its own."""
        end, leading = (following.begin, following.leading) if following else (None, [])
        scaler = Scaler()
        for raw in self._decoded(decoder, chain(group.packets, group.rest or (), leading)):
            if raw.pts is not None and not _between(group.begin, raw.pts, end):
                continue  # shown with another group, or decoded without what it refers to
            yield self._picture(raw, raw.pts or 0, scaler)

    def timed(self, group: Group, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """The pictures of a group, at the times at which they are shown, whatever packets say; groups are to
        be given in order."""
        if group.after is not None:
            self._clock.show(group.after)
        for picture in pictures:
            if shown := self._clock.show(picture.pts):
                picture.ticks, picture.time_us = shown
                picture.scaler = self._scaler
                self._media.position_us = picture.time_us
                yield picture

    def _picture(self, raw: av.VideoFrame, pts: int, scaler: Scaler) -> Picture:
        ticks = self._clock.shown(pts)
        return Picture(raw, raw.pts, ticks, self._base, self._clock.to_us(ticks), scaler)

    def _may_read_on(self, ahead: Sequence[Group]) -> bool:
        """Whether another group may be read before those that are ahead have been taken."""
        if not ahead:
            return True
        held = sum(packet.size for group in ahead for packet in group.packets)
        return len(ahead) <= self._ahead and ahead[-1].rest is None and held < HELD_BYTES

    def _group(self) -> Group:
        """The next group, as much of it as may be held; its pictures come later."""
        after, first = self._latest, self._take()
        if first.pts is None or not first.is_keyframe or not self._goes_on(first.pts):
            return Group([first], self._to_the_end(), after=after)
        begin = None if after is None else first.pts
        packets, held = [first], first.size
        while self._next is not None and not self._begins(self._next, first):
            if held > HELD_BYTES:
                return Group(packets, self._to_the_next_key(), begin)
            packets.append(self._take())
            held += packets[-1].size
        if any(packet.pts is None for packet in packets):
            return Group(packets, self._to_the_end(), after=after)
        self._latest = max(packet.pts for packet in packets if packet.pts is not None)
        self._read_clock.show(self._latest)
        group = Group(packets, begin=begin, coding=self._coding)
        leading = len(group.leading[1:])
        distance = self._reach + leading
        group.is_early, self._longest = distance < self._longest, max(self._longest, distance)
        self._reach = group.reach - (0 if any(packet.is_keyframe for packet in packets[1:]) else leading)
        return group

    def _opening(self, group: Group) -> "list[Packet]":
        """What is decoded of a group at once: its key frame and, where a shot may begin, a little more; but
        not of a calm group, of which the key frame may stand for all, nor of a wild one, which will be
        decoded as a whole."""
        first, *others = group.packets
        if group.rest is not None:
            return []
        if not group.is_early or first.pts is None:
            return [first]
        seen = group.course().activity()
        if seen.is_calm or seen.is_wild:
            return [first]
        packets, end = [first], first.pts + self._begun
        for packet in others:
            packets.append(packet)
            if packet.pts is None or packet.pts >= end:
                break
        return packets

    def _open(self, group: Group, frames: list[av.VideoFrame]) -> None:
        """Gives a group the pictures it begins with. Damage is found out when the whole of it is decoded."""
        self._media.decoded += len(frames)
        begin = group.packets[0].pts
        if begin is None:
            return
        for raw in frames:
            pts = begin if raw.pts is None else raw.pts
            picture = self._picture(raw, pts, self._scaler)
            if picture.ticks < 0 or pts < begin:
                continue  # shown before the key frame, and decoded without what it refers to
            if group.key is None:
                group.key = picture
            elif pts > begin:
                group.opening.append(picture)

    def _goes_on(self, key: int) -> bool:
        """Whether a key frame of this presentation time is in order."""
        before, self._newest = self._newest, key
        return (before is None or key > before) and not self._read_clock.jumps(key)

    def _begins(self, packet: "Packet", first: "Packet") -> bool:
        near = packet.pts is None or first.pts is None or 0 < packet.pts - first.pts < self._least
        return packet.is_keyframe and not near

    def _to_the_end(self) -> "Iterator[Packet]":
        while self._next is not None:
            yield self._take()

    def _to_the_next_key(self) -> "Iterator[Packet]":
        while self._next is not None and not self._next.is_keyframe:
            yield self._take()

    def _take(self) -> "Packet":
        """The packet that is next."""
        packet = self._next
        assert packet is not None
        self._read()
        if packet.pts is not None and not packet.is_discard:
            shown = self._clock.shown(packet.pts) + (packet.duration or 0)
            self.end_us = max(self.end_us, self._clock.to_us(shown))
        return packet

    def _read(self) -> None:
        self._next = next((packet for packet in self._packets if packet is not None and packet.size), None)

    def _decoded(self, decoder: av.VideoCodecContext, packets: "Iterable[Packet]") -> Iterator[av.VideoFrame]:
        try:
            for packet in chain(packets, [None]):
                yield from self._media.decode(decoder, packet)
        finally:
            decoder.flush_buffers()


def _between(begin: int | None, pts: int, end: int | None) -> bool:
    return (begin is None or begin <= pts) and (end is None or pts < end)


def cut_before(told: bytes) -> int:
    """How many frames a group has when no cut ends it, as far as the encoder has told it, else 0. One search
    after the other: what a stranger wrote may hold each word a thousand times."""
    begin = ENCODERS.search(told)
    settings = told[begin.start() :][:SETTINGS_BYTES].split(b"\0")[0] if begin else b""
    keyint, scenecut = KEYINT.search(settings), SCENECUT.search(settings)
    if keyint is None or scenecut is None or scenecut[1] == b"0":
        return 0
    return KEYFRAME_DISTANCE if keyint[1] == b"infinite" else min(int(keyint[1]), KEYFRAME_DISTANCE)
