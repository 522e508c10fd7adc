"""Links to videos that work without logging in, for a while: for players, which have no cookies."""

import hmac
import secrets
import time
from collections.abc import Callable
from hashlib import sha256

DEFAULT_S, MAX_S = 3_600, 24 * 3_600
"""how long a link works"""
UNTIL, SIGNATURE = "until", "signature"
"""the parameters of its address"""


class Links:
    """Signs and checks them, with a secret that no file holds: links end with the server.

    Args:
        clock: seconds since 1970
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._secret = secrets.token_bytes(32)
        self._clock = clock

    def sign(self, video_id: int, seconds: int = DEFAULT_S) -> tuple[dict[str, str], int]:
        """The parameters that let a video be fetched, and until when (seconds since 1970)."""
        until = int(self._clock()) + seconds
        return {UNTIL: str(until), SIGNATURE: self._signature(video_id, str(until))}, until

    def holds(self, video_id: int, until: str, signature: str) -> bool:
        """Whether that was signed here, for that video, and is not over."""
        right = self._signature(video_id, until).encode()
        is_ours = hmac.compare_digest(right, signature.encode("utf-8", "replace"))
        return is_ours and int(until) > self._clock()

    def _signature(self, video_id: int, until: str) -> str:
        message = f"media {video_id} {until}".encode("utf-8", "replace")
        return hmac.new(self._secret, message, sha256).hexdigest()
