from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import as_text, round_money, to_decimal
from ...tools.rebate import rebate, rebate_slices, target_periods
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseTarget(models.Model):
    """What a franchisee is to buy from us in a period, what they bought, and the rebate that it earns (R-A8).

    Achieved are posted customer invoices of the franchisee in the period, less what was credited, exchanged or bought back
    of them, without tax and without settlements: `target_achieved.py`. Purchases of a franchisee count for one target at a time, whatever the number of their contracts.
    """

    _name = "franchise.target"
    _description = "Purchase Target"
    _inherit = ["franchise.contract.header.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, contract_id"

    _transitions = {"close": Transition(("open",), "closed", GROUP_CONTRACT)}
    _editable_states = ("open",)
    _frozen_fields = frozenset({"contract_id", "date_from", "date_to", "target_amount"})
    _step_fields = frozenset({"achieved_amount", "rebate_amount", "version_id", "measured_on"})

    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        string="Status",
        default="open",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    buyer_id = fields.Many2one(related="contract_id.buyer_id", string="Whose Purchases", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until", required=True)
    target_amount = fields.Monetary(string="Target", required=True)
    achieved_amount = fields.Monetary(string="Achieved", readonly=True, copy=False)
    achieved_percent = fields.Float(
        string="Achieved %", compute="_compute_achieved_percent", store=True, aggregator="avg"
    )
    measured_on = fields.Datetime(string="Measured", readonly=True, copy=False)
    version_id = fields.Many2one(
        "franchise.contract.version", string="By the Terms", readonly=True, copy=False, ondelete="restrict"
    )
    rebate_amount = fields.Monetary(
        string="Rebate", readonly=True, copy=False, help="By the tiers of the terms in force at the period's end."
    )

    _check_period = models.Constraint("CHECK (date_to >= date_from)", "A period ends after it starts.")
    _check_target = models.Constraint("CHECK (target_amount >= 0)", "A target can't be negative.")
    _one_at_a_time = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&, int4range(buyer_id, buyer_id, '[]') WITH &&,"
        " daterange(date_from, date_to, '[]') WITH &&) WHERE (company_id IS NOT NULL AND buyer_id IS NOT NULL)",
        "This franchisee has a target on some of these days already: purchases count once.",
    )

    @api.depends("contract_id.name", "date_from", "date_to")
    def _compute_display_name(self):
        for target in self:
            target.display_name = self.env._(
                "%(contract)s target %(start)s to %(end)s",
                contract=target.contract_id.name or "",
                start=target.date_from or "",
                end=target.date_to or "",
            )

    @api.depends("achieved_amount", "target_amount")
    def _compute_achieved_percent(self):
        for target in self:
            target.achieved_percent = target.target_amount and target.achieved_amount / target.target_amount * 100

    @api.model_create_multi
    def create(self, vals_list):
        targets = super().create(vals_list)
        targets._measure()
        return targets

    def write(self, vals):
        result = super().write(vals)
        if not self._is_moving() and {"contract_id", "date_from", "date_to"} & vals.keys():
            self._measure()
        return result

    def action_measure(self):
        """Count purchases and rebate again, of targets that are still open."""
        self.filtered(lambda target: target.state == "open")._measure()
        return True

    def action_close(self):
        """Close the period and credit the rebate, once.

        :raises UserError: the period isn't over.
        """
        self._check_transition("close")
        today = fields.Date.context_today(self)
        for target in self:
            if target.date_to >= today:
                raise UserError(
                    self.env._(
                        "%(target)s runs until %(date)s: close it afterwards.",
                        target=target.display_name,
                        date=target.date_to,
                    )
                )
        self._measure()
        self._move("close")
        self.env["franchise.charge"]._charge([target._prepare_charge() for target in self])
        return True

    def _prepare_charge(self):
        """Values of the charge (negative: we owe it) with the steps of the ladder."""
        self.ensure_one()
        return {
            "contract_id": self.contract_id.id,
            "kind": "rebate",
            "date": self.date_to,
            "period_from": self.date_from,
            "period_to": self.date_to,
            "amount": -self.rebate_amount,
            "res_model": self._name,
            "res_id": self.id,
            "formula_values": {
                **self._rebate_values(self.achieved_amount, self.version_id._tiers()),
                "formula": "rebate",
                "about": f"{self.date_from} – {self.date_to}",
            },
        }

    def _rebate_values(self, achieved, tiers):
        """What explains the rebate that `tiers` give on `achieved`: amounts as decimal strings, the steps of the ladder."""
        self.ensure_one()
        return {
            "from": self.date_from.isoformat(),
            "to": self.date_to.isoformat(),
            "achieved": f"{round_money(achieved, self.currency_id.rounding):f}",
            "steps": [
                {"base": as_text(step.base), "percent": as_text(step.percent)}
                for step in rebate_slices(achieved, tiers)
            ],
        }

    def _measure(self):
        """Write what was achieved, the terms at the period's end and the rebate, in a fixed number of queries."""
        achieved = self._achieved()
        versions = self.contract_id._terms_on([(target.contract_id.id, target.date_to) for target in self])
        now = fields.Datetime.now()
        for target in self:
            version = versions.get((target.contract_id.id, target.date_to), self.env["franchise.contract.version"])
            amount = achieved[target.id]
            target._trusted().write(
                {
                    "achieved_amount": float(amount),
                    "version_id": version.id,
                    "rebate_amount": float(rebate(amount, version._tiers(), target.currency_id.rounding)),
                    "measured_on": now,
                }
            )

    @api.model
    def _run_measure(self):
        """Scheduled action: count all open targets again, in batches."""
        batch = 500
        after = 0
        while targets := self.search([("state", "=", "open"), ("id", ">", after)], order="id", limit=batch):
            after = targets[-1].id
            targets._measure()
            self.env["ir.cron"]._commit_progress(len(targets))
        self._run_corrections()

    @api.model
    def _make_missing(self, contracts, until):
        """Targets of `contracts` for the periods that start by `until` (a date) and have none yet.

        A period goes by the terms in force on its last day; the first and last are clipped to the contract's term, and
        their target with them.
        """
        buyers = contracts.buyer_id
        taken = defaultdict(list)
        for target in self.search([("buyer_id", "in", buyers.ids), ("company_id", "in", contracts.company_id.ids)]):
            taken[target.buyer_id, target.company_id].append((target.date_from, target.date_to))
        prepared = []
        versions = contracts.version_ids.filtered(lambda row: row.state == "confirmed" and row.purchase_target)
        for version in versions.sorted("date_from"):
            contract = version.contract_id
            spans = taken[contract.buyer_id, contract.company_id]
            last = version.date_to or contract.date_end
            for period in target_periods(contract.date_start, contract.date_end, version.target_period, until):
                governed = version.date_from <= period.last <= last
                if not governed or any(begin <= period.last and period.first <= end for begin, end in spans):
                    continue
                spans.append((period.first, period.last))
                amount = round_money(to_decimal(version.purchase_target) * period.share, contract.currency_id.rounding)
                prepared.append(
                    {
                        "contract_id": contract.id,
                        "date_from": period.first,
                        "date_to": period.last,
                        "target_amount": float(amount),
                    }
                )
        return self.create(prepared)
