from odoo import api, fields, models

from ...tools import late_delivery
from ..base.zeros import assign

# What the damages of a late delivery follow from, beside the line.
LATE_FIELDS = frozenset({"agreed_delivery_date", "delivery_date", "event_date", "agreement_id", "supplier_id"})
STEPS = ("claimed", "assessed", "approved")
PARTS = ("direct", "indirect", "amount")


class FranchiseClaim(models.Model):
    """What the losses of a claim come to, direct and indirect, and the delay of a late delivery (R-D5)."""

    _inherit = "franchise.claim"

    _frozen_fields = frozenset({"agreed_delivery_date", "late_reason"})

    amount_claimed = fields.Monetary(string="Claimed", compute="_compute_amounts", store=True)
    amount_assessed = fields.Monetary(string="Assessed", compute="_compute_amounts", store=True)
    amount_approved = fields.Monetary(string="Approved", compute="_compute_amounts", store=True)
    direct_claimed = fields.Monetary(compute="_compute_amounts", store=True)
    direct_assessed = fields.Monetary(compute="_compute_amounts", store=True)
    direct_approved = fields.Monetary(compute="_compute_amounts", store=True)
    indirect_claimed = fields.Monetary(compute="_compute_amounts", store=True)
    indirect_assessed = fields.Monetary(compute="_compute_amounts", store=True)
    indirect_approved = fields.Monetary(compute="_compute_amounts", store=True)
    cause_kind = fields.Selection(related="cause_id.kind", string="Kind of Cause")
    agreed_delivery_date = fields.Date(help="By when the goods should have arrived.")
    days_late = fields.Integer(compute="_compute_days_late", help="Calendar days from the agreed day to the delivery.")
    late_reason = fields.Char(
        string="Reason for the Delay", help="Production, a changed date, transport: as far as known."
    )

    @api.depends(
        "line_ids.loss_group", "line_ids.amount_claimed", "line_ids.amount_assessed", "line_ids.amount_approved"
    )
    def _compute_amounts(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        totals = {}
        for claim in self:
            totals[claim] = total = {f"{part}_{step}": 0 for part in PARTS for step in STEPS}
            for line in claim.line_ids:
                for step in STEPS:
                    amount = line[f"amount_{step}"]
                    total[f"{line.loss_group or 'direct'}_{step}"] += amount
                    total[f"amount_{step}"] += amount
        assign(totals)

    @api.depends("agreed_delivery_date", "delivery_date")
    def _compute_days_late(self):
        for claim in self:
            agreed, actual = claim.agreed_delivery_date, claim.delivery_date
            claim.days_late = late_delivery.days_late(agreed, actual) if agreed and actual else 0

    @api.onchange(*sorted(LATE_FIELDS))
    def _onchange_late(self):
        self.line_ids.filtered(lambda line: line.kind == "late")._compute_amount_claimed()

    def write(self, vals):
        result = super().write(vals)
        if LATE_FIELDS.intersection(vals):
            self.line_ids._refresh_late()
        return result

    @api.depends("line_ids.amount_assessed", "line_ids.assess_reason", "agreed_delivery_date", "delivery_date")
    def _compute_obstacles(self):
        return super()._compute_obstacles()

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "submit":
            late = self.line_ids.filtered(lambda line: line.kind == "late")
            versions = late.claim_id._governing_versions()
            for claim, lines in late.grouped("claim_id").items():
                found[claim] += claim._late_incomplete(lines, versions.get(claim))
        elif step == "assess":
            for claim in self:
                found[claim] += [
                    self.env._(
                        "“%(line)s” is assessed at %(assessed)s of %(claimed)s: give the reason on its line.",
                        line=line.name,
                        assessed=line.currency_id.format(line.amount_assessed),
                        claimed=line.currency_id.format(line.amount_claimed),
                    )
                    for line in claim.line_ids
                    if line._differs() and not line.assess_reason
                ]
        return found

    def _late_incomplete(self, lines, version):
        """What keeps the damages of a late delivery from being computed, in sentences."""
        self.ensure_one()
        sentences = []
        if self.cause_kind != "late":
            sentences.append(self.env._("Damages of late delivery need a cause of late delivery: choose one."))
        if not self.agreed_delivery_date or not self.delivery_date:
            sentences.append(self.env._("Enter the agreed day of delivery and the day on which the goods arrived."))
        if not version or version.late_rule == "none":
            sentences.append(
                self.env._(
                    "The terms of %s agree nothing for late delivery: take its line out.", self.agreement_id.name
                )
            )
        elif version.late_rule == "percent":
            sentences += [
                self.env._("“%s”: choose the bill line of the late goods.", line.name)
                for line in lines
                if not line.invoice_line_id
            ]
        elif len(lines) > 1:
            sentences.append(self.env._("A day of late delivery is paid once: keep one line of late delivery."))
        return sentences
