"""Do a piece of preparation once: safe against two starts at the same time and against being killed half way."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .say import note

DONE = ".complete"


def key_of(*parts: str | bytes | Path) -> str:
    """A short name for a set of inputs; a Path stands for the content of that file."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part if isinstance(part, bytes) else part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


@contextmanager
def locked(path: Path, waiting_for: str) -> Iterator[None]:
    """Hold the lock file `path`; the kernel gives it back however the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"  Another start holds {waiting_for}; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def built(folder: Path, name: str, key: str, build: Callable[[Path], None], *, in_place: bool = False) -> Path:
    """Return `folder/name-key`, calling `build(path)` first when it is not there whole.

    The work is done in a neighbouring folder that is renamed at the end. With `in_place` it is done under the final
    name (a virtual environment knows its own path) and a mark tells that it is whole.
    """
    final = folder / f"{name}-{key}"
    if (final / DONE).exists():
        return final
    with locked(folder / f"{name}.lock", name):
        if (final / DONE).exists():
            return final
        for leftover in [final, *folder.glob(f"{name}-*.part")]:
            remove_tree(leftover)
        work = final if in_place else folder / f"{name}-{key}.part"
        work.mkdir(parents=True)
        build(work)
        (work / DONE).touch()
        if not in_place:
            work.rename(final)
    return final


def remove_tree(path: Path) -> None:
    """Remove a folder or link, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
