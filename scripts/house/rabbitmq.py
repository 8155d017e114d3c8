"""RabbitMQ for tests: Debian's packages, unpacked beside the machine, on the loopback interface with a password."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass

from . import ports
from .commands import clean_env
from .debs import Sysroot
from .processes import Crew, Member
from .settings import Settings

USER = "sync"


@dataclass(frozen=True)
class Rabbit:
    """A running RabbitMQ."""

    url: str
    port: int
    member: Member


def start(settings: Settings, crew: Crew, password: str, taken: set[int]) -> Rabbit:
    """Start a RabbitMQ with an empty folder of its own, and wait until it answers (some 6 s)."""
    sysroot = Sysroot(settings)
    sysroot.add(["rabbitmq-server"], "RabbitMQ")
    port, names, peers = (ports.choose(wanted, "RabbitMQ", "port", taken) for wanted in (17672, 17673, 17674))
    folder = settings.home / "run" / f"rabbitmq-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    erlang = sysroot.root / "usr/lib/erlang"
    programs = next(erlang.glob("erts-*/bin"))
    # Debian's own script names the folder it is installed in.
    wrapper = folder / "bin" / "erl"
    wrapper.write_text(
        f'#!/bin/sh\nexport ROOTDIR="{erlang}" BINDIR="{programs}" EMU=beam PROGNAME=erl\nexec "{programs}/erlexec" "$@"\n'
    )
    wrapper.chmod(0o755)
    conf = folder / "rabbitmq.conf"
    conf.touch(mode=0o600)
    conf.write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\ndefault_user = {USER}\ndefault_pass = {password}\n"
        "vm_memory_high_watermark.absolute = 256MB\ndisk_free_limit.absolute = 10MB\nlog.console = true\nlog.file = false\n"
    )
    (folder / "plugins").write_text("[].\n")
    env = clean_env(sysroot.env())
    env |= {
        "HOME": str(folder),  # the cookie of Erlang's own network is kept there
        "PATH": f"{folder / 'bin'}:{programs}:{env.get('PATH', '')}",
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"sync{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(peers),
        "RABBITMQ_CONFIG_FILE": str(conf),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    log = settings.log / "rabbitmq.log"
    crew.start(
        "Erlang's names", [programs / "epmd", "-address", "127.0.0.1", "-port", str(names)], log=log, env=env,
        ready=lambda: _listens(names),
    )  # fmt: skip
    server = next(sysroot.root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
    member = crew.start("RabbitMQ", [server], log=log, env=env, cwd=folder, ready=lambda: _greets(port), within=90)
    return Rabbit(f"amqp://{USER}:{password}@127.0.0.1:{port}/", port, member)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _greets(port: int) -> bool:
    """Does it speak AMQP already? It starts its answer to our header with a frame of type 1 (method)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"AMQP\x00\x00\x09\x01")
            link.settimeout(2)
            return link.recv(1) == b"\x01"
    except OSError:
        return False
