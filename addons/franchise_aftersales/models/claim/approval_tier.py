from odoo import api, fields, models
from odoo.exceptions import ValidationError

GROUP_FINANCE = "franchise_aftersales.group_finance"
GROUP_MANAGER = "franchise_aftersales.group_manager"
# From how many units of a currency with cents on; a currency without counts a hundred times as many.
DEFAULTS = ((0, GROUP_FINANCE, 1), (50_000, GROUP_MANAGER, 1), (500_000, GROUP_MANAGER, 2))


class FranchiseApprovalTier(models.Model):
    """Who approves claims from which assessed amount on, in the company's currency at the day's rate (R-D7).

    The highest tier that an amount reaches decides. Where two approvals are needed, anybody of finance gives the first and
    another person, of the tier's group, the last. Without a tier the role "Finance" is enough.
    """

    _name = "franchise.approval.tier"
    _description = "Approval Tier"
    _inherit = ["mail.thread"]
    _order = "company_id, amount_from"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_from = fields.Monetary(string="From Amount", required=True, tracking=True, help="In the company's currency.")
    group_id = fields.Many2one(
        "res.groups",
        string="Approved By",
        required=True,
        default=lambda self: self.env.ref(GROUP_FINANCE),
        domain=lambda self: [("id", "in", self.env.ref(GROUP_FINANCE).sudo().all_implied_by_ids.ids)],
        ondelete="restrict",
        tracking=True,
        help="Who gives the last approval: finance, or a group that includes finance.",
    )
    approver_count = fields.Integer(
        string="Approvals", required=True, default=1, tracking=True, help="One or two people."
    )

    _unique_amount = models.UniqueIndex("(company_id, amount_from)", "A tier begins at this amount already.")
    _check_tier = models.Constraint(
        "CHECK (amount_from >= 0 AND approver_count BETWEEN 1 AND 2)",
        "A tier begins at nothing or more and needs one or two approvals.",
    )

    @api.depends("amount_from", "currency_id", "group_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for tier in self:
            tier.display_name = self.env._(
                "from %(amount)s: %(group)s",
                amount=tier.currency_id.format(tier.amount_from),
                group=tier.group_id.sudo().name or "",
            )

    @api.constrains("group_id")
    def _check_group(self):
        finance = self.env.ref(GROUP_FINANCE)
        for tier in self:
            if finance not in tier.group_id.sudo().all_implied_ids:
                raise ValidationError(
                    self.env._(
                        "“%s” does not include finance: only finance approves claims.", tier.group_id.sudo().full_name
                    )
                )

    @api.model
    def _make_defaults(self, companies=None):
        """Write the usual tiers for companies without any; without `companies` for all."""
        have = self.search([("company_id", "!=", False)]).company_id
        if companies is None:
            companies = self.env["res.company"].search([("id", "not in", have.ids)])
        return self.create(
            [
                {
                    "company_id": company.id,
                    "amount_from": amount if company.currency_id.decimal_places else amount * 100,
                    "group_id": self.env.ref(group).id,
                    "approver_count": count,
                }
                for company in companies - have
                for amount, group, count in DEFAULTS
            ]
        )

    @api.model
    def _reached(self, claims):
        """{claim: (its assessed amount in the company's currency at today's rate, the tier that it reaches or none)}."""
        found = self._reached_by([(claim.company_id, claim.currency_id, claim.amount_assessed) for claim in claims])
        return dict(zip(claims, found, strict=True))

    @api.model
    def _reached_by(self, amounts):
        """What `_reached` says of a claim, for each of `amounts`: [(company, currency or none for the company's, amount)]."""
        companies = self.env["res.company"].union(*(company for company, _currency, _amount in amounts))
        tiers = self.sudo().search([("company_id", "in", companies.ids)]).grouped("company_id")
        today = fields.Date.context_today(self)
        result = []
        for company, currency, given in amounts:
            amount = (currency or company.currency_id)._convert(given, company.currency_id, company, today)
            reached = [
                tier
                for tier in tiers.get(company, ())
                if company.currency_id.compare_amounts(amount, tier.amount_from) >= 0
            ]
            result.append((amount, reached[-1] if reached else self.browse()))
        return result


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env["franchise.approval.tier"].sudo()._make_defaults(companies)
        return companies
