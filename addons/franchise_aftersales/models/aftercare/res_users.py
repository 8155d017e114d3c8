from odoo import fields, models
from odoo.exceptions import RedirectWarning

from .claim_assignment import OPEN_STATES


class ResUsers(models.Model):
    """Nobody leaves with open claims unnoticed (R-D12)."""

    _inherit = "res.users"

    franchise_member_ids = fields.One2many("franchise.service.team.member", "user_id", string="Service Teams")

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            self._check_handed_over()
        return super().write(vals)

    def _check_handed_over(self):
        """:raises RedirectWarning: open claims or follow-ups are theirs; it leads to the dialogue that hands them over."""
        leavers = self.filtered("active")
        claims = (
            self.env["franchise.claim"]
            .sudo()
            ._read_group([("user_id", "in", leavers.ids), ("state", "in", OPEN_STATES)], ["user_id"], ["__count"])
        )
        followups = (
            self.env["franchise.claim.followup"]
            .sudo()
            ._read_group([("user_id", "in", leavers.ids), ("state", "=", "planned")], ["user_id"], ["__count"])
        )
        if not claims and not followups:
            return
        counts = {user: [count, 0] for user, count in claims}
        for user, count in followups:
            counts.setdefault(user, [0, 0])[1] = count
        lines = [
            self.env._(
                "%(user)s still has %(claims)s open claims and %(followups)s follow-ups.",
                user=user.name,
                claims=count[0],
                followups=count[1],
            )
            for user, count in counts.items()
        ]
        raise RedirectWarning(
            "\n".join([*lines, self.env._("Hand them over first, then archive the user.")]),
            self.env.ref("franchise_aftersales.franchise_service_handover_action").id,
            self.env._("Hand Over"),
            {"default_user_id": next(iter(counts)).id},
        )
