"""Settings, all from the environment, each with a default. `scripts/setup.sh settings` prints them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .say import Trouble

REPO = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Where things live and which ports are wanted. Paths are absolute; ports are TCP on the loopback interface."""

    home: Path
    """AFTERSALES_HOME: everything these scripts write. Default: `.local` in the checkout."""
    cache: Path
    """AFTERSALES_CACHE: what is fetched or built once; checkouts may share it. Default: `cache` in the home."""
    odoo_home: Path | None
    """ODOO_HOME: folder that holds the package `odoo`, version 19 (a source checkout, an unpacked package)."""
    odoo_deb: Path | None
    """ODOO_DEB: a local odoo-19 package file of Debian."""
    odoo_refresh: bool
    """ODOO_REFRESH=1: look for a newer odoo-19 even when one is in the cache."""
    debian_mirror: str
    """DEBIAN_MIRROR: where Debian's suites are; default: the mirror of this machine's own apt configuration."""
    debian_suite: str
    """DEBIAN_SUITE: the suite with odoo-19, sid by default."""
    pg_bindir: Path | None
    """PG_BINDIR: folder with initdb, postgres and psql of the PostgreSQL to use."""
    port_our: int
    """PORT_OUR: our Odoo, 8069."""
    port_supplier: int
    """PORT_SUPPLIER: the suppliers' Odoo, 8169."""
    port_broker: int
    """PORT_BROKER: Valkey or Redis, 6399."""

    @property
    def repo(self) -> Path:
        """The checkout these scripts belong to."""
        return REPO

    @property
    def addons(self) -> Path:
        """The folder of our own addons."""
        return REPO / "addons"

    @property
    def log(self) -> Path:
        """Folder of the log files."""
        return self.home / "log"

    def make_folders(self) -> None:
        """Create the home (readable by its owner only: it holds passwords) and the cache."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        for folder in (self.cache, self.log, self.home / "run"):
            folder.mkdir(parents=True, exist_ok=True)


def _path(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name, "").strip()
    return Path(text).expanduser().absolute() if text else None


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble(f"{name} is '{text}', which is no port number. Set it to a number from 1 to 65535, or unset it.")
    return int(text)


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises Trouble when one makes no sense."""
    home = _path(env, "AFTERSALES_HOME") or REPO / ".local"
    settings = Settings(
        home=home,
        cache=_path(env, "AFTERSALES_CACHE") or home / "cache",
        odoo_home=_path(env, "ODOO_HOME"),
        odoo_deb=_path(env, "ODOO_DEB"),
        odoo_refresh=env.get("ODOO_REFRESH", "") not in ("", "0"),
        debian_mirror=env.get("DEBIAN_MIRROR", "").strip(),
        debian_suite=env.get("DEBIAN_SUITE", "").strip() or "sid",
        pg_bindir=_path(env, "PG_BINDIR"),
        port_our=_port(env, "PORT_OUR", 8069),
        port_supplier=_port(env, "PORT_SUPPLIER", 8169),
        port_broker=_port(env, "PORT_BROKER", 6399),
    )
    if settings.odoo_deb and not settings.odoo_deb.is_file():
        raise Trouble(f"ODOO_DEB names {settings.odoo_deb}, and there is no such file. Correct the path, or unset it.")
    return settings
