from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.allocation import to_decimal
from ...tools.final_settlement import release
from ..base.batch import BatchRun, by_id

BATCH = 100  # reserves a transaction


class FranchiseFinalReserve(models.Model):
    """What a final settlement holds back for one open claim, and what of it was released: a counter with a CHECK.

    It is released when the claim is decided. Every release counts up in one statement, so that two at the same time
    conflict in PostgreSQL and the second is repeated; the sum of releases never exceeds what was held back.
    """

    _name = "franchise.final.reserve"
    _description = "Reserve for an Open Claim"
    _order = "final_id, claim_id"

    final_id = fields.Many2one("franchise.final.settlement", required=True, index=True, ondelete="restrict")
    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="final_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="final_id.currency_id", store=True)
    amount_held = fields.Monetary(string="Held Back", required=True)
    amount_released = fields.Monetary(string="Released", required=True, default=0.0)
    amount_left = fields.Monetary(string="Still Held", compute="_compute_amount_left", store=True)
    releases = fields.Integer(string="Number of Releases", default=0)
    charge_ids = fields.One2many(
        "franchise.charge", "res_id", string="Releases", domain=[("res_model", "=", "franchise.final.reserve")]
    )

    _unique_claim = models.UniqueIndex("(final_id, claim_id)", "This claim has a reserve already.")
    _check_released = models.Constraint(
        "CHECK (amount_released >= 0 AND amount_released <= amount_held)",
        "No more is released than was held back.",
    )
    _still_held = models.Index("(id) WHERE amount_released < amount_held")

    @api.depends("claim_id.name", "final_id.name")
    def _compute_display_name(self):
        for reserve in self:
            reserve.display_name = f"{reserve.final_id.name} · {reserve.claim_id.sudo().name}"

    @api.depends("amount_held", "amount_released")
    def _compute_amount_left(self):
        for reserve in self:
            reserve.amount_left = reserve.amount_held - reserve.amount_released

    def _release(self):
        """Release what the claims no longer need, as charges in the franchisee's favour. Returns the charges.

        For the model's own steps, with all rights; what was released before is not released again.
        """
        reserves = self.sudo().filtered(lambda reserve: reserve.final_id.state == "approved")
        vals_list = []
        for reserve, needed in reserves._still_needed().items():
            amount = -release(reserve.amount_held, reserve.amount_released, needed, reserve.currency_id.rounding)
            if amount:
                vals_list.append(reserve._prepare_release(amount, needed))
                reserve._count_up(amount)
        return self.env["franchise.charge"]._charge(vals_list)

    def _still_needed(self):
        """{reserve: what the franchisee may still come to owe of its claim, at the rate and percent of the settlement}."""
        needed = {}
        for final, reserves in self.grouped("final_id").items():
            may_owe = reserves.claim_id._franchisee_may_owe(final.currency_id, final.company_id, final.date)
            for reserve in reserves:
                needed[reserve] = may_owe[reserve.claim_id] * to_decimal(final.reserve_percent) / 100
        return needed

    def _count_up(self, amount):
        self.ensure_one()
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE franchise_final_reserve SET amount_released = amount_released + %s, releases = releases + 1,"
                " amount_left = amount_held - amount_released - %s WHERE id = %s RETURNING id",
                amount,
                amount,
                self.id,
            )
        )
        self.invalidate_recordset(["amount_released", "amount_left", "releases"])

    def _prepare_release(self, amount, needed):
        """Values of the charge that gives `amount` (positive, in the contract's currency) back."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        final = self.final_id
        return {
            "contract_id": final.contract_id.id,
            "kind": "reserve_release",
            "date": max(fields.Date.context_today(self), final.date),
            "amount": -float(amount),
            "res_model": self._name,
            "res_id": self.id,
            "revision": self.releases + 1,
            "formula_values": {
                "formula": "final_reserve_release",
                "about": f"{final.name} {self.claim_id.name}",
                "claim": self.claim_id.name,
                "held": f"{self.amount_held:.{digits}f}",
                "released": f"{self.amount_released:.{digits}f}",
                "needed": f"{needed:.{digits}f}",
            },
        }

    @api.model
    def _run_releases(self, commit=True):
        """Scheduled action behind the claims' own steps: release what became free, in batches; one fault stops nothing.

        :return: number of reserves that could not be handled.
        """
        held = [("final_id.state", "=", "approved"), ("amount_left", ">", 0)]
        with BatchRun(self.env, "The release", commit) as run:
            run.work(by_id(self, held, BATCH), lambda reserves: reserves._release())
        return run.failed
