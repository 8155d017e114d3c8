"""The external worker: how to run it from this checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .commands import clean_env, run
from .once import built, key_of
from .say import Trouble
from .settings import Settings
from .venv import Venv, uv_env


def ensure_worker(settings: Settings, venv: Venv) -> list[Path]:
    """Folders to put on PYTHONPATH: the worker's source, and its metadata (connectors are found by entry point).

    The virtual environment may be shared by checkouts, so the worker is not installed into it.
    """
    source = settings.repo / "worker"
    project = source / "pyproject.toml"
    if not project.is_file():
        raise Trouble(f"{project} is missing: the worker is not in this checkout.")

    def make(folder: Path) -> None:
        run(
            [venv.program("uv"), "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", venv.python,
             "--target", folder, "--editable", source],
            log=settings.log / "venv.log", env=uv_env(settings), what="Registering the worker's entry points",
            advice="Look at worker/pyproject.toml.",
        )  # fmt: skip

    return [source, built(settings.home, "worker", key_of(str(source), venv.key, project), make)]


def python_env(settings: Settings, venv: Venv, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment in which `franchise_sync` can be imported, and Odoo can't; `extra` is added first."""
    env = clean_env(extra)
    env["PYTHONPATH"] = ":".join(str(path) for path in ensure_worker(settings, venv))
    env["PATH"] = f"{venv.path / 'bin'}:{env.get('PATH', '')}"
    env["PYTHONPYCACHEPREFIX"] = str(settings.cache / "pyc")
    return env
