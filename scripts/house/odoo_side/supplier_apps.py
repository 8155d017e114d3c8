"""A supplier's Odoo with repairs, claims and returns: rights for its clerk and for our user, products it knows."""

from __future__ import annotations

from . import supplier


def prepare(env, data):
    """Fit out a clone of the database with apps. Returns what `supplier.prepare` does.

    `data` has also `groups` (external ids, for the clerk and for our user) and `products` (code → name).
    """
    fitted = supplier.prepare(env, data)
    groups = env["res.groups"].union(*(env.ref(name) for name in data["groups"]))
    logins = [data["clerk"]["login"], data["robot"]["login"]]
    env["res.users"].search([("login", "in", logins)]).group_ids |= groups
    env["product.product"].create(
        [{"name": name, "default_code": code, "type": "consu"} for code, name in data["products"].items()]
    )
    # A refund without waiting for the goods: the one thing that their manager sets up before a clerk can do it.
    env.ref("rma.rma_operation_refund").write(
        {"action_create_receipt": False, "action_create_refund": "manual_on_confirm"}
    )
    return fitted
