"""Our own Odoo: passwords for the demo people, the worker's key, and where the suppliers' systems answer."""

from __future__ import annotations

from .supplier import api_key


def prepare(env, data):
    """Fit out a clone of the database with the demo story. Returns {"api_key": …, "endpoints": {code: database}}."""
    env["ir.config_parameter"].init(force=True)  # an identity of its own: it is a clone
    env["ir.config_parameter"].set_param("franchise_aftersales.sync_allowed_hosts", data["allowed_hosts"])
    for login, password in data["passwords"].items():
        user = env["res.users"].search([("login", "=", login)])
        if not user:
            raise LookupError(f"The demo data has no user '{login}', whom the story needs.")
        user.password = password
    endpoints = env["franchise.sync.endpoint"].search([])
    endpoints.write({"url": data["supplier_url"]})
    # The story's letters and mails stay in the queue: nobody in it has an address that exists.
    env.ref("mail.ir_cron_mail_scheduler_action").active = False
    worker = env["res.users"].search([("login", "=", data["worker_login"])])
    return {"api_key": api_key(env, worker)}
