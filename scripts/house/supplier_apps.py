"""A supplier's Odoo with apps beside accounting: Odoo's own Repairs, and claims and returns of the OCA.

The OCA's addons (AGPL 3) are fetched as packages, checked by hash, for tests alone: they run in a process of their own
that stands for a supplier's system, and nothing of them is part of this project.
"""

from __future__ import annotations

from pathlib import Path

from . import databases
from .commands import run
from .odoo import Odoo, Tools
from .once import built, key_of, remove_tree
from .postgres import Cluster
from .say import step
from .settings import REPO
from .venv import uv_env

LOCK = REPO / "requirements" / "oca.lock"
MODULES = ("repair", "crm_claim", "rma")


def ensure_oca(tools: Tools) -> Path:
    """The folder with the OCA's addons, fetched first where the cache has none."""
    settings = tools.settings

    def make(path: Path) -> None:
        run(
            [tools.venv.python, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target",
             path, "-r", LOCK],
            log=settings.log / "oca.log", env=uv_env(settings), what="Fetching apps of the OCA",
            advice="Check that pip's package index can be reached (PIP_INDEX_URL or pip.conf), then start again.",
        )  # fmt: skip

    return built(settings.cache, "oca", key_of(LOCK), make) / "odoo" / "addons"


def ensure_apps(tools: Tools, cluster: Cluster, odoo: Odoo) -> str:
    """Name of a database with these apps, for cloning; made anew when Odoo or a version of an app changed."""
    name = f"apps_{key_of(databases.ensure_seed(tools).name, LOCK, *MODULES)}"
    present = cluster.databases()
    if name in present:
        return name
    for old in present:
        if old.startswith("apps_"):
            cluster.drop(old)
            remove_tree(odoo.data / "filestore" / old)
    work = "making_apps"
    with step(f"Installing {', '.join(MODULES)}"):
        databases.clone(tools, cluster, databases.STOCK, odoo, work)
        odoo.install(work, list(MODULES))
    for module in MODULES:
        databases.check_installed(cluster, work, odoo, module)
    databases.rename(cluster, work, odoo, name)
    return name
