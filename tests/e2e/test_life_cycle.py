"""Install, upgrade and uninstall on a stock Odoo that is used for sales, purchases and stock as well (R-H6)."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from house import databases
from house.commands import run
from house.odoo import Odoo
from house.processes import Crew

ADDON = databases.ADDON
OTHER_APPS = ["sale_management", "purchase", "stock"]
# The addon of release 19.0.1.0.0 as `git archive` wrote it from the last commit of that version, without tests and
# translations: a checkout may lack the history, and old data is best made by the old program itself.
OLD_RELEASE = Path(__file__).with_name(f"{ADDON}-19.0.1.0.0.tar.xz")

# A day's work in the other apps: bought, received, billed, sold, delivered, invoiced.
TRADE = """
import json
from odoo import Command, fields
groups = ("sales_team.group_sale_manager", "purchase.group_purchase_manager", "stock.group_stock_manager",
          "account.group_account_manager", "base.group_partner_manager")
clerk = env.ref("base.user_admin")
clerk.group_ids = [Command.link(env.ref(group).id) for group in groups]
env = env(user=clerk.id)
partner = env["res.partner"].create({"name": "Tea Garden"})
product = env["product.product"].create(
    {"name": "Kettle", "type": "consu", "is_storable": True, "list_price": 12.5, "taxes_id": [Command.clear()]})
line = {"product_id": product.id, "product_qty": 5, "price_unit": 7}
bought = env["purchase.order"].create({"partner_id": partner.id, "order_line": [Command.create(line)]})
bought.button_confirm()
for move in bought.picking_ids.move_ids:
    move.quantity, move.picked = 5, True
bought.picking_ids.button_validate()
bought.action_create_invoice()
bill = bought.invoice_ids
bill.invoice_date = fields.Date.today()
bill.action_post()
sold = env["sale.order"].create({"partner_id": partner.id, "order_line": [
    Command.create({"product_id": product.id, "product_uom_qty": 2})]})
sold.action_confirm()
for move in sold.picking_ids.move_ids:
    move.quantity, move.picked = 2, True
sold.picking_ids.button_validate()
invoice = sold._create_invoices()
invoice.action_post()
env.cr.commit()
print(json.dumps({
    "states": [bought.state, bill.state, sold.state, invoice.state],
    "amounts": [bill.amount_untaxed, invoice.amount_total], "stock": product.qty_available}))
"""
TRADED = {"states": ["purchase", "posted", "sale", "posted"], "amounts": [35.0, 25.0], "stock": 3.0}

# Everything that PostgreSQL knows of a database, one line each.
SCHEMA = """
    SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname FROM pg_constraint
               WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
"""
TABLES = """
    SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = 'id' ORDER BY table_name
"""
# Where other modules' work goes on: what stays there after the uninstall belongs to them.
BOOKS = {
    "account_move",
    "account_move_line",
    "res_partner",
    "product_product",
    "product_template",
    "product_value",
    "mail_message",
    "mail_tracking_value",
}
# What a posted entry is about can't be deleted; PostgreSQL says so in the log.
KEPT = tuple(f'DELETE FROM "{table}"' for table in ("res_partner", "product_product", "product_template"))
# Odoo's own book-keeping of a change of modules.
ODOO_OWN = {
    "bus_bus",
    "ir_model_data",
    "ir_model_constraint",
    "ir_cron_trigger",
    "orm_signaling_registry",
    "ir_attachment",
}
# Where a record says in words which model it is about.
ABOUT = {
    "ir_attachment": "res_model", "mail_message": "model", "mail_followers": "res_model", "ir_model": "model",
    "mail_activity": "res_model", "ir_model_fields": "model", "ir_sequence": "code", "ir_config_parameter": "key",
    "mail_template": "model", "ir_ui_view": "model", "ir_filters": "model_id", "ir_exports": "resource",
}  # fmt: skip
TERMS = """
    SELECT contract.name, contract.state, contract.date_start, version.number, version.state, version.date_from
      FROM franchise_contract contract LEFT JOIN franchise_contract_version version ON version.contract_id = contract.id
     ORDER BY contract.name, version.number
