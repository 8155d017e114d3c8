"""Databases that take long to make are made once and copied.

The *seed* is a whole PostgreSQL data directory in the cache, with one database: stock Odoo with accounting for China
(CNY, chart of accounts) and what our addon depends on, nothing of ours. The demo and the tests each work on a copy
of it. Our addon is installed in a clone of the stock database, once per content of the addon.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

from .commands import output
from .odoo import Odoo, Tools
from .once import DONE, built, key_of, remove_tree
from .postgres import Cluster
from .processes import Crew
from .say import Trouble, step
from .settings import REPO

STOCK = "stock"
COUNTRY = "CN"
LANGUAGE = "zh_CN"
ADDON = "franchise_aftersales"
BASE_MODULES = ("account", "l10n_cn")
LAYOUT = "1"  # raise when the making of the seed changes


def manifest(folder: Path) -> dict:
    """The manifest of an addon."""
    path = folder / "__manifest__.py"
    if not path.is_file():
        raise Trouble(f"{path} is missing: the addon {folder.name} is not (or not wholly) in this checkout.")
    return ast.literal_eval(path.read_text(encoding="utf-8"))


def stock_modules(tools: Tools) -> list[str]:
    """What the stock database has: accounting, and the modules of Odoo's own that our main addon depends on.

    Not what its bridges need: the main addon is installed and tested where those modules are missing.
    """
    names = {*BASE_MODULES, *manifest(tools.settings.addons / ADDON).get("depends", [])}
    return sorted(names - {"base"})


def bridges(tools: Tools) -> list[str]:
    """Our addons beside the main one: each installs itself where the modules of Odoo's that it bridges to are."""
    names = (path.parent.name for path in tools.settings.addons.glob("*/__manifest__.py"))
    return sorted(name for name in names if name != ADDON)


def bridged_modules(tools: Tools) -> list[str]:
    """The modules of Odoo's own that the bridges bridge to."""
    names: set[str] = set()
    for name in bridges(tools):
        names.update(manifest(tools.settings.addons / name).get("depends", []))
    return sorted(names - {ADDON} - set(bridges(tools)))


def content_key(folder: Path, leave_out: tuple[str, ...] = ()) -> str:
    """A key for the content of a folder tree, without compiled files and the named subfolders."""
    parts: list[str | Path] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in relative.parts and relative.parts[0] not in leave_out:
            parts += [str(relative), path]
    return key_of(*parts)


def ensure_seed(tools: Tools) -> Path:
    """Return the folder of the seed (`pg/data`, `filestore/stock`), making it first when needed."""
    modules = stock_modules(tools)
    version = output([tools.pg_bindir / "postgres", "--version"])
    lock = REPO / "requirements" / "odoo.lock"
    key = key_of(LAYOUT, version, tools.tree.key, lock, COUNTRY, LANGUAGE, *modules)

    def make(folder: Path) -> None:
        with step(f"Making the stock database (first time only): {', '.join(modules)}"):
            _make_seed(tools, folder, modules)

    return built(tools.settings.cache, "seed", key, make)


def _make_seed(tools: Tools, folder: Path, modules: list[str]) -> None:
    cluster = Cluster(tools.settings, tools.pg_bindir, folder / "pg/data", durable=False)
    cluster.create()
    with Crew(tools.settings.home) as crew:
        cluster.start(crew)
        odoo = Odoo(tools, cluster, "seed", 1, ours=False, folder=folder)
        odoo.write_conf()
        # The password is of no use to anybody: the demo gives each person a new one, tests never log in with it.
        odoo.run(
            "db", "-c", odoo.conf, "init", STOCK, "--country", COUNTRY, "--language", "en_US",
            what="Making the stock database",
        )  # fmt: skip
        odoo.install(STOCK, modules, language=LANGUAGE)
        cluster.sql("VACUUM ANALYZE", STOCK)
        cluster.stop(crew)
    (odoo.data / "filestore").rename(folder / "filestore")
    remove_tree(odoo.data)
    odoo.conf.unlink()
    shutil.rmtree(folder / "pg/socket", ignore_errors=True)


def ensure_cluster(tools: Tools, name: str, *, durable: bool) -> Cluster:
    """The data directory of the demo or of the tests: a copy of the seed, made anew when the seed changed."""
    seed = ensure_seed(tools)
    folder = tools.settings.home / f"pg-{name}"
    mark = folder / DONE
    cluster = Cluster(tools.settings, tools.pg_bindir, folder / "data", durable=durable)
    if not mark.exists() or mark.read_text() != seed.name:
        remove_tree(folder)
        remove_tree(filestores(tools, name))
        cluster = Cluster(tools.settings, tools.pg_bindir, folder / "data", durable=durable)
        copy_tree(seed / "pg/data", folder / "data")
        mark.write_text(seed.name)
    return cluster


