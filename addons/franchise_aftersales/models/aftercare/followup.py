from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"


class FranchiseClaimFollowup(models.Model):
    """Somebody asks after a resolution whether it holds: a call, a mail or a visit, due by the company's rule (R-D11)."""

    _name = "franchise.claim.followup"
    _description = "Follow-up of a Claim"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"
    _rec_name = "claim_id"

    _transitions = {
        "done": Transition(("planned",), "done", GROUP_SERVICE),
        "drop": Transition(("planned",), "dropped", GROUP_SERVICE),
    }
    _editable_states = ("planned",)
    _frozen_fields = frozenset({"claim_id", "kind", "date_due", "result", "satisfied"})
    _step_fields = frozenset({"done_on", "done_by_id"})

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    claimant_id = fields.Many2one(related="claim_id.claimant_id", store=True)
    outlet_id = fields.Many2one(related="claim_id.outlet_id", store=True)
    phone = fields.Char(related="claim_id.claimant_id.phone")
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Done"), ("dropped", "Dropped")],
        string="Status",
        default="planned",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    kind = fields.Selection(
        [("call", "Call"), ("mail", "Mail"), ("visit", "Visit")], string="How", required=True, default="call"
    )
    date_due = fields.Date(string="Due On", required=True, default=fields.Date.context_today, index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        index="btree_not_null",
    )
    satisfied = fields.Selection([("yes", "Satisfied"), ("no", "Not satisfied")], string="Franchisee Is", copy=False)
    result = fields.Text(copy=False, help="What they said; when it is dropped, why.")
    done_on = fields.Date(readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    deadline_warn_days = fields.Integer(default=1)

    _one_planned = models.UniqueIndex(
        "(claim_id) WHERE state = 'planned'", "A follow-up of this claim is planned already: do that one first."
    )
    _done_says_how = models.Constraint(
        "CHECK (state != 'done' OR (satisfied IS NOT NULL AND result IS NOT NULL AND done_on IS NOT NULL))",
        "A follow-up that is done says whether the franchisee is satisfied, and what they said.",
    )

    @api.depends("date_due", "state")
    def _compute_deadline_date(self):
        for followup in self:
            followup.deadline_date = followup.date_due if followup.state == "planned" else False

    def _deadline_summary(self, passed):
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        values = {
            "claim": self.claim_id.name,
            "kind": kinds[self.kind],
            "who": self.claimant_id.display_name,
        }
        if passed:
            return self.env._("%(claim)s: the follow-up with %(who)s is overdue (%(kind)s)", **values)
        return self.env._("%(claim)s: follow up with %(who)s (%(kind)s)", **values)

    @api.model
    def _plan(self, claims):
        """Plan the follow-up of claims that were closed today, by the rule of their companies; one a claim.

        :return: the new follow-ups.
        """
        today = fields.Date.context_today(self)
        planned = self.sudo().search([("claim_id", "in", claims.ids), ("state", "=", "planned")]).claim_id
        return self.sudo().create(
            [
                {
                    "claim_id": claim.id,
                    "kind": claim.company_id.franchise_followup_kind,
                    "date_due": today + timedelta(days=claim.company_id.franchise_followup_days),
                    "user_id": claim.user_id.id or self.env.uid,
                }
                for claim in claims
                if claim.company_id.franchise_followup_days and claim not in planned
            ]
        )

    def action_done(self):
        """Done; whoever is not satisfied is brought before the claim's responsible person.

        :raises UserError: it isn't said whether the franchisee is satisfied, or what they said.
        """
        self._check_transition("done")
        for followup in self:
            if not followup.satisfied or not (followup.result or "").strip():
                raise UserError(
                    self.env._(
                        "%s: say whether the franchisee is satisfied, and what they said.", followup.display_name
                    )
                )
        self._move("done", {"done_on": fields.Date.context_today(self), "done_by_id": self.env.uid})
        for followup in self.filtered(lambda followup: followup.satisfied == "no"):
            claim = followup.claim_id.sudo()
            user = claim.user_id or self.env.user
            claim.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=claim.with_context(lang=user.lang or self.env.lang)._reopen_summary(),
                note=plaintext2html(followup.result),
                user_id=user.id,
                automated=True,
            )
        return True

    def action_drop(self):
        """Give it up. :raises UserError: no reason is given."""
        self._check_transition("drop")
        for followup in self:
            if not (followup.result or "").strip():
                raise UserError(self.env._("%s: say why it is dropped.", followup.display_name))
        return self._move("drop")