"""
# Open claims with a day until which the supplier must be told, or terms that limit how long something takes, without a clock.
UNMEASURED = """
    SELECT count(*) FROM franchise_claim claim
     WHERE ((claim.state = 'draft' AND claim.notice_deadline IS NOT NULL)
            OR (claim.state IN ('submitted', 'assessed', 'approved')
                AND EXISTS (SELECT 1 FROM franchise_service_level level
                             WHERE level.version_id = claim.version_id AND level.kind = 'resolution')))
       AND NOT EXISTS (SELECT 1 FROM franchise_claim_clock clock WHERE clock.claim_id = claim.id)
"""


@pytest.fixture(scope="module")
def shop(tools):
    """A cluster with the database `shop`: stock Odoo with the other apps; databases of the tests are copies of it."""
    with Crew(tools.settings.home) as crew:
        cluster = databases.ensure_cluster(tools, "lives", durable=False)
        cluster.start(crew)
        odoo = Odoo(tools, cluster, "lives", 1, ours=True, folder=databases.filestores(tools, "lives"))
        odoo.write_conf()
        databases.clone(tools, cluster, databases.STOCK, odoo, "shop")
        odoo.install("shop", OTHER_APPS)
        with tarfile.open(OLD_RELEASE) as archive:
            archive.extractall(odoo.folder / "release", filter="data")
        yield SimpleNamespace(odoo=odoo, cluster=cluster, tools=tools, release=odoo.folder / "release" / "addons")


def copy(shop: Any, target: str, *, demo: bool) -> None:
    """A copy of the shop. Odoo loads a module's demo data only where all that it depends on have theirs."""
    databases.clone(shop.tools, shop.cluster, "shop", shop.odoo, target)
    if demo:
        shop.cluster.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'", target)


def odoo(shop: Any, database: str, *arguments: str | Path) -> None:
    """Run the server on that database until its modules are loaded."""
    command = ("server", "-c", shop.odoo.conf, "-d", database, "--stop-after-init", "--no-http", *arguments)
    shop.odoo.run(*command, what=f"Odoo with {arguments}")


@contextmanager
def quiet(shop: Any, *, but: tuple[str, ...] = ()) -> Iterator[None]:
    """Nothing in the block makes Odoo warn in its log, except in lines with one of `but`."""
    before = shop.odoo.log.stat().st_size
    yield
    said = shop.odoo.log.read_bytes()[before:].decode().splitlines()
    warnings = [line for line in said if " WARNING " in line or " ERROR " in line]
    assert [line for line in warnings if not any(word in line for word in but)] == []


