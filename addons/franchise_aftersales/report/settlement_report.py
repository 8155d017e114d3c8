from odoo import fields, models
from odoo.tools import SQL


class FranchiseSettlementReport(models.Model):
    """Settlement lines for pivot, graph and list (R-F1, R-F4): the rows themselves, no join.

    A row has the id of its line. Amounts of several currencies are added up in company currency only.
    """

    _name = "franchise.settlement.report"
    _description = "Settlement Report"
    _inherit = ["franchise.condensed.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "name"

    _depends = {
        "franchise.settlement.line": [
            "settlement_id", "name", "date", "kind", "state", "party", "partner_id", "company_id", "currency_id",
            "company_currency_id", "brand_id", "contract_id", "claim_id", "cause_id", "product_id", "amount", "amount_company",
        ],
    }  # fmt: skip

    name = fields.Char(string="Description", readonly=True)
    date = fields.Date(readonly=True)
    settlement_id = fields.Many2one("franchise.settlement", readonly=True)
    party = fields.Selection(lambda self: self._labels("franchise.settlement", "party"), string="Role", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    contract_id = fields.Many2one("franchise.contract", readonly=True)
    claim_id = fields.Many2one("franchise.claim", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    kind = fields.Selection(lambda self: self._labels("franchise.settlement.line", "kind"), readonly=True)
    state = fields.Selection(lambda self: self._labels("franchise.settlement", "state"), string="Status", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(
        string="Amount in Own Currency",
        readonly=True,
        help="In the settlement's currency; positive: the partner owes us. Group by currency before you add these up.",
    )
    amount_company = fields.Monetary(
        string="Amount",
        readonly=True,
        currency_field="company_currency_id",
        help="In company currency; positive: the partner owes us. Posted: what the journal item says, at the rate of the entry. "
        "Before: at the rate of the line's date.",
    )

    def _labels(self, model, field):
        """Choices of another model's field, whichever rooms have added to it."""
        return self.env[model]._fields[field]._description_selection(self.env)

    def _rows_query(self):
        lines = self.env["franchise.settlement.line"]
        names = ["id", *self._depends[lines._name]]
        columns = SQL(", ").join(SQL.identifier("line", name) for name in names)
        # What was reversed counts nowhere: its entry is taken back, and its amounts are settled by other lines.
        return SQL(
            "SELECT %s FROM %s line WHERE line.state IS DISTINCT FROM 'reversed'", columns, SQL.identifier(lines._table)
        )

    def _lines(self):
        return self.env["franchise.settlement.line"].browse(self.ids)

    def _open(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def action_view_line(self):
        """Open the settlement line."""
        self.ensure_one()
        return self._open(self._lines())

    def action_view_settlement(self):
        """Open the settlement."""
        self.ensure_one()
        return self._open(self.settlement_id)

    def action_view_claim(self):
        """Open the claim that the amount comes from."""
        self.ensure_one()
        return self._open(self.claim_id)

    def action_view_items(self):
        """Open the journal items that these lines were posted to."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Items"),
            "res_model": "account.move.line",
            "view_mode": "list,form",
            "domain": [("franchise_settlement_line_id", "in", self.ids)],
            "context": {"create": False},
        }
