"""Our own Odoo: the manual's page of steps."""

from __future__ import annotations

from odoo.addons.franchise_aftersales.tools.steps_page import documents, page


def prepare(env, data):
    """Returns the text of docs/steps.md."""
    return page(documents(env))
