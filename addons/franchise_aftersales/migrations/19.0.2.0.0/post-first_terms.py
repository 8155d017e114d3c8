"""Every contract that was signed before terms were dated gets bare first terms, so that every day has its terms."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Write version 1 from the start of each signed or ended contract that has none; it charges nothing."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    contracts = env["franchise.contract"].search(
        [("state", "in", ("signed", "ended")), ("version_ids", "=", False)], order="id"
    )
    versions = env["franchise.contract.version"].create(
        [{"contract_id": contract.id, "date_from": contract.date_start} for contract in contracts]
    )
    versions.action_confirm()
