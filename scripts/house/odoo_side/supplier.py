"""A supplier's stock Odoo: its name, its currencies, its clerk, us as its customer, and a user for our worker."""

from __future__ import annotations

from datetime import datetime, timedelta

KEY_DAYS = 90


def prepare(env, data):
    """Fit out a clone of the stock database. Returns {"api_key": …}; standard apps only."""
    company = env.company
    currencies = env["res.currency"].with_context(active_test=False).search([("name", "in", data["currencies"])])
    currencies.active = True
    own = currencies.filtered(lambda currency: currency.name == data["currency"])
    # The chart of accounts came with the stock database; there is no entry yet, so the currency may change.
    company.write({"name": data["name"], "currency_id": own.id})
    env["ir.config_parameter"].init(force=True)  # an identity of its own: it is a clone
    users = env["res.users"].with_context(no_reset_password=True)
    invoicing = env.ref("account.group_account_invoice")
    clerk = users.create(
        {
            "name": data["clerk"]["name"],
            "login": data["clerk"]["login"],
            "password": data["clerk"]["password"],
            "group_ids": [(6, 0, invoicing.ids)],
        }
    )
    # The clerk looks after us: reminders of our notices go to them.
    env["res.partner"].create(
        {
            "name": data["customer"],
            "ref": data["customer_ref"],
            "is_company": True,
            "customer_rank": 1,
            "user_id": clerk.id,
        }
    )
    # No password: this user can come in by its key only. Notices are notes on our record, which needs a right to it.
    groups = invoicing | env.ref("base.group_partner_manager")
    robot = users.create(
        {"name": data["robot"]["name"], "login": data["robot"]["login"], "group_ids": [(6, 0, groups.ids)]}
    )
    env.ref("base.user_admin").password = data["admin_password"]
    return {"api_key": api_key(env, robot)}


def api_key(env, user):
    """A key for RPC, good for some weeks."""
    until = datetime.now() + timedelta(days=KEY_DAYS)  # noqa: DTZ005 — Odoo compares with its own naive now()
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "franchise-sync", until)
