"""A point in time that a whole piece of work has to meet, however many reads and calls it takes."""

from __future__ import annotations

import time


class Deadline:
    """Counts down on the monotonic clock, so that a changed wall clock changes nothing.

    :param seconds: how long from now, in seconds
    """

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """:return: seconds left, never below 0"""
        return max(0.0, self._end - time.monotonic())

    def timeout(self) -> float:
        """:return: seconds left, for a socket
        :raise TimeoutError: nothing is left
        """
        left = self.remaining()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    def capped(self, seconds: float) -> Deadline:
        """:return: a deadline ``seconds`` from now, or this one if it ends earlier"""
        return Deadline(min(seconds, self.remaining()))
