"""TCP ports on the loopback interface."""

from __future__ import annotations

import socket
from pathlib import Path

from .say import note


def is_free(port: int) -> bool:
    """Can a server bind this port on 127.0.0.1 and on every address? (A foreign server may hold either.)"""
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 — only tried, never served
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def choose(wanted: int, name: str, setting: str, taken: set[int] | None = None) -> int:
    """The wanted port, or the next free one; says so when it is another."""
    taken = taken if taken is not None else set()
    for port in range(wanted, min(wanted + 200, 65536)):
        if port not in taken and is_free(port):
            break
    else:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    taken.add(port)
    if port != wanted:
        note(f"  Port {wanted} ({setting}) is in use, so {name} takes {port}.")
    return port


LISTEN = "0A"  # the kernel's state of a listening socket, /proc/net/tcp


def listens(port: int, marker: str) -> bool:
    """Does a process with `marker` in its command line listen on this port? (Another program may have been quicker.)"""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return False
    for process in Path("/proc").iterdir():
        try:
            if not process.name.isdigit() or marker.encode() not in (process / "cmdline").read_bytes():
                continue
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                return True
        except OSError:
            continue  # it has ended, or is another user's
    return False


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        path = Path(table)
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found
