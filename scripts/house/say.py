"""Messages to the person at the terminal. They go to stderr; stdout is kept for results (the JSON line of the demo)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Trouble(Exception):
    """A step cannot go on. The text is one or more sentences: what is missing, and what to do about it."""


def note(text: str) -> None:
    """One line of information."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step that takes time, and say how many seconds it took."""
    note(f"… {text}")
    began = time.monotonic()
    yield
    note(f"  done in {time.monotonic() - began:.1f} s")


def last_lines(path: Path, count: int = 25, after: int = 0) -> str:
    """The end of a log file, for an error message; of what was written `after` that many bytes only."""
    try:
        text = path.read_bytes()[after:].decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])
