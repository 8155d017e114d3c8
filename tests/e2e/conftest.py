"""Real processes for end-to-end tests: PostgreSQL, Valkey, our Odoo, the suppliers' stock Odoo, the worker.

`demo_env` is for tests that call `scripts/demo.sh` itself. `stack` is for tests that work with the running processes
from Python: it starts everything but acts no story. `supplier_odoo` is one supplier's stock Odoo alone.

Tests that install and measure may go beside the others, in a process and a home of their own.
"""

import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "scripts"))

from house import databases, ports  # noqa: E402 — the path has to come first
from house import settings as house_settings  # noqa: E402
from house import supplier_apps as apps  # noqa: E402
from house.odoo import Odoo  # noqa: E402
from house.once import locked  # noqa: E402
from house.processes import Crew, end_leftovers  # noqa: E402
from house.setup import prepare  # noqa: E402
from house.stack import Stack  # noqa: E402

# Ports of a second run beside the first are that much higher; `scripts/test.sh` names its home in E2E_BESIDE.
BESIDE = os.environ.get("E2E_BESIDE", "")
HIGHER = 500 if BESIDE else 0


@pytest.fixture(scope="session")
def demo_home():
    """A home of its own, below that of the tests (databases stay for the next run); the cache is shared."""
    base = house_settings.load()
    home = base.home / (f"e2e-{BESIDE}" if BESIDE else "e2e")
    home.mkdir(parents=True, exist_ok=True)
    yield home
    end_leftovers(home)


@pytest.fixture(scope="session")
def demo_env(demo_home):
    """Environment for `scripts/demo.sh` in that home, on ports beside the usual ones."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
    base = house_settings.load()
    ports = {"PORT_OUR": 18069, "PORT_SUPPLIER": 18169, "PORT_BROKER": 16399}
    env |= {name: str(port + HIGHER) for name, port in ports.items()}
    return {**env, "AFTERSALES_HOME": str(demo_home), "AFTERSALES_CACHE": str(base.cache)}


@pytest.fixture(scope="session")
def tools(demo_home):
    """Everything fetched, with ports beside the usual ones."""
    base = house_settings.load()
    ports = {"port_our": 19069, "port_supplier": 19169, "port_broker": 17399}
    ports = {name: port + HIGHER for name, port in ports.items()}
    settings = replace(base, home=demo_home, cache=base.cache, **ports)
    settings.make_folders()
    return prepare(settings)


@pytest.fixture(scope="module")
def stack(tools):
    """The running processes, started anew for each test module, from fresh databases.

    They are cloned from the ones that the tests of the demo installed: it is not running meanwhile.
    """
    with locked(tools.settings.home / "demo.lock", "the demo"), Crew(tools.settings.home) as crew:
        stack = Stack(tools, crew, durable=False)
        stack.start()
        yield stack


@pytest.fixture(scope="session")
def supplier_odoo(tools):
    """A supplier's stock Odoo: url, database, login and api_key of our user there, a clerk, our customer reference."""
    with Crew(tools.settings.home) as crew:
        yield _supplier(tools, crew, "supplier", 19269)


@pytest.fixture(scope="session")
def supplier_apps(tools):
    """The same with repairs, and claims and returns of the OCA, for which its clerk and our user have rights."""
    groups = ["stock.group_stock_user", "sales_team.group_sale_salesman", "rma.rma_group_user_all"]
    more = {"groups": groups, "products": {"V-1": "Valve 1", "V-2": "Valve 2"}}
    with Crew(tools.settings.home) as crew:
        yield _supplier(tools, crew, "apps", 19369, more)


def _supplier(tools, crew, name, port, more=None):
    clerk_password = secrets.token_urlsafe(12)
    data = {
        "name": "Ningbo Precision Equipment",
        "currency": "CNY",
        "currencies": ["CNY", "USD"],
        "customer": "Tea & Light",
        "customer_ref": "HQ-TEALIGHT",
        "clerk": {"name": "Credit Clerk", "login": "clerk", "password": clerk_password},
        "robot": {"name": "Tea & Light (API)", "login": "franchise-hq"},
        "admin_password": secrets.token_urlsafe(24),
        **(more or {}),
    }
    # A cluster of its own, for two suppliers may be up at once.
    cluster = databases.ensure_cluster(tools, name, durable=False)
    cluster.start(crew)
    odoo = Odoo(
        tools, cluster, name, ports.choose(port, "the supplier's Odoo", "port"), ours=False,
        folder=databases.filestores(tools, name), options={"db_name": "supplier", "dbfilter": "^supplier$"},
        others=(apps.ensure_oca(tools),) if more else (),
    )  # fmt: skip
    odoo.write_conf()
    source = apps.ensure_apps(tools, cluster, odoo) if more else databases.STOCK
    databases.clone(tools, cluster, source, odoo, "supplier")
    task = {"database": "supplier", "module": "supplier_apps" if more else "supplier", "data": data}
    (fitted,) = odoo.within([task], "Fitting out")
    odoo.start(crew)
    return SimpleNamespace(
        url=odoo.url, database="supplier", login="franchise-hq", api_key=fitted["api_key"], clerk_login="clerk",
        clerk_password=clerk_password, customer_ref="HQ-TEALIGHT",
    )  # fmt: skip
