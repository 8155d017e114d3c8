from odoo import fields, models
from odoo.tools import SQL

from .charge import KINDS


class FranchiseSettlementLine(models.Model):
    """Charges are settled under their own kinds."""

    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=KINDS, ondelete={kind: "cascade" for kind, _label in KINDS})


class FranchiseTieOut(models.Model):
    """What the charges say, for the tie-out."""

    _inherit = "franchise.tie.out"

    def _source_amounts(self):
        return SQL(
            "%s UNION ALL SELECT 'franchise.charge', id, amount FROM franchise_charge WHERE state = 'confirmed'",
            super()._source_amounts(),
        )
