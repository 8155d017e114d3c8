from odoo import api, fields, models


class ResPartner(models.Model):
    """Whether a partner has a scorecard: it has agreements or contracts with the companies that the user works in."""

    _inherit = "res.partner"

    is_franchise_supplier = fields.Boolean(compute="_compute_franchise_scorecards")
    is_franchise_franchisee = fields.Boolean(compute="_compute_franchise_scorecards")

    @api.depends_context("allowed_company_ids")
    def _compute_franchise_scorecards(self):
        known = {}
        for model, name in (("franchise.service.agreement", "supplier_id"), ("franchise.contract", "franchisee_id")):
            groups = (
                self.env[model]
                .sudo()
                ._read_group(
                    [
                        (f"{name}.commercial_partner_id", "in", self.commercial_partner_id.ids),
                        ("company_id", "in", self.env.companies.ids),
                        ("state", "!=", "draft"),
                    ],
                    [name],
                )
            )
            known[name] = {partner.commercial_partner_id.id for (partner,) in groups}
        for partner in self:
            partner.is_franchise_supplier = partner.commercial_partner_id.id in known["supplier_id"]
            partner.is_franchise_franchisee = partner.commercial_partner_id.id in known["franchisee_id"]

    def action_view_supplier_scorecard(self):
        """Open the scorecard of this supplier, month by month."""
        return self._scorecard("supplier", "supplier_id")

    def action_view_franchisee_scorecard(self):
        """Open the scorecard of this franchisee, month by month."""
        return self._scorecard("franchisee", "franchisee_id")

    def _scorecard(self, kind, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"franchise_aftersales.franchise_{kind}_scorecard_action"
        )
        return {
            **action,
            "domain": [(name, "=", self.commercial_partner_id.id)],
            "context": {"search_default_group_month": 1},
        }
