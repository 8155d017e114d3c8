from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseClaim(models.Model):
    """Who approves a claim: by the tier that its assessed amount reaches, and never who entered or assessed it (R-D7)."""

    _inherit = "franchise.claim"

    _step_fields = frozenset(
        {
            "approved_by_id",
            "approved_at",
            "preapproved_by_id",
            "preapproved_at",
            "approvals_needed",
            "involved_user_ids",
        }
    )

    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Approved On", readonly=True, copy=False)
    preapproved_by_id = fields.Many2one("res.users", string="First Approval By", readonly=True, copy=False)
    preapproved_at = fields.Datetime(string="First Approval On", readonly=True, copy=False)
    approvals_needed = fields.Integer(
        readonly=True, copy=False, help="How many people had to approve when it was approved."
    )
    involved_user_ids = fields.Many2many(
        "res.users",
        "franchise_claim_involved_users",
        string="Entered or Changed By",
        readonly=True,
        copy=False,
        help="Everybody who entered or changed something of the claim or its lines: none of them approves it.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    approval_amount = fields.Monetary(
        string="Amount to Approve",
        compute="_compute_approval",
        currency_field="company_currency_id",
        help="The assessed amount at the day's rate: it decides who approves.",
    )
    approval_tier_id = fields.Many2one("franchise.approval.tier", string="Tier", compute="_compute_approval")
    approval_who = fields.Char(string="Approved By Whom", compute="_compute_approval")
    approval_step = fields.Selection(
        [("first", "First approval"), ("final", "Approval")],
        string="For Me to Approve",
        compute="_compute_approval_step",
        search="_search_approval_step",
        help="Which approval the user may give now.",
    )

    _four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR (approved_by_id IS DISTINCT FROM entered_by_id"
        " AND approved_by_id IS DISTINCT FROM assessed_by_id))",
        "Nobody approves a claim that they entered or assessed.",
    )
    _six_eyes = models.Constraint(
        "CHECK (preapproved_by_id IS NULL OR (preapproved_by_id IS DISTINCT FROM entered_by_id"
        " AND preapproved_by_id IS DISTINCT FROM assessed_by_id AND preapproved_by_id IS DISTINCT FROM approved_by_id))",
        "The first approval is given by a person of its own.",
    )
    _both_approvals = models.Constraint(
        "CHECK (state NOT IN ('approved', 'closed') OR COALESCE(approvals_needed, 0) < 2 OR preapproved_by_id IS NOT NULL)",
        "This amount needs two approvals.",
    )

    def write(self, vals):
        result = super().write(vals)
        if not self._is_moving() and self._get_frozen_fields().intersection(vals):
            self._note_involved()
        return result

    @api.depends("amount_assessed", "currency_id", "company_id", "state")
    @api.depends_context("lang")
    def _compute_approval(self):
        reached = self.env["franchise.approval.tier"]._reached(self)
        finance = self.env.ref(GROUP_FINANCE).sudo().name
        for claim in self:
            amount, tier = reached[claim]
            claim.approval_amount, claim.approval_tier_id = amount, tier
            group = tier.group_id.sudo().name or finance
            if tier.approver_count > 1:
                claim.approval_who = self.env._("%(finance)s, then %(group)s", finance=finance, group=group)
            else:
                claim.approval_who = group

    @api.depends(
        "state", "amount_assessed", "entered_by_id", "assessed_by_id", "preapproved_by_id", "involved_user_ids"
    )
    @api.depends_context("uid")
    def _compute_approval_step(self):
        user = self.env.user
        groups, finance = user.all_group_ids, user.has_group(GROUP_FINANCE)
        reached = self.env["franchise.approval.tier"]._reached(self)
        for claim in self:
            tier = reached[claim][1]
            step = False
            if claim.state == "assessed" and finance and user not in claim._origin._involved_users():
                if tier.approver_count > 1 and not claim.preapproved_by_id:
                    step = "first"
                elif claim.preapproved_by_id != user and (not tier or tier.group_id in groups):
                    step = "final"
            claim.approval_step = step

    @api.model
    def _search_approval_step(self, operator, value):
        if operator != "in":
            return NotImplemented
        # The tier follows the day's rate, so it is no column; what waits for approval is a short list.
        waiting = self.search([("state", "=", "assessed")])
        if False in value:
            return Domain("id", "not in", waiting.filtered(lambda claim: claim.approval_step not in value).ids)
        return Domain("id", "in", waiting.filtered(lambda claim: claim.approval_step in value).ids)

    def action_preapprove(self):
        """Give the first of two approvals.

        :raises UserError: the user entered or assessed a claim, the claim has its first approval or needs only one, or
            something is open, which the message lists.
        """
        self._check_transition("preapprove")
        for problem in self._preapproval_problems().values():
            raise UserError(problem)
        self._check_obstacles("approve")
        self._move("preapprove", {"preapproved_by_id": self.env.uid, "preapproved_at": fields.Datetime.now()})
        self._message_log_batch(
            {claim.id: self.env._("First approval given; %s gives the last.", claim.approval_who) for claim in self}
        )
        return True

    def _preapproval_problems(self):
        """{claim: why the user can't give its first approval}; as many queries for many claims as for one."""
        problems = self._involvement_problems()
        reached = self.env["franchise.approval.tier"]._reached(self)
        for claim in self:
            if claim in problems:
                continue
            if claim.preapproved_by_id:
                problems[claim] = self.env._("%s has its first approval already.", claim.name)
            elif reached[claim][1].approver_count < 2:
                problems[claim] = self.env._("%s needs one approval only: approve it.", claim.name)
        return problems

    def action_approve(self):
        """Approve as a second person; later rooms demand, promise and tell in this same transaction.

        :raises AccessError: the amount needs another role.
        :raises UserError: the user entered or assessed a claim, its first approval is missing, or something is open, which
            the message lists.
        """
        self._check_transition("approve")
        self._check_not_involved()
        reached = self.env["franchise.approval.tier"]._reached(self)
        self._check_tiers(reached)
        self._check_obstacles("approve")
        self.line_ids._check_invoice_line()
        self.line_ids._write_step({"amount_approved": SQL("amount_assessed")})
        values = {"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()}
        for count, claims in self.grouped(lambda claim: reached[claim][1].approver_count or 1).items():
            claims._move("approve", {**values, "approvals_needed": count})
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        self._message_log_batch({claim.id: claim._approved_text(*reached[claim]) for claim in self})
        return True

    def _approved_text(self, amount, tier):
        """Under which tier the claim was approved; tiers change, what was decided under them stays."""
        amount = self.company_currency_id.format(amount)
        if tier:
            return self.env._("Approved: %(amount)s, tier %(tier)s", amount=amount, tier=tier.display_name)
        return self.env._("Approved: %s", amount)

    def _check_not_involved(self):
        """:raises UserError: the user entered or assessed one of these claims or a line of it."""
        for problem in self._involvement_problems().values():
            raise UserError(problem)

    def _involvement_problems(self):
        """{claim: why the user can't approve it}: they entered or assessed it or a line of it."""
        return {
            claim: self.env._("%s: nobody approves a claim that they entered or assessed.", claim.name)
            for claim in self
            if self.env.user in claim._involved_users()
        }

    def _check_tiers(self, reached):
        """Refuse what the user's role can't approve. :param reached: see `franchise.approval.tier._reached`.

        :raises AccessError, UserError: name the claim, its amount and who approves it.
        """
        for claim in self:
            amount, tier = reached[claim]
            values = {
                "claim": claim.name,
                "amount": claim.company_currency_id.format(amount),
                "group": tier.group_id.sudo().full_name or "",
            }
            if tier and not self.env.su and tier.group_id not in self.env.user.all_group_ids:
                raise AccessError(
                    self.env._(
                        "%(claim)s: %(amount)s is approved by “%(group)s”. Ask a colleague of that role.", **values
                    )
                )
            if tier.approver_count > 1 and not claim.preapproved_by_id:
                raise UserError(
                    self.env._("%(claim)s: %(amount)s needs two approvals, and the first is missing.", **values)
                )
            if claim.preapproved_by_id == self.env.user:
                raise UserError(
                    self.env._("%(claim)s: you gave the first approval; another person gives the last.", **values)
                )

    def _involved_users(self):
        """Who entered, changed or assessed anything of the claim, whoever pressed the button: none of them approves it."""
        self.ensure_one()
        lines = self.line_ids
        return (
            self.involved_user_ids | self.entered_by_id | self.assessed_by_id | lines.create_uid | lines.assessed_by_id
        )

    def _note_involved(self):
        """Remember that the user entered or changed something of these claims."""
        new = self.filtered(lambda claim: self.env.user not in claim.involved_user_ids)
        if new:
            new.sudo()._trusted().write({"involved_user_ids": [Command.link(self.env.uid)]})
