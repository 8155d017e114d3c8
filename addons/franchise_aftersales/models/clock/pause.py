from odoo import api, fields, models


class FranchiseClaimPause(models.Model):
    """Why and how long work on a claim stood still; stops the clocks whose service level allows the reason (R-D10).

    Overlapping pauses count once. Staff pause and resume by the claim's buttons, now; managers may correct the moments.
    """

    _name = "franchise.claim.pause"
    _description = "Pause of a Claim"
    _order = "date_from desc, id desc"

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="claim_id.company_id", store=True)
    reason_id = fields.Many2one("franchise.pause.reason", required=True, ondelete="restrict")
    note = fields.Char()
    date_from = fields.Datetime(string="From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(string="Until", help="Empty: it lasts.")
    user_id = fields.Many2one("res.users", string="Paused By", readonly=True, default=lambda self: self.env.user)
    resumed_by_id = fields.Many2one("res.users", readonly=True)

    _check_dates = models.Constraint("CHECK (date_to IS NULL OR date_to >= date_from)", "A pause ends after it starts.")
    _one_open = models.UniqueIndex(
        "(claim_id, reason_id) WHERE date_to IS NULL", "The claim is paused for this reason already."
    )

    @api.depends("reason_id.name", "claim_id.name")
    def _compute_display_name(self):
        for pause in self:
            pause.display_name = f"{pause.claim_id.sudo().name or ''} · {pause.reason_id.name or ''}"

    @api.model_create_multi
    def create(self, vals_list):
        people = {"user_id", "resumed_by_id"}
        vals_list = [{name: value for name, value in vals.items() if name not in people} for vals in vals_list]
        context = {key: value for key, value in self.env.context.items() if key.removeprefix("default_") not in people}
        pauses = super(FranchiseClaimPause, self.with_context(context)).create(vals_list)  # pylint: disable=context-overridden
        pauses.claim_id._refresh_clocks()
        return pauses

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name != "user_id"}
        if "date_to" in vals:
            vals["resumed_by_id"] = vals["date_to"] and self.env.uid
        claims = self.claim_id
        result = super().write(vals)
        (claims | self.claim_id)._refresh_clocks()
        return result

    def unlink(self):
        claims = self.claim_id
        result = super().unlink()
        claims.exists()._refresh_clocks()
        return result

    @api.model
    def _by_claim(self, claims):
        """{claim: its pauses}, in one query."""
        return self.search([("claim_id", "in", claims.ids)]).grouped("claim_id")
