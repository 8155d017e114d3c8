from odoo import api, models
from odoo.tools import SQL


class FranchiseExchangeQuota(models.Model):
    """Stock bought back at the end counts with what was exchanged before: together never more than was sold (R-B8)."""

    _inherit = "franchise.exchange.quota"

    @api.model
    def _held_rows(self):
        return SQL(
            """
            %s UNION ALL
            SELECT goods.invoice_line_id, goods.quantity
              FROM franchise_final_goods goods
              JOIN franchise_final_settlement final ON final.id = goods.final_id
             WHERE final.state IN ('computed', 'approved') AND goods.is_resaleable
            """,
            super()._held_rows(),
        )
