from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"

# Which recovery percentage governs which kind of loss.
PERCENT_FIELDS = {
    "goods": "goods_percent",
    "parts": "goods_percent",
    "labour": "labour_percent",
    "freight": "freight_percent",
    "lost_sales": "indirect_percent",
    "penalty": "indirect_percent",
}


class FranchiseServiceAgreementVersion(models.Model):
    """Terms of an agreement for a span of days. A confirmed version never changes; an amendment is a new one.

    Two confirmed versions of one agreement can't overlap: an exclusion constraint in PostgreSQL.
    """

    _name = "franchise.service.agreement.version"
    _description = "Service Agreement Version"
    _inherit = ["franchise.document.mixin"]
    _order = "agreement_id, number desc"
    _check_company_auto = True

    _transitions = {"confirm": Transition(("draft",), "confirmed", GROUP_CONTRACT)}
    _frozen_fields = frozenset(
        {
            "agreement_id",
            "number",
            "date_from",
            "warranty_months",
            "claim_window_days",
            "goods_percent",
            "labour_percent",
            "freight_percent",
            "indirect_percent",
            "claim_ceiling",
            "carrier_id",
            "liability_ids",
        }
    )

    agreement_id = fields.Many2one(
        "franchise.service.agreement", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="agreement_id.company_id", store=True)
    currency_id = fields.Many2one(related="agreement_id.currency_id")
    number = fields.Integer(string="Version", required=True, readonly=True, copy=False, default=0)
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")], string="Status", default="draft", required=True, copy=False
    )
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", help="Last day on which these terms govern; empty means until amended.")
    warranty_months = fields.Integer(default=12, help="Months after the supplier's invoice; 0 means no warranty.")
    claim_window_days = fields.Integer(
        string="Claim Window",
        default=30,
        help="Days from discovery within which the supplier must be told; 0: no limit.",
    )
    goods_percent = fields.Float(string="Goods and Parts %", default=100.0, digits=(5, 2))
    labour_percent = fields.Float(string="Labour %", default=100.0, digits=(5, 2))
    freight_percent = fields.Float(string="Freight %", default=100.0, digits=(5, 2))
    indirect_percent = fields.Float(string="Indirect Loss %", default=0.0, digits=(5, 2))
    claim_ceiling = fields.Monetary(string="Ceiling per Claim", help="Most that one claim may recover; 0: no ceiling.")
    carrier_id = fields.Many2one("res.partner", help="Who bears the carrier's share.", check_company=True)
    liability_ids = fields.One2many(
        "franchise.service.agreement.liability", "version_id", string="Liability Matrix", copy=True
    )

    _unique_number = models.UniqueIndex("(agreement_id, number)", "This version number exists already.")
    _check_dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A version ends after it starts."
    )
    _check_percents = models.Constraint(
        "CHECK (goods_percent BETWEEN 0 AND 100 AND labour_percent BETWEEN 0 AND 100"
        " AND freight_percent BETWEEN 0 AND 100 AND indirect_percent BETWEEN 0 AND 100)",
        "Percentages lie between 0 and 100.",
    )
    _check_limits = models.Constraint(
        "CHECK (warranty_months >= 0 AND claim_window_days >= 0 AND claim_ceiling >= 0)",
        "Months, days and the ceiling can't be negative.",
    )
    # Ranges of one id instead of "agreement_id WITH =": needs no btree_gist extension.
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(agreement_id, agreement_id, '[]') WITH &&,"
        " daterange(date_from, date_to, '[]') WITH &&) WHERE (state = 'confirmed')",
        "Two confirmed versions of an agreement can't govern the same day: end the earlier one first.",
    )

    @api.depends("agreement_id.name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(agreement)s version %(number)s", agreement=version.agreement_id.name or "", number=version.number
            )

    @api.model_create_multi
    def create(self, vals_list):
        latest = dict(
            self._read_group(
                [("agreement_id", "in", [vals.get("agreement_id") for vals in vals_list])],
                ["agreement_id"],
                ["number:max"],
            )
        )
        latest = {agreement.id: number for agreement, number in latest.items()}
        for vals in vals_list:
            agreement_id = vals.get("agreement_id")
            latest[agreement_id] = vals["number"] = latest.get(agreement_id, 0) + 1
        return super().create(vals_list)

    def write(self, vals):
        # The end of a confirmed version may be set once, by the amendment that follows it; never moved freely.
        if "date_to" in vals and not self._is_moving() and "confirmed" in self.mapped("state"):
            raise UserError(self.env._("A confirmed version ends when the next one is confirmed, not by editing it."))
        return super().write(vals)

    def action_confirm(self):
        """Put the version in force; an open-ended earlier version ends the day before.

        :raises UserError: a version has no liability matrix, or names a carrier's share but no carrier.
        """
        for version in self:
            version._check_complete()
            earlier = version.agreement_id.version_ids.filtered(
                lambda other, version=version: (
                    other.state == "confirmed" and not other.date_to and other.date_from < version.date_from
                )
            )
            earlier._trusted().write({"date_to": fields.Date.subtract(version.date_from, days=1)})
            earlier.flush_recordset(["date_to"])
            version._move("confirm")
        return True

    def _check_complete(self):
        self.ensure_one()
        if not self.liability_ids:
            raise UserError(
                self.env._("%s has no liability matrix: say for each cause who bears which share.", self.display_name)
            )
        if not self.carrier_id and any(line.share_carrier for line in self.liability_ids):
            raise UserError(self.env._("%s gives a share to the carrier: name the carrier.", self.display_name))

    def action_amend(self):
        """Draft the next version from this one, starting today, and open it."""
        self.ensure_one()
        amendment = self.copy({"date_from": fields.Date.context_today(self), "date_to": False})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": amendment.id,
            "view_mode": "form",
            "target": "current",
        }

    def _percent_by_kind(self):
        """Recoverable percentage (0 to 100) of each kind of loss under these terms."""
        self.ensure_one()
        return {kind: self[field] for kind, field in PERCENT_FIELDS.items()}

    def _shares_for(self, cause):
        """Shares (percent) of the parties for `cause`: its own row, else its nearest parent's; {} when none fits."""
        self.ensure_one()
        by_cause = {line.cause_id: line for line in self.liability_ids}
        for candidate in cause._ancestors():
            if candidate in by_cause:
                return by_cause[candidate]._shares()
        return {}
