"""The Python virtual environment with everything that requirements/*.lock names, each file checked by its hash."""

from __future__ import annotations

import configparser
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from .apt import machine_apt, unpack
from .commands import clean_env, run
from .once import built, key_of
from .say import Trouble, step
from .settings import REPO, Settings

LOCKS = ("odoo.lock", "worker.lock", "dev.lock")
UV_LOCK = "uv.lock"
OLDEST = (3, 11)
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Venv:
    """A finished virtual environment."""

    path: Path
    key: str

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    def program(self, name: str) -> Path:
        """A program that one of its packages brings."""
        return self.path / "bin" / name

    @property
    def packages(self) -> Path:
        """Its site-packages folder."""
        return next((self.path / "lib").glob("python*/site-packages"))


def locks() -> list[Path]:
    """The lock files that exist, in the order they are installed."""
    return [path for name in LOCKS if (path := REPO / "requirements" / name).exists()]


def ensure_venv(settings: Settings) -> Venv:
    """Return the virtual environment, making it first when the lock files or the Python changed."""
    if sys.version_info < OLDEST:
        raise Trouble(
            f"Python {platform.python_version()} is too old: 3.11 or newer is needed. Install it, "
            "or set AFTERSALES_PYTHON to a newer interpreter."
        )
    version = f"{platform.python_version()} {platform.machine()} {sys.executable}"
    key = key_of(version, *locks())

    def make(path: Path) -> None:
        with step("Installing the Python packages (first time only)"):
            _create(settings, path)
            _install(settings, path)

    return Venv(built(settings.cache, "venv", key, make, in_place=True), key)


def uv_env(settings: Settings) -> dict[str, str]:
    """Environment for uv: its cache in ours, and the index that pip is configured for, unless uv has its own."""
    env = clean_env()
    env.setdefault("UV_CACHE_DIR", str(settings.cache / "uv"))
    env.setdefault("UV_HTTP_TIMEOUT", "180")
    env["UV_PYTHON_DOWNLOADS"] = "never"
    index, cert = _pip_setting("index-url"), _pip_setting("cert")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"} & env.keys():
        env["UV_DEFAULT_INDEX"] = index
    # uv brings certificate authorities of its own; a company's mirror may have one that only the machine knows.
    for bundle in (cert, SYSTEM_CERTIFICATES):
        if bundle and Path(bundle).is_file():
            env.setdefault("SSL_CERT_FILE", bundle)
    return env


def _pip_setting(name: str) -> str:
    """A [global] setting of pip, from its variables or its files; empty when there is none."""
    if value := os.environ.get("PIP_" + name.upper().replace("-", "_")):
        return value
    config = configparser.RawConfigParser()
    own = [os.environ["PIP_CONFIG_FILE"]] if os.environ.get("PIP_CONFIG_FILE") else []
    files = ["/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf", *own]
    try:
        config.read([os.path.expanduser(name) for name in files], encoding="utf-8")
    except configparser.Error:
        return ""
    return config.get("global", name, fallback="")


def _create(settings: Settings, path: Path) -> None:
    """An empty virtual environment with uv in reach."""
    log = settings.log / "venv.log"
    if uv := _uv_on_path():
        run(
            [uv, "venv", "--quiet", "--no-project", "--allow-existing", "--python", sys.executable, path], log=log,
            env=uv_env(settings), what="Creating the virtual environment",
        )  # fmt: skip
        return
    try:
        import ensurepip  # noqa: F401 — Debian leaves it out of python3; asking is the point

        command, env = [sys.executable, "-m", "venv", path], clean_env()
        run(command, log=log, env=env, what="Creating the virtual environment")
        pip = [path / "bin" / "python", "-m", "pip"]
    except (ImportError, Trouble):
        command = [sys.executable, "-m", "venv", "--clear", "--without-pip", path]
        run(command, log=log, what="Creating the virtual environment", advice="Install the package python3-venv.")
        env = clean_env({"PYTHONPATH": str(_pip_wheel(settings))})
        pip = [path / "bin" / "python", "-m", "pip"]
    run(
        [*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-cache-dir",
         "-r", REPO / "requirements" / UV_LOCK],
        log=log, env=env, what="Installing uv", advice="Check that pip reaches a package index.",
    )  # fmt: skip


def _uv_on_path() -> str | None:
    """uv, if it is there and starts (a version manager's shim may point to nothing)."""
    uv = shutil.which("uv")
    if not uv:
        return None
    try:
        run([uv, "--version"], log=Path(os.devnull), what="Starting uv")
    except Trouble:
        return None
    return uv


def _pip_wheel(settings: Settings) -> Path:
    """pip itself, from Debian's python3-pip-whl: the way in when the machine's Python has no ensurepip."""
    folder = settings.cache / "pip"
    wheels = folder / "usr/share/python-wheels"
    if not any(wheels.glob("pip-*.whl")):
        apt = machine_apt(settings)
        apt.update()
        for deb in apt.download(["python3-pip-whl"], settings.cache / "debs"):
            unpack(deb, folder, settings.log / "apt.log")
            deb.unlink()
    return max(wheels.glob("pip-*.whl"))


def _install(settings: Settings, path: Path) -> None:
    """Install the lock files."""
    inside = path / "bin" / "uv"
    uv = inside if inside.exists() else _uv_on_path()
    requirements = [part for lock in locks() for part in ("-r", str(lock))]
    run(
        [uv, "pip", "install", "--quiet", "--require-hashes", "--python", path / "bin" / "python", *requirements],
        log=settings.log / "venv.log", env=uv_env(settings), what="Installing the Python packages",
        advice="Check that pip's package index can be reached (PIP_INDEX_URL or pip.conf), then start again.",
    )  # fmt: skip
