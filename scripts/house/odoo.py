"""Run Odoo: its environment, its configuration file, single commands and the server."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from . import ports
from .commands import clean_env, run
from .debs import Sysroot
from .odoo_tree import OdooTree
from .postgres import PORT, USER, Cluster
from .processes import Crew, Member
from .say import Trouble
from .settings import Settings
from .venv import Venv

SCRIPTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Tools:
    """Everything that has been fetched: what it takes to run Odoo."""

    settings: Settings
    venv: Venv
    tree: OdooTree
    sysroot: Sysroot
    pg_bindir: Path
    extra_paths: tuple[Path, ...] = field(default=())
    """Folders with programs to put on PATH (wkhtmltopdf, a browser)."""

    def env(self) -> dict[str, str]:
        """Environment for Odoo and for tests: its package importable, libraries and fonts found."""
        env = clean_env(self.sysroot.env())
        env["PYTHONPATH"] = str(self.tree.path)
        # Odoo's tree may be read-only or shared; compiled files have a place of their own (start: 3.3 s → 1.8 s).
        env["PYTHONPYCACHEPREFIX"] = str(self.settings.cache / "pyc")
        programs = [self.venv.path / "bin", *self.extra_paths, self.pg_bindir]
        env["PATH"] = ":".join([*map(str, programs), env.get("PATH", "")])
        env["AFTERSALES_HOME"] = str(self.settings.home)
        env["AFTERSALES_CACHE"] = str(self.settings.cache)
        return env


@dataclass(frozen=True)
class Odoo:
    """One Odoo: a configuration file on a cluster, with or without our addons."""

    tools: Tools
    cluster: Cluster
    name: str
    port: int
    ours: bool
    folder: Path
    """Where its configuration and its file store are."""
    options: dict[str, str] = field(default_factory=dict)
    others: tuple[Path, ...] = ()
    """Folders with addons of others."""

    @property
    def conf(self) -> Path:
        """Its configuration file."""
        return self.folder / f"{self.name}.conf"

    @property
    def data(self) -> Path:
        """Its data folder (file store, sessions)."""
        return self.folder / f"{self.name}-data"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Its log file."""
        return self.tools.settings.log / f"odoo-{self.name}.log"

    def write_conf(self) -> None:
        """Write the configuration file; only its owner may read it."""
        addons = [*self.tools.tree.addons, *([self.tools.settings.addons] if self.ours else []), *self.others]
        values = {
            "db_host": self.cluster.socket,
            "db_port": PORT,
            "db_user": USER,
            "db_maxconn": 24,
            "data_dir": self.data,
            "http_interface": "127.0.0.1",
            "http_port": self.port,
            "gevent_port": min(self.port + 1000, 65535),  # unused: one process with threads
            "workers": 0,
            "max_cron_threads": 0,
            # The database manager is closed: nobody can drop or dump a database through the web.
            "list_db": False,
            "admin_passwd": secrets.token_urlsafe(24),
            "log_level": "info",
            "without_demo": "",
            **self.options,
        }
        if addons:
            values["addons_path"] = ",".join(map(str, addons))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        self.conf.touch(mode=0o600)
        self.conf.chmod(0o600)
        text = "\n".join(f"{key} = {value}" for key, value in values.items() if value != "")
        self.conf.write_text(f"[options]\n{text}\n")

    def command(self, *arguments: str | Path) -> list[str | Path]:
        """The command line of an Odoo subcommand or of the server."""
        return [self.tools.venv.python, "-m", "odoo", *arguments]

    def run(self, *arguments: str | Path, what: str) -> None:
        """Run one Odoo command to its end; raises Trouble with the end of its log when it fails."""
        run(
            self.command(*arguments), log=self.log, env=self.tools.env(), cwd=self.folder, what=what,
            advice="The log says why.",
        )  # fmt: skip

    def install(self, database: str, modules: list[str], *, demo: bool = False, language: str = "") -> None:
        """Install modules in a database."""
        options = ["--with-demo"] if demo else []
        options += [f"--load-language={language}"] if language else []
        self.run(
            "server", "-c", self.conf, "-d", database, "-i", ",".join(modules), "--stop-after-init", "--no-http",
            *options, what=f"Installing {', '.join(modules)} in {database}",
        )  # fmt: skip

    def within(self, tasks: list[dict], what: str) -> list:
        """Run our Python inside Odoo, as superuser: each task names a database, a module of `house.odoo_side` and data.

        Returns what the module's `prepare(env, data)` returned, per task. Files with the data are private and removed.
        """
        tasks_file, results_file = self.folder / f".tasks-{self.name}.json", self.folder / f".results-{self.name}.json"
        try:
            for path in (tasks_file, results_file):
                path.touch(mode=0o600)
            tasks_file.write_text(json.dumps(tasks))
            env = self.tools.env()
            env["PYTHONPATH"] = f"{env['PYTHONPATH']}:{SCRIPTS}"
            command = [self.tools.venv.python, "-m", "house.odoo_side", self.conf, tasks_file, results_file]
            run(command, log=self.log, env=env, cwd=self.folder, what=what, advice="The log says why.")
            return json.loads(results_file.read_text())
        finally:
            tasks_file.unlink(missing_ok=True)
            results_file.unlink(missing_ok=True)

    def start(self, crew: Crew, *, wait: bool = True, within: float = 180) -> Member:
        """Start the server and wait until /web/health answers (or leave the waiting to `crew.await_all()`)."""
        return crew.start(
            f"Odoo ({self.name})", self.command("server", "-c", self.conf),
            log=self.log, env=self.tools.env(), cwd=self.folder, ready=self.healthy, wait=wait, within=within, patience=20,
        )  # fmt: skip

    def healthy(self) -> bool:
        """Does this very server answer its health question? Raises Trouble when another program has its port."""
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=2) as reply:  # noqa: S310 — loopback
                answers = reply.status == 200
        except urllib.error.HTTPError:
            answers = False
        except OSError:
            return False
        if not ports.listens(self.port, str(self.conf)):
            raise Trouble(f"Another program took port {self.port} meanwhile. Start again, and another port is used.")
        return answers
