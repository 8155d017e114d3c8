from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.aftercare.claim_assignment import OPEN_STATES


class FranchiseServiceHandover(models.TransientModel):
    """Somebody leaves: their open claims, activities and follow-ups go to a colleague, or to the teams by skill and load
    (R-D12)."""

    _name = "franchise.service.handover"
    _description = "Hand Over Work"

    user_id = fields.Many2one(
        "res.users", string="Who Leaves", domain="[('share', '=', False)]", context={"active_test": False}
    )
    to_user_id = fields.Many2one(
        "res.users",
        string="Who Takes Over",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        help="Empty: the service teams, by skill and load.",
    )
    reason = fields.Char()
    claim_count = fields.Integer(string="Open Claims", compute="_compute_counts")
    followup_count = fields.Integer(string="Follow-ups", compute="_compute_counts")
    activity_count = fields.Integer(string="Activities", compute="_compute_counts")

    @api.depends("user_id")
    def _compute_counts(self):
        for handover in self:
            handover.claim_count = len(handover._claims())
            handover.followup_count = len(handover._followups())
            handover.activity_count = len(handover._activities())

    def _claims(self):
        return self.env["franchise.claim"].search(
            [("user_id", "=", self.user_id.id), ("state", "in", OPEN_STATES)] if self.user_id else [(0, "=", 1)]
        )

    def _followups(self):
        return self.env["franchise.claim.followup"].search(
            [("user_id", "=", self.user_id.id), ("state", "=", "planned")] if self.user_id else [(0, "=", 1)]
        )

    def _activities(self):
        """Their open activities on documents of this application that whoever hands over may see."""
        activities = self.env["mail.activity"].sudo()
        if not self.user_id:
            return activities
        activities = activities.search([("user_id", "=", self.user_id.id), ("res_model", "=like", "franchise.%")])
        seen = activities.browse()
        for model, found in activities.grouped("res_model").items():
            if model in self.env and self.env[model].has_access("read"):
                visible = set(self.env[model].search([("id", "in", found.mapped("res_id"))]).ids)
                seen |= found.filtered(lambda activity, visible=visible: activity.res_id in visible)
        return seen

    def action_hand_over(self):
        """Hand everything over, and write down who did it and why.

        :raises UserError: nobody is chosen, no reason is given, or no team has room for a claim.
        """
        self.ensure_one()
        leaver, to_user = self.user_id, self.to_user_id
        if not leaver or not (self.reason or "").strip():
            raise UserError(self.env._("Choose who leaves and say why the work is handed over."))
        if to_user and (to_user == leaver or to_user.share or not to_user.active):
            raise UserError(self.env._("%s can't take the work over: choose a colleague who works here.", to_user.name))
        claims, followups, activities = self._claims(), self._followups(), self._activities()
        if to_user:
            claims.with_context(mail_auto_subscribe_no_notify=True).write({"user_id": to_user.id})
        else:
            left = claims - claims._assign(exclude=leaver)
            if left:
                raise UserError(
                    self.env._(
                        "No team has somebody with room for %s: choose a person.", ", ".join(left[:10].mapped("name"))
                    )
                )
        for followup_user, found in followups.grouped(lambda followup: self._taker(followup.claim_id)).items():
            found.write({"user_id": followup_user.id})
        takers = {}
        for activity in activities:
            claim = self.env["franchise.claim"].browse(activity.res_id if activity.res_model == claims._name else ())
            takers.setdefault(self._taker(claim), activities.browse())
            takers[self._taker(claim)] |= activity
        for activity_user, found in takers.items():
            found.with_context(mail_activity_quick_update=True).write({"user_id": activity_user.id})
        claims._message_log_batch(
            {
                claim.id: self.env._(
                    "Handed over from %(leaver)s to %(taker)s: %(reason)s",
                    leaver=leaver.name,
                    taker=claim.user_id.name,
                    reason=self.reason,
                )
                for claim in claims
            }
        )
        return {"type": "ir.actions.act_window_close"}

    def _taker(self, claim):
        """Who takes what belongs to `claim`; what belongs to no open claim goes to whoever hands over."""
        if self.to_user_id:
            return self.to_user_id
        return claim.user_id if claim.user_id and claim.user_id != self.user_id else self.env.user
