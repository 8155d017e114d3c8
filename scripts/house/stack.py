"""All processes of the demo, as one thing: our Odoo, the suppliers' Odoo, the broker, the worker."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import databases, ports, valkey, worker
from .odoo import Odoo, Tools
from .postgres import Cluster
from .processes import Crew, Member
from .rpc import Person
from .say import Trouble, step

OUR_DATABASE = "franchise"
WORKER_LOGIN = "sync-worker"
PEOPLE = ("service", "service2", "contract", "finance", "accountant", "operator", "admin")
CLERK = "clerk"
LOOPBACK = "127.0.0.1"


@dataclass
class Stack:
    """The demo's processes and how to reach them. `name` separates the demo's databases from those of tests."""

    tools: Tools
    crew: Crew
    name: str = "demo"
    durable: bool = True
    suppliers: list[dict] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Databases, servers, broker, worker; in the end everything answers."""
        with step("Preparing databases"):
            self._start_databases()
        with step("Starting the broker, our Odoo and the suppliers' Odoo"):
            broker = valkey.start(
                self.tools.settings, self.crew, self.tools.venv, secrets.token_urlsafe(24), self.taken
            )
            # Both boot at the same time; each start() returns when its own answers.
            self.ours.start(self.crew, wait=False)
            self.theirs.start(self.crew, wait=False)
            self.crew.await_all()
        with step("Starting the worker"):
            self._start_worker(broker.url)

    @property
    def database(self) -> str:
        """Name of our database."""
        return OUR_DATABASE

    def person(self, login: str) -> Person:
        """One of our people, logged in."""
        return Person(self.ours.url, OUR_DATABASE, login, self.passwords[login])

    def clerk(self, supplier: dict) -> Person:
        """A supplier's clerk, logged in there."""
        return Person(self.theirs.url, supplier["database"], CLERK, self.passwords[CLERK])

    def _start_databases(self) -> None:
        settings = self.tools.settings
        self.cluster: Cluster = databases.ensure_cluster(self.tools, self.name, durable=self.durable)
        self.cluster.start(self.crew)
        folder = databases.filestores(self.tools, self.name)
        our_port = ports.choose(settings.port_our, "our Odoo", "PORT_OUR", self.taken)
        their_port = ports.choose(settings.port_supplier, "the suppliers' Odoo", "PORT_SUPPLIER", self.taken)
        self.ours = Odoo(
            self.tools, self.cluster, "ours", our_port, ours=True, folder=folder,
            options={"db_name": OUR_DATABASE, "dbfilter": f"^{OUR_DATABASE}$", "max_cron_threads": "1"},
        )  # fmt: skip
        self.ours.write_conf()
        template = databases.ensure_addon(self.tools, self.cluster, self.ours, demo=True)
        databases.clone(self.tools, self.cluster, template, self.ours, OUR_DATABASE)
        (self.suppliers,) = self._look_up_suppliers(template)
        names = [supplier["database"] for supplier in self.suppliers]
        self.theirs = Odoo(
            self.tools, self.cluster, "suppliers", their_port, ours=False, folder=folder,
            options={"db_name": ",".join(names), "dbfilter": f"^({'|'.join(names)})$"},
        )  # fmt: skip
        self.theirs.write_conf()
        for name in names:
            databases.clone(self.tools, self.cluster, databases.STOCK, self.theirs, name)
        self._fit_out()

    def _look_up_suppliers(self, template: str) -> list:
        """Who the suppliers of the story are. Kept beside the databases: it changes only with the story."""
        kept = self.ours.folder / f"suppliers-{template}.json"
        if not kept.exists():
            task = {"database": OUR_DATABASE, "module": "look", "data": {}}
            kept.write_text(json.dumps(self.ours.within([task], "Reading the demo story")))
        return json.loads(kept.read_text())

    def _fit_out(self) -> None:
        """Passwords, keys, addresses; new ones at every start."""
        self.passwords = {login: secrets.token_urlsafe(9) for login in (*PEOPLE, CLERK)}
        currencies = sorted({supplier["currency"] for supplier in self.suppliers} | {"CNY"})
        theirs = [
            {
                "database": supplier["database"],
                "module": "supplier",
                "data": {
                    **supplier,
                    "currencies": currencies,
                    "clerk": {"name": "Credit Clerk", "login": CLERK, "password": self.passwords[CLERK]},
                    "robot": {"name": f"{supplier['customer']} (API)", "login": supplier["login"]},
                    "admin_password": secrets.token_urlsafe(24),
                },
            }
            for supplier in self.suppliers
        ]
        ours = {
            "allowed_hosts": LOOPBACK,
            "supplier_url": self.theirs.url,
            "passwords": {login: self.passwords[login] for login in PEOPLE},
            "worker_login": WORKER_LOGIN,
        }
        task = {"database": OUR_DATABASE, "module": "ours", "data": ours}
        with ThreadPoolExecutor(2) as pool:
            our_result = pool.submit(self.ours.within, [task], "Preparing our database")
            their_result = pool.submit(self.theirs.within, theirs, "Preparing the suppliers' databases")
            self._keep_keys(our_result.result()[0]["api_key"], [row["api_key"] for row in their_result.result()])

    def _keep_keys(self, own: str, theirs: list[str]) -> None:
        """Passwords and keys in files that only their owner may read, as the worker wants them."""
        self.secrets = self.ours.folder / "secrets"
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        _write_private(self.secrets / "erp", own)
        for supplier, key in zip(self.suppliers, theirs, strict=True):
            _write_private(self.secrets / supplier["code"], key)
        _write_private(
            self.tools.settings.home / "run" / f"passwords-{self.name}.json", json.dumps(self.passwords, indent=2)
        )

    def _start_worker(self, broker_url: str) -> None:
        env = worker.python_env(self.tools.settings, self.tools.venv) | {
            "FRANCHISE_SYNC_ERP_URL": self.ours.url,
            "FRANCHISE_SYNC_ERP_DATABASE": OUR_DATABASE,
            "FRANCHISE_SYNC_ERP_LOGIN": WORKER_LOGIN,
            "FRANCHISE_SYNC_ERP_API_KEY_FILE": str(self.secrets / "erp"),
            "FRANCHISE_SYNC_SECRETS_DIR": str(self.secrets),
            "FRANCHISE_SYNC_BROKER_URL": broker_url,
            # The suppliers of the demo are on this machine; real ones are reached by https only.
            "FRANCHISE_SYNC_ALLOWED_PLAIN_HOSTS": LOOPBACK,
            "FRANCHISE_SYNC_POLL_INTERVAL": "0.5",
            "FRANCHISE_SYNC_ANSWER_INTERVAL": "2",
        }
        self.worker_env = env
        self.worker_log = self.tools.settings.log / "worker.log"
        self.worker: Member = self.crew.start(
            "The worker",
            [self.tools.venv.python, "-m", "franchise_sync", "run"],
            log=self.worker_log,
            env=env,
            patience=30,
        )

    def supplier(self, code: str) -> dict:
        """One supplier of the story by its code."""
        for supplier in self.suppliers:
            if supplier["code"] == code:
                return supplier
        raise Trouble(f"The story has no supplier '{code}'.")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
