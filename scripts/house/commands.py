"""Run one command to its end, with its output in a log file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .say import Trouble, last_lines

# Settings of the person's shell that would lead our children to another server, or another Odoo.
FOREIGN = (
    "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGDATA",
    "ODOO_RC", "OPENERP_SERVER", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV",
)  # fmt: skip


DEATHSIG = Path(__file__).with_name("deathsig.py")


def guarded(argv: Sequence[str | Path], signal_name: str = "TERM") -> list[str]:
    """The same command, which gets a signal when this process dies, in whatever way."""
    guard = [sys.executable, "-I", "-S", str(DEATHSIG), str(os.getpid()), signal_name]
    return [*guard, *map(str, argv)]


def clean_env(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process without what would mislead a child, plus `extra`."""
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    env.update(LANG="C.UTF-8", LC_ALL="C.UTF-8")
    env.update(extra or {})
    return env


def run(
    argv: Sequence[str | Path],
    *,
    log: Path,
    what: str,
    advice: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run `argv`, adding its output to `log`. Raises Trouble with the last lines of it when the command fails.

    `what` completes the sentence "… failed"; `advice` says what to do then.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if not shutil.which(str(argv[0])):
        raise Trouble(f"{what} failed: there is no program {argv[0]} on this machine. {advice}".rstrip())
    with log.open("a") as out:
        before = out.tell()
        out.write(f"$ {' '.join(str(a) for a in argv)}\n")
        out.flush()
        done = subprocess.run(
            guarded(argv),
            env=env or clean_env(),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        said = last_lines(log, after=before)
        raise Trouble(f"{what} failed (exit {done.returncode}). {advice}\nThe end of {log}:\n{said}")


def output(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, text: str | None = None) -> str:
    """What a short command prints. Raises Trouble with its error text when it fails."""
    done = subprocess.run([str(a) for a in argv], env=env or clean_env(), capture_output=True, text=True, input=text)
    if done.returncode:
        raise Trouble(f"'{' '.join(str(a) for a in argv)}' failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