def filestores(tools: Tools, name: str) -> Path:
    """Where the Odoo processes of the demo or of the tests keep configuration and files."""
    return tools.settings.home / f"odoo-{name}"


def copy_tree(source: Path, target: Path, *, link: bool = False) -> None:
    """Copy a folder fast: by reference where the file system can, by hard links when asked for."""
    target.parent.mkdir(parents=True, exist_ok=True)
    how = ["--link"] if link else ["--reflink=auto"]
    if subprocess.run(["cp", "-a", *how, source, target], stderr=subprocess.DEVNULL).returncode and link:
        remove_tree(target)  # another file system: no hard links
        copy_tree(source, target)
    elif not target.exists():
        raise Trouble(f"Copying {source} to {target} failed. Is the disk full?")


def clone(tools: Tools, cluster: Cluster, source: str, odoo: Odoo, target: str) -> None:
    """Clone a database with its files. The source is the stock database, or one of the same Odoo."""
    cluster.drop(target)
    cluster.clone(source, target)
    files = ensure_seed(tools) / "filestore" / STOCK if source == STOCK else odoo.data / "filestore" / source
    remove_tree(odoo.data / "filestore" / target)
    if files.is_dir():
        # Odoo writes each file once and never changes it, so hard links do.
        copy_tree(files, odoo.data / "filestore" / target, link=True)


def ensure_addon(tools: Tools, cluster: Cluster, odoo: Odoo, *, demo: bool) -> str:
    """Name of a database with our addon installed, for cloning; made anew when the addon's content changed."""
    # Tests and pictures don't change what is installed.
    key = content_key(tools.settings.addons, leave_out=()) if demo else _code_key(tools)
    kind = "demo" if demo else "addon"
    name = f"{kind}_{key}"
    present = cluster.databases()
    if name in present:
        return name
    for old in present:
        if old.startswith(f"{kind}_"):
            cluster.drop(old)
            remove_tree(odoo.data / "filestore" / old)
    work = f"making_{kind}"
    with step(f"Installing {ADDON}{' with its demo story' if demo else ''}"):
        clone(tools, cluster, STOCK, odoo, work)
        if demo:
            # Odoo loads a module's demo data only where all it depends on have theirs. Ours needs none of Odoo's
            # own demo companies and bills, and they would only blur the story.
            cluster.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'", work)
        odoo.install(work, [ADDON], demo=demo)
    check_installed(cluster, work, odoo, ADDON)
    rename(cluster, work, odoo, name)
    return name


def ensure_bridged(tools: Tools, cluster: Cluster, odoo: Odoo) -> str:
    """Name of a database with our addon and its bridges, for cloning; made anew when the content of one changed.

    What the bridges bridge to takes long to install and changes with Odoo only: it is kept in a database of its own.
    """
    modules = bridged_modules(tools)
    base = f"wide_{key_of(ensure_seed(tools).name, *modules)}"
    name = f"bridged_{_code_key(tools, *bridges(tools))}"
    present = cluster.databases()
    if name in present:
        return name
    for old in present:
        if old.startswith("bridged_") or (old.startswith("wide_") and old != base):
            cluster.drop(old)
            remove_tree(odoo.data / "filestore" / old)
    work = "making_bridged"
    if base not in present:
        with step(f"Installing {', '.join(modules)}"):
            clone(tools, cluster, STOCK, odoo, work)
            odoo.install(work, modules)
        rename(cluster, work, odoo, base)
    with step(f"Installing {ADDON} and its bridges"):
        clone(tools, cluster, base, odoo, work)
        odoo.install(work, [ADDON])
    for module in (ADDON, *bridges(tools)):
        check_installed(cluster, work, odoo, module)
    rename(cluster, work, odoo, name)
    return name


def check_installed(cluster: Cluster, database: str, odoo: Odoo, module: str) -> None:
    """Raise Trouble when a module is not installed in a database."""
    query = f"SELECT state FROM ir_module_module WHERE name = '{module}'"  # noqa: S608 — a folder's name
    state = cluster.sql(query, database).strip()
    if state != "installed":
        raise Trouble(f"{module} was not installed (state: {state or 'unknown to Odoo'}). See {odoo.log}.")


def rename(cluster: Cluster, work: str, odoo: Odoo, name: str) -> None:
    """Give a database that is complete its name, and its files with it."""
    cluster.sql(f'ALTER DATABASE "{work}" RENAME TO "{name}"')
    if (odoo.data / "filestore" / work).is_dir():
        os.replace(odoo.data / "filestore" / work, odoo.data / "filestore" / name)


def _code_key(tools: Tools, *more: str) -> str:
    parts = []
    for name in (ADDON, *more):
        parts += [name, content_key(tools.settings.addons / name, leave_out=("tests", "readme", "demo"))]
    return key_of(*parts)
