"""All processes of the demo, as one thing: our Odoo, the suppliers' Odoo, the broker, the worker."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import databases, ports, valkey, worker
from .odoo import Odoo, Tools
from .once import key_of
from .postgres import Cluster
from .processes import Crew, Member
from .rpc import Person
from .say import Trouble, step

OUR_DATABASE = "franchise"
WORKER_LOGIN = "sync-worker"
PEOPLE = (
    "service",
    "service2",
    "contract",
    "contract2",
    "finance",
    "accountant",
    "operator",
    "manager",
    "admin",
    "supplier",
)
CLERK = "clerk"
LOOPBACK = "127.0.0.1"
FITTED = "fitted_"  # prefix of the databases that the story's are cloned from at each start
ODOO_SIDE = Path(__file__).with_name("odoo_side")


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
        """Clone the databases of the story from fitted ones, which are made first when the addon changed."""
        settings = self.tools.settings
        self.cluster: Cluster = databases.ensure_cluster(self.tools, self.name, durable=self.durable)
        self.cluster.start(self.crew)
        self.folder = databases.filestores(self.tools, self.name)
        self.secrets = self.folder / "secrets"
        # Preparing may take a minute; ports are chosen after it, so that nobody takes them meanwhile.
        self.ours = self._odoo("ours", 1, [OUR_DATABASE])
        self.ours.write_conf()
        self._ensure_fitted()
        our_port = ports.choose(settings.port_our, "our Odoo", "PORT_OUR", self.taken)
        their_port = ports.choose(settings.port_supplier, "the suppliers' Odoo", "PORT_SUPPLIER", self.taken)
        self.ours = self._odoo("ours", our_port, [OUR_DATABASE])
        self.ours.write_conf()
        names = [supplier["database"] for supplier in self.suppliers]
        self.theirs = self._odoo("suppliers", their_port, names)
        self.theirs.write_conf()
        for odoo, name in [(self.ours, OUR_DATABASE), *((self.theirs, name) for name in names)]:
            databases.clone(self.tools, self.cluster, FITTED + name, odoo, name)
        # The port may be another than last time.
        self.cluster.sql(f"UPDATE franchise_sync_endpoint SET url = '{self.theirs.url}'", OUR_DATABASE)  # noqa: S608
        self.cluster.make_durable()

    def _odoo(self, name: str, port: int, names: list[str]) -> Odoo:
        options = {"db_name": ",".join(names), "dbfilter": f"^({'|'.join(names)})$"}
        ours = name == "ours"
        options["max_cron_threads"] = "1" if ours else "0"
        return Odoo(self.tools, self.cluster, name, port, ours=ours, folder=self.folder, options=options)

    def _ensure_fitted(self) -> None:
        """Databases with people, passwords, keys and addresses in them, and the files that hold these secrets."""
        template = databases.ensure_addon(self.tools, self.cluster, self.ours, demo=True)
        kept = self.folder / "fitted.json"
        key = key_of(template, databases.content_key(ODOO_SIDE))
        if kept.exists():
            state = json.loads(kept.read_text())
            if state["key"] == key:
                self.suppliers, self.passwords = state["suppliers"], state["passwords"]
                return
        kept.unlink(missing_ok=True)
        with step("Giving the people of the story passwords, and the suppliers their own Odoo databases"):
            self._fit_out(template)
        write_private(
            kept, json.dumps({"key": key, "suppliers": self.suppliers, "passwords": self.passwords}, indent=1)
        )

    def _fit_out(self, template: str) -> None:
        our_name = FITTED + OUR_DATABASE
        databases.clone(self.tools, self.cluster, template, self.ours, our_name)
        look = {"database": our_name, "module": "look", "data": {}}
        (self.suppliers,) = self.ours.within([look], "Reading the demo story")
        self.passwords = {login: secrets.token_urlsafe(9) for login in (*PEOPLE, CLERK)}
        theirs = self._odoo("suppliers", 1, [FITTED + supplier["database"] for supplier in self.suppliers])
        theirs.write_conf()
        tasks = []
        for supplier in self.suppliers:
            databases.clone(self.tools, self.cluster, databases.STOCK, theirs, FITTED + supplier["database"])
            tasks.append({"database": FITTED + supplier["database"], "module": "supplier", "data": self._fit(supplier)})
        ours = {
            "allowed_hosts": LOOPBACK,
            "supplier_url": f"http://{LOOPBACK}:1",  # the real one is written at each start
            "passwords": {login: self.passwords[login] for login in PEOPLE},
            "worker_login": WORKER_LOGIN,
        }
        task = {"database": our_name, "module": "ours", "data": ours}
        with ThreadPoolExecutor(2) as pool:
            our_result = pool.submit(self.ours.within, [task], "Preparing our database")
            their_result = pool.submit(theirs.within, tasks, "Preparing the suppliers' databases")
            self._keep_keys(our_result.result()[0]["api_key"], [row["api_key"] for row in their_result.result()])

    def _fit(self, supplier: dict) -> dict:
        currencies = {other["currency"] for other in self.suppliers} | {"CNY"}
        return {
            **supplier,
            "currencies": sorted(currencies),
            "clerk": {"name": "Credit Clerk", "login": CLERK, "password": self.passwords[CLERK]},
            "robot": {"name": f"{supplier['customer']} (API)", "login": supplier["login"]},
            "admin_password": secrets.token_urlsafe(24),
        }

    def _keep_keys(self, own: str, theirs: list[str]) -> None:
        """Keys in files that only their owner may read, as the worker wants them."""
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        write_private(self.secrets / "erp", own)
        for supplier, key in zip(self.suppliers, theirs, strict=True):
            write_private(self.secrets / supplier["code"], key)

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
            "FRANCHISE_SYNC_ANSWER_INTERVAL": "1",
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


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
