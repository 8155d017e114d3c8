from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import as_text, round_money
from ...tools.royalty import month_ends, royalty_parts
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseSalesReport(models.Model):
    """What the outlets of a contract sold in a month; from it follow royalty and marketing fund (R-A2).

    One a contract and month. A correction takes the confirmed report back to draft as its next revision; confirming
    it again charges the difference, so that what was settled stays as it was.
    """

    _name = "franchise.sales.report"
    _description = "Sales Report"
    _inherit = ["franchise.contract.header.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "month desc, contract_id"

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_CONTRACT),
        "correct": Transition(("confirmed",), "draft", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {"contract_id", "month", "net_sales", "reported_by", "reported_on", "attachment_ids", "correction_reason"}
    )
    _step_fields = frozenset({"revision", "is_estimate", "entered_by_id", "confirmed_by_id"})

    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    contract_id = fields.Many2one(domain="[('state', 'in', ('signed', 'ended'))]")
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    month = fields.Date(required=True, help="Any day of the month; kept as its first day.")
    net_sales = fields.Monetary(required=True, tracking=True, help="Of all outlets of the contract, without tax.")
    reported_by = fields.Char(help="Who reported the sales.")
    reported_on = fields.Date(default=fields.Date.context_today)
    attachment_ids = fields.Many2many("ir.attachment", string="Evidence", bypass_search_access=True)
    correction_reason = fields.Char(copy=False, tracking=True, help="Why a confirmed report is corrected.")
    revision = fields.Integer(readonly=True, copy=False, default=1)
    is_estimate = fields.Boolean(
        string="Estimate", readonly=True, copy=False, help="The minimum was charged for want of a report."
    )
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    royalty_amount = fields.Monetary(string="Royalty", compute="_compute_amounts", store=True)
    marketing_amount = fields.Monetary(string="Marketing Fund", compute="_compute_amounts", store=True)
    charge_ids = fields.One2many(
        "franchise.charge", "res_id", string="Charges", domain=lambda self: [("res_model", "=", self._name)]
    )

    _unique_month = models.UniqueIndex("(contract_id, month)", "This contract has a report for this month already.")
    _check_sales = models.Constraint("CHECK (net_sales >= 0)", "Net sales can't be negative.")
    _four_eyes = models.Constraint(
        "CHECK (is_estimate IS TRUE OR confirmed_by_id IS NULL OR confirmed_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody confirms sales that they entered.",
    )
    _check_month = models.Constraint("CHECK (date_trunc('month', month) = month)", "A month is kept as its first day.")

    @api.depends("contract_id", "month")
    def _compute_display_name(self):
        for report in self:
            report.display_name = self.env._(
                "%(contract)s sales %(month)s",
                contract=report.contract_id.name or "",
                month=(report.month and report.month.strftime("%Y-%m")) or "",
            )

    @api.depends("contract_id", "month", "net_sales")
    def _compute_amounts(self):
        parts_by_report = self._royalty_parts()
        for report in self:
            parts = parts_by_report[report]
            report.royalty_amount = float(sum(part.royalty for part in parts))
            report.marketing_amount = float(sum(part.marketing for part in parts))

    def _royalty_parts(self):
        """{report: parts of its month} (see `tools/royalty.py`), in one query for each month."""
        found = {}
        for month, reports in self.grouped("month").items():
            spans = reports.contract_id._origin._spans_of_month(*month_ends(month)) if month else {}
            for report in reports:
                contract = report.contract_id._origin
                found[report] = (
                    royalty_parts(month, report.net_sales, spans[contract], contract.currency_id.rounding)
                    if month and contract and report.net_sales >= 0
                    else []
                )
        return found

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._first_of_month(vals) for vals in vals_list])

    def write(self, vals):
        result = super().write(self._first_of_month(vals))
        # Who changed the sales entered them: they are somebody else's to confirm.
        if not self._is_moving() and self._frozen_fields.intersection(vals):
            self._trusted().write({"entered_by_id": self.env.uid})
        return result

    @api.model
    def _first_of_month(self, vals):
        month = fields.Date.to_date(vals.get("month"))
        return {**vals, "month": month.replace(day=1)} if month else vals

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        for report in self:
            if report.revision > 1:
                raise UserError(
                    self.env._("%s has been charged: correct it and confirm it again.", report.display_name)
                )

    def action_confirm(self):
        """Confirm the sales and charge royalty and marketing fund, or the difference to what was charged before.

        What the franchisee's own login entered needs one member of staff, what staff entered a second one.

        :raises UserError: the user entered them, the contract isn't signed, the month isn't over, or no terms were in
            force in it.
        """
        self._check_transition("confirm")
        for report in self:
            if report.entered_by_id == self.env.user and not report.is_estimate:
                raise UserError(self.env._("%s: nobody confirms sales that they entered.", report.display_name))
        self._trusted()._compute_amounts()  # terms may have been amended since the sales were entered
        parts_by_report = self._royalty_parts()
        today = fields.Date.context_today(self)
        for report in self:
            report._check_chargeable(parts_by_report[report], today)
        before = self._charged_before()
        self._move("confirm", {"confirmed_by_id": self.env.uid})
        charges = [vals for report in self for vals in report._prepare_charges(parts_by_report[report], before[report])]
        self.env["franchise.charge"]._charge(charges)
        return True

    def _check_chargeable(self, parts, today):
        """Refuse what can't be charged, with a sentence. :raises UserError:"""
        self.ensure_one()
        if self.contract_id.state not in ("signed", "ended"):
            raise UserError(self.env._("%s isn't signed: no royalty is owed yet.", self.contract_id.name))
        if self.revision > 1 and not self.correction_reason:
            raise UserError(self.env._("Say why %s is corrected: what was charged before changes.", self.display_name))
        if month_ends(self.month)[1] >= today:
            raise UserError(
                self.env._("%s isn't over yet: sales of a month are confirmed after its end.", self.display_name)
            )
        if not parts:
            raise UserError(
                self.env._(
                    "%(report)s: no terms of %(contract)s were in force in that month; it runs from %(start)s to %(end)s.",
                    report=self.display_name,
                    contract=self.contract_id.name,
                    start=self.contract_id.date_start,
                    end=self.contract_id.date_end,
                )
            )

    def _charged_before(self):
        """{report: {kind: amount charged by its earlier revisions}}, in one query."""
        before = {report: {} for report in self}
        rows = (
            self.env["franchise.charge"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "=", "confirmed")],
                ["res_id", "kind"],
                ["amount:sum"],
            )
        )
        for res_id, kind, amount in rows:
            before[self.browse(res_id)][kind] = amount
        return before

    def _prepare_charges(self, parts, before):
        """Values of the charges of this revision; `before`: {kind: amount of earlier revisions}."""
        self.ensure_one()
        month = self.month.strftime("%Y-%m")
        prepared = []
        for kind in ("royalty", "marketing"):
            total = sum(getattr(part, kind) for part in parts)
            earlier = round_money(before.get(kind, 0), self.currency_id.rounding)
            if kind == "marketing" and not (earlier or any(part.marketing_percent for part in parts)):
                continue
            values = {"formula": kind, "about": month, "parts": [self._part_values(part) for part in parts]}
            if self.revision > 1:
                values |= {"formula": f"{kind}_correction", "new": str(total), "before": str(earlier)}
            prepared.append(
                {
                    "contract_id": self.contract_id.id,
                    "kind": kind,
                    "date": month_ends(self.month)[1],
                    "period_from": parts[0].first,
                    "period_to": parts[-1].last,
                    "amount": float(total - earlier),
                    "res_model": self._name,
                    "res_id": self.id,
                    "revision": self.revision,
                    "formula_values": values,
                }
            )
        return prepared

    @staticmethod
    def _part_values(part):
        """A part of the month as plain text for `formula_values`."""
        return {
            "from": part.first.isoformat(),
            "to": part.last.isoformat(),
            "is_minimum": part.is_minimum,
            **{name: f"{getattr(part, name):f}" for name in ("sales", "minimum", "royalty", "marketing")},
            **{name: as_text(getattr(part, name)) for name in ("percent", "marketing_percent")},
        }

    def action_correct(self):
        """Take a confirmed report back to correct it; what was charged stands until it is confirmed again."""
        self._check_transition("correct")
        for revision, reports in self.grouped("revision").items():
            reports._move(
                "correct",
                {"revision": revision + 1, "is_estimate": False, "correction_reason": False, "confirmed_by_id": False},
            )
        return True

    def action_view_charges(self):
        """Open the charges of this report."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Charges"),
            "res_model": "franchise.charge",
            "view_mode": "list,form",
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
        }

    @api.model
    def get_import_templates(self):
        """The table that franchisees fill in, offered by the import screen."""
        return [
            {
                "label": self.env._("Import Template for Sales Reports"),
                "template": "/franchise_aftersales/static/csv/franchise_sales_report.csv",
            }
        ]

    @api.model
    def _contracts_without(self, month, companies):
        """Contracts of `companies` that ran in the month of `month` (a date) and have no report for it."""
        first, last = month_ends(month)
        reported = self.search([("month", "=", first), ("company_id", "in", companies.ids)]).contract_id
        return self.env["franchise.contract"].search(
            [
                ("company_id", "in", companies.ids),
                ("state", "in", ("signed", "ended")),
                ("date_start", "<=", last),
                ("date_end", ">=", first),
                ("id", "not in", reported.ids),
            ]
        )

    @api.model
    def _estimate(self, contracts, month):
        """Charge the minimum of the month of `month` to contracts without a report, to be corrected when they report."""
        reports = self.create(
            [
                {"contract_id": contract.id, "month": month, "net_sales": 0, "reported_on": False}
                for contract in contracts
            ]
        )
        reports._trusted().write({"is_estimate": True})
        reports.action_confirm()
        return reports
