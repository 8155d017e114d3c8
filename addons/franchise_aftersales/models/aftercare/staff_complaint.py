from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import staff_measure
from ..base.document import Transition

GROUP_MANAGER = "franchise_aftersales.group_manager"
MEASURES = [
    ("none", "None"),
    ("warning", "Warning"),
    ("penalty", "Disciplinary penalty"),
    ("dismissal", "Dismissal proposed"),
]


class FranchiseStaffComplaint(models.Model):
    """A complaint about a member of staff; validated ones lead to a warning, a penalty, the proposal to dismiss (R-D12).

    Rights: managers, and the leaders of the teams of the person concerned, see it; that person never does, whatever
    their role (record rules in data/aftercare_data.xml). Managers validate or dismiss it: neither the person concerned
    nor who entered it.
    """

    _name = "franchise.staff.complaint"
    _description = "Complaint About Staff"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _number_sequence = "franchise.staff.complaint"

    _transitions = {
        "validate": Transition(("draft",), "validated", GROUP_MANAGER),
        "dismiss": Transition(("draft",), "dismissed", GROUP_MANAGER),
    }
    _frozen_fields = frozenset({"name", "company_id", "claim_id", "staff_id", "date", "description", "finding"})
    _step_fields = frozenset({"decided_by_id", "decided_on", "measure", "number", "ordinal", "entered_by_id"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("draft", "To examine"), ("validated", "Validated"), ("dismissed", "Unfounded")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    claim_id = fields.Many2one("franchise.claim", index="btree_not_null", ondelete="restrict", check_company=True)
    staff_id = fields.Many2one(
        "res.users",
        string="About Whom",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('share', '=', False)]",
    )
    leader_ids = fields.Many2many(
        "res.users",
        "franchise_staff_complaint_leader_rel",
        string="Leaders",
        compute="_compute_leader_ids",
        store=True,
        compute_sudo=True,
        help="Of the teams of the person concerned.",
    )
    date = fields.Date(string="Happened On", required=True, default=fields.Date.context_today)
    description = fields.Text(string="What Happened", required=True)
    finding = fields.Text(copy=False, help="What the examination showed; needed to decide.")
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    number = fields.Integer(
        string="Validated in the Window",
        readonly=True,
        copy=False,
        help="Validated ones about this person in the months that count, with this one.",
    )
    # Counts all validated ones of a person: two people who validate at once can't both write the same.
    ordinal = fields.Integer(readonly=True, copy=False)
    measure = fields.Selection(MEASURES, readonly=True, copy=False, tracking=True)

    _ordinal = models.UniqueIndex(
        "(company_id, staff_id, ordinal) WHERE state = 'validated'",
        "Another complaint about this person was validated at the same moment: look at it, then try again.",
    )
    _independent = models.Constraint(
        "CHECK (decided_by_id IS NULL OR (decided_by_id IS DISTINCT FROM staff_id"
        " AND decided_by_id IS DISTINCT FROM entered_by_id))",
        "A complaint is decided neither by the person it is about nor by who entered it.",
    )
    _decided = models.Constraint(
        "CHECK (state = 'draft' OR (decided_by_id IS NOT NULL AND decided_on IS NOT NULL AND finding IS NOT NULL))",
        "A complaint that is decided says by whom, when and what was found.",
    )

    @api.depends(
        "company_id",
        "staff_id.franchise_member_ids.team_id.leader_id",
        "staff_id.franchise_member_ids.team_id.company_id",
    )
    def _compute_leader_ids(self):
        for complaint in self:
            teams = complaint.staff_id.franchise_member_ids.team_id
            own = teams.filtered(lambda team, complaint=complaint: team.company_id == complaint.company_id)
            complaint.leader_ids = own.leader_id - complaint.staff_id

    def _check_independent(self):
        for complaint in self:
            if self.env.user in complaint.staff_id | complaint.entered_by_id:
                raise UserError(
                    self.env._(
                        "%s is decided neither by the person it is about nor by who entered it: ask another manager.",
                        complaint.name,
                    )
                )
            if not (complaint.finding or "").strip():
                raise UserError(self.env._("%s: write down what the examination showed.", complaint.name))

    def action_validate(self):
        """It is true: what follows is computed from the validated ones in the company's window of months.

        :raises UserError: the user is concerned or entered it, or nothing was found out.
        """
        self._check_transition("validate")
        self._check_independent()
        today = fields.Date.context_today(self)
        for complaint in self.sorted("date"):
            earlier = complaint.sudo().search(
                [
                    ("company_id", "=", complaint.company_id.id),
                    ("staff_id", "=", complaint.staff_id.id),
                    ("state", "=", "validated"),
                ]
            )
            company = complaint.company_id
            day = max([complaint.date, *earlier.mapped("date")])
            count = staff_measure.complaints_in_window(
                [complaint.date, *earlier.mapped("date")], day, company.franchise_complaint_months
            )
            complaint._move(
                "validate",
                {
                    "decided_by_id": self.env.uid,
                    "decided_on": today,
                    "ordinal": len(earlier) + 1,
                    "number": count,
                    "measure": staff_measure.measure(
                        count,
                        company.franchise_complaint_warning,
                        company.franchise_complaint_penalty,
                        company.franchise_complaint_dismissal,
                    ),
                },
            )
        self._tell_leaders()
        return True

    def action_dismiss(self):
        """It is unfounded. :raises UserError: the user is concerned or entered it, or nothing was found out."""
        self._check_transition("dismiss")
        self._check_independent()
        return self._move("dismiss", {"decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})

    def _tell_leaders(self):
        """An activity for the leader of the person concerned: the measure is theirs to carry out."""
        measures = dict(self._fields["measure"]._description_selection(self.env))
        for complaint in self:
            for leader in complaint.leader_ids:
                complaint.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._(
                        "%(name)s: %(measure)s for %(staff)s",
                        name=complaint.name,
                        measure=measures[complaint.measure],
                        staff=complaint.staff_id.name,
                    ),
                    user_id=leader.id,
                )

    @api.onchange("claim_id")
    def _onchange_claim_id(self):
        if self.claim_id and not self.staff_id:
            self.staff_id = self.claim_id.user_id
