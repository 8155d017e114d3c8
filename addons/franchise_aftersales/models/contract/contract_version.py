from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ...tools.allocation import to_decimal
from ...tools.rebate import Tier
from ...tools.royalty import Span
from ..base.dated_version import no_overlap


class FranchiseContractVersion(models.Model):
    """Money terms of a contract for a span of days; an amendment is a new version (R-A2, R-A5)."""

    _name = "franchise.contract.version"
    _description = "Contract Terms"
    _inherit = ["franchise.dated.version.mixin"]
    _order = "contract_id, number desc"
    _check_company_auto = True

    _version_of = "contract_id"

    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    royalty_percent = fields.Float(string="Royalty %", digits=(5, 2), help="Of the outlets' net sales.")
    royalty_minimum = fields.Monetary(string="Minimum Royalty", help="Least royalty a month; 0: none.")
    marketing_percent = fields.Float(string="Marketing Fund %", digits=(5, 2))
    supply_price_cap = fields.Float(
        string="Supply Price Cap %", digits=(5, 2), help="Most that our prices may lie above the market's; 0: no cap."
    )
    report_days = fields.Integer(
        string="Sales Reported Within", default=10, help="Days after a month's end in which its sales are reported."
    )
    purchase_target = fields.Monetary(help="What the franchisee buys from us in one period; 0: no target.")
    target_period = fields.Selection(
        [("month", "Month"), ("quarter", "Quarter"), ("year", "Year")], default="year", required=True
    )
    rebate_tier_ids = fields.One2many(
        "franchise.contract.rebate.tier",
        "version_id",
        string="Rebate Tiers",
        copy=True,
        help="On the purchases of one period.",
    )
    renewal_mode = fields.Selection(
        [
            ("agreement", "By agreement"),
            ("automatic", "Automatic unless notice is given"),
            ("none", "No renewal"),
        ],
        string="Renewal",
        default="agreement",
        required=True,
    )
    renewal_months = fields.Integer(string="Renewed For", default=12, help="Months of the term after a renewal.")
    exchange_window_months = fields.Integer(
        string="Exchange Window", default=3, help="Months after purchase in which resaleable goods are taken back."
    )
    notice_days = fields.Integer(string="Notice Period", default=90, help="Days between a notice and the end.")
    acknowledge_days = fields.Integer(
        string="Acknowledgement Within", default=7, help="Days in which the other party acknowledges a notice."
    )
    cure_days = fields.Integer(string="Cure Period", default=30, help="Days to cure a default after its notice.")
    fee_refund = fields.Selection(
        [("none", "Not refunded"), ("pro_rata", "Pro rata of the days not run")], default="pro_rata", required=True
    )
    penalty_rule = fields.Selection(
        [
            ("none", "None"),
            ("fixed", "Fixed amount"),
            ("royalty_months", "Months of average royalty"),
            ("remaining_percent", "Percent of the minimum royalties of the days not run"),
        ],
        default="none",
        required=True,
    )
    penalty_amount = fields.Monetary()
    penalty_months = fields.Integer()
    penalty_percent = fields.Float(string="Penalty %", digits=(5, 2))
    penalty_cap = fields.Monetary(help="Most that the penalty may be; 0: no cap.")
    summary = fields.Char(string="In Short", compute="_compute_summary")

    _unique_number = models.UniqueIndex("(contract_id, number)", "This version number exists already.")
    _no_overlap = no_overlap(
        "contract_id",
        "Two confirmed versions of a contract's terms can't govern the same day: end the earlier one first.",
    )
    _check_percents = models.Constraint(
        "CHECK (royalty_percent BETWEEN 0 AND 100 AND marketing_percent BETWEEN 0 AND 100"
        " AND penalty_percent BETWEEN 0 AND 100 AND supply_price_cap >= 0)",
        "Percentages lie between 0 and 100; a price cap isn't negative.",
    )
    _check_amounts = models.Constraint(
        "CHECK (royalty_minimum >= 0 AND purchase_target >= 0 AND penalty_amount >= 0 AND penalty_cap >= 0)",
        "Amounts of the terms can't be negative.",
    )
    _check_spans = models.Constraint(
        "CHECK (exchange_window_months >= 0 AND notice_days >= 0 AND acknowledge_days >= 0 AND cure_days >= 0"
        " AND penalty_months >= 0 AND report_days >= 0 AND renewal_months >= 0"
        " AND (renewal_mode = 'none' OR renewal_months > 0))",
        "Days and months can't be negative, and a renewal has a term of at least one month.",
    )

    @api.depends(
        "royalty_percent",
        "royalty_minimum",
        "marketing_percent",
        "exchange_window_months",
        "purchase_target",
        "notice_days",
    )
    @api.depends_context("lang")
    def _compute_summary(self):
        for version in self:
            money = {
                name: formatLang(self.env, version[name], currency_obj=version.currency_id)
                for name in ("royalty_minimum", "purchase_target")
            }
            parts = [self.env._("royalty %g %%", version.royalty_percent)]
            if version.royalty_minimum:
                parts.append(self.env._("at least %s a month", money["royalty_minimum"]))
            if version.marketing_percent:
                parts.append(self.env._("marketing fund %g %%", version.marketing_percent))
            if version.purchase_target:
                parts.append(self.env._("purchase target %s", money["purchase_target"]))
            parts.append(self.env._("exchange within %s months", version.exchange_window_months))
            parts.append(self.env._("notice %s days", version.notice_days))
            version.summary = ", ".join(parts)

    def _check_complete(self):
        """Terms lie within the contract's term, and its first ones start with it."""
        self.ensure_one()
        contract = self.contract_id
        if not contract.date_start <= self.date_from <= contract.date_end:
            raise UserError(
                self.env._(
                    "%(version)s starts on %(date)s, outside the contract's term from %(start)s to %(end)s: correct its date.",
                    version=self.display_name,
                    date=self.date_from,
                    start=contract.date_start,
                    end=contract.date_end,
                )
            )
        return super()._check_complete()

    def _span(self, first, last):
        """Royalty terms of this version for its days between `first` and `last` (see `tools/royalty.py`)."""
        self.ensure_one()
        return Span(
            max(self.date_from, first),
            min(self.date_to or last, last),
            *(to_decimal(self[name]) for name in ("royalty_percent", "royalty_minimum", "marketing_percent")),
        )

    def _tiers(self):
        """Rebate tiers of this version (see `tools/rebate.py`)."""
        return [
            Tier(to_decimal(tier.threshold), to_decimal(tier.percent), tier.basis == "whole")
            for tier in self.rebate_tier_ids
        ]

    def _prepare_renewed(self, contract):
        """Values of the first version of `contract`, which renews the one of these terms."""
        self.ensure_one()
        [vals] = self.copy_data({"contract_id": contract.id, "date_from": contract.date_start, "date_to": False})
        return vals

    def _open_form(self):
        """Window action on this version."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