def trade(shop: Any, database: str) -> dict[str, Any]:
    """What came of a day's work in the other apps."""
    command = shop.odoo.command("shell", "-c", shop.odoo.conf, "-d", database, "--no-http", "--shell-interface=python")
    done = subprocess.run(
        [str(part) for part in command], input=TRADE, text=True, capture_output=True, env=shop.tools.env(),
        cwd=shop.odoo.folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def schema(shop: Any, database: str) -> set[str]:
    return set(shop.cluster.sql(SCHEMA, database).splitlines())


def rows(shop: Any, database: str) -> set[tuple[str, str]]:
    """(table, id) of every row."""
    tables = shop.cluster.sql(TABLES, database).split()
    union = " UNION ALL ".join(f"SELECT '{table}', id FROM \"{table}\"" for table in tables)
    return {tuple(line.split("\t")) for line in shop.cluster.sql(union, database).splitlines()}


def about_us(shop: Any, database: str) -> set[str]:
    """The tables of Odoo that still speak of a model of ours, a posted statement apart."""
    said = " UNION ALL ".join(
        f"SELECT DISTINCT '{table}' FROM \"{table}\" WHERE {column} LIKE 'franchise.%'"
        for table, column in ABOUT.items()
    )
    return set(shop.cluster.sql(said, database).split())


def module(shop: Any, database: str) -> list[str]:
    """State, version and whether there is demo data."""
    query = f"SELECT state, latest_version, demo FROM ir_module_module WHERE name = '{ADDON}'"
    return shop.cluster.sql(query, database).split()


def test_installed_beside_other_apps_and_gone_again(shop):
    """R-H6: the whole story with signed files and posted settlements; after the uninstall nothing of ours is left."""
    copy(shop, "life", demo=True)
    with quiet(shop):
        shop.odoo.install("life", [ADDON], demo=True)
    assert module(shop, "life") == ["installed", "19.0.2.0.0", "t"]
    count = shop.cluster.sql("SELECT count(*) FROM ir_attachment WHERE franchise_frozen", "life")
    assert int(count) > 5
    assert {"ir_attachment", "mail_message", "mail_followers", "ir_sequence"} <= about_us(shop, "life")
    posted = "SELECT move_id FROM franchise_settlement WHERE state = 'posted'"
    entries = shop.cluster.sql(posted, "life").split()
    assert entries

    with quiet(shop, but=KEPT):
        shop.odoo.run("module", "uninstall", "-c", shop.odoo.conf, "-d", "life", ADDON, what="Uninstalling")
    assert module(shop, "life")[0] == "uninstalled"
    assert schema(shop, "life") == schema(shop, "shop")
    assert about_us(shop, "life") == set()
    before, after = rows(shop, "shop"), rows(shop, "life")
    left = {table for table, _id in after - before} - BOOKS - ODOO_OWN
    assert left == set()
    assert before <= after
    kept = f"SELECT count(*) FROM account_move WHERE state = 'posted' AND id IN ({','.join(entries)})"
    assert int(shop.cluster.sql(kept, "life")) == len(entries)
    assert trade(shop, "life") == TRADED


def test_upgraded_from_the_first_release_with_its_data(shop):
    """R-H6: contracts signed under 19.0.1.0.0 get their first terms by the migration; a second `-u` changes nothing."""
    copy(shop, "old", demo=True)
    path = ",".join(map(str, [*shop.tools.tree.addons, shop.release]))
    odoo(shop, "old", "-i", ADDON, "--with-demo", "--addons-path", path)
    assert module(shop, "old") == ["installed", "19.0.1.0.0", "t"]
    # Users don't have demo data, and an upgrade adds none to theirs.
    shop.cluster.sql("UPDATE ir_module_module SET demo = false", "old")
    signed = shop.cluster.sql(
        "SELECT name, date_start FROM franchise_contract WHERE state = 'signed' ORDER BY 1", "old"
    )
    claims = "SELECT id, name, state, amount_claimed FROM franchise_claim ORDER BY id"
    claimed = shop.cluster.sql(claims, "old")
    assert len(signed.splitlines()) == 2
    assert len(claimed.splitlines()) > 30

    with quiet(shop):
        odoo(shop, "old", "-u", ADDON)
    assert module(shop, "old") == ["installed", "19.0.2.0.0", "f"]
    expected = [[name, "signed", start, "1", "confirmed", start] for name, start in map(str.split, signed.splitlines())]
    assert [line.split("\t") for line in shop.cluster.sql(TERMS, "old").splitlines()] == expected
    assert shop.cluster.sql(claims, "old") == claimed
    assert shop.cluster.sql(UNMEASURED, "old").split() == ["0"]
    assert trade(shop, "old") == TRADED

    tables, content = schema(shop, "old"), rows(shop, "old")
    with quiet(shop):
        odoo(shop, "old", "-u", ADDON)
    assert schema(shop, "old") == tables
    changed = {row for row in rows(shop, "old") ^ content if row[0] not in ODOO_OWN}
    assert changed == set()
    assert shop.cluster.sql(TERMS, "old").count("confirmed") == 2


def test_demo_story_without_any_program_that_prints(shop, tmp_path):
    """R-H6: where nothing can print, the demo story is installed all the same, with warnings that say what it lacks."""
    copy(shop, "mute", demo=True)
    (tmp_path / "weasyprint.py").write_text('raise ImportError("This machine has no WeasyPrint.")\n')
    (tmp_path / "wkhtmltopdf").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "wkhtmltopdf").chmod(0o755)
    env = shop.tools.env()
    env |= {"PYTHONPATH": f"{tmp_path}:{env['PYTHONPATH']}", "PATH": f"{tmp_path}:{env['PATH']}"}
    before = shop.odoo.log.stat().st_size
    command = shop.odoo.command(
        "server", "-c", shop.odoo.conf, "-d", "mute", "-i", ADDON, "--with-demo", "--stop-after-init", "--no-http"
    )
    run(command, log=shop.odoo.log, env=env, cwd=shop.odoo.folder, what="Installing without a printer")
    assert "can't be printed" in shop.odoo.log.read_bytes()[before:].decode()
    assert module(shop, "mute") == ["installed", "19.0.2.0.0", "t"]
    sent = "SELECT count(*), count(archive_id) FROM franchise_notice WHERE state IN ('sent', 'acknowledged')"
    assert shop.cluster.sql(sent, "mute").split()[1] == "0"
    assert int(shop.cluster.sql(sent, "mute").split()[0]) > 2
