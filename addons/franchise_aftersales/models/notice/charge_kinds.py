from odoo import api, fields, models

KINDS = [("transfer_fee", "Transfer fee"), ("asset_purchase", "Purchase of assets")]
ONDELETE = {kind: "cascade" for kind, _label in KINDS}


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=KINDS, ondelete=ONDELETE)


class FranchiseCharge(models.Model):
    """The fee of a transfer, and what we pay for assets that we take over (R-A12)."""

    _inherit = "franchise.charge"

    kind = fields.Selection(selection_add=KINDS, ondelete=ONDELETE)

    @api.model
    def _formula_texts(self):
        rules = dict(
            self.env["franchise.contract.version"]._fields["asset_price_rule"]._description_selection(self.env)
        )
        return {
            **super()._formula_texts(),
            "transfer_fee": lambda values: self.env._(
                "greater of %(fixed)s and %(percent)s %% of the price %(price)s",
                fixed=values["fixed"],
                percent=values["percent"],
                price=values["price"],
            ),
            "asset_price": lambda values: self.env._(
                "%(rule)s; book value %(book)s, appraised value %(appraised)s",
                rule=rules.get(values["rule"], values["rule"]),
                book=values["book"],
                appraised=values["appraised"] or self.env._("none"),
            ),
        }
