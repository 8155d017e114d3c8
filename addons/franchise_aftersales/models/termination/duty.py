from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..base.document import Transition
from ..base.translations import copy_translations

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseTerminationDuty(models.AbstractModel):
    """Something that has to be done in a termination by a day; its owner may report it done without the role."""

    _name = "franchise.termination.duty.mixin"
    _description = "Duty of a Termination"
    _inherit = [
        "franchise.termination.row.mixin",
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "termination_id, sequence, id"

    _transitions = {
        "done": Transition(("open",), "done", GROUP_CONTRACT),
        "cancel": Transition(("open",), "cancelled", GROUP_CONTRACT),
        "reopen": Transition(("done", "cancelled"), "open", GROUP_CONTRACT),
    }
    _editable_states = ("open",)
    _frozen_fields = frozenset({"name", "termination_id", "template_id", "date_due", "result"})
    _step_fields = frozenset({"done_by_id", "done_on"})

    name = fields.Char(string="What", required=True, translate=True)
    sequence = fields.Integer(default=10)
    template_id = fields.Many2one("franchise.termination.template", string="From Template", ondelete="restrict")
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        default="open",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    user_id = fields.Many2one("res.users", string="Owner", default=lambda self: self.env.user, tracking=True)
    date_due = fields.Date(string="Due")
    result = fields.Text(copy=False)
    done_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    done_on = fields.Date(readonly=True, copy=False)

    _check_done = models.Constraint(
        "CHECK (state != 'done' OR (done_by_id IS NOT NULL AND done_on IS NOT NULL))",
        "What is done says by whom and when.",
    )
    _unique_template = models.UniqueIndex(
        "(termination_id, template_id) WHERE template_id IS NOT NULL", "This template was used in the case already."
    )

    @api.depends("state", "date_due")
    def _compute_deadline_date(self):
        for duty in self:
            duty.deadline_date = duty.state == "open" and duty.date_due

    def write(self, vals):
        if "user_id" in vals:
            self._check_may_hand_on()
        return super().write(vals)

    def _check_may_hand_on(self):
        """Owning the work is a right: without the role only one's own is handed on. :raises AccessError:"""
        if self.env.su or self.env.user.has_group(GROUP_CONTRACT):
            return
        foreign = self.filtered(lambda duty: duty.user_id != self.env.user)
        if foreign:
            raise AccessError(
                self.env._("“%s” belongs to somebody else: a contract manager gives it to another.", foreign[0].name)
            )

    def _check_transition(self, action):
        # Who owns the work reports it done, whatever their role; giving it up stays with contract managers.
        if action == "done" and self and self.user_id == self.env.user:
            return super(FranchiseTerminationDuty, self.sudo())._check_transition(action)
        return super()._check_transition(action)

    def action_done(self):
        """Report it done, by the user, today.

        :raises UserError: what proves it is missing (`_check_can_finish`).
        """
        self._check_transition("done")
        self._check_document_open()
        for duty in self:
            duty._check_can_finish()
        return self._move("done", {"done_by_id": self.env.uid, "done_on": fields.Date.context_today(self)})

    def action_cancel(self):
        """It need not be done."""
        self._check_transition("cancel")
        self._check_document_open()
        return self._move("cancel")

    def action_reopen(self):
        """It was not done after all."""
        self._check_transition("reopen")
        self._check_document_open()
        return self._move("reopen", {"done_by_id": False, "done_on": False})

    def _check_can_finish(self):
        """Hook: refuse to finish what lacks its proof. :raises UserError:"""
        self.ensure_one()

    @api.model
    def _generate(self, terminations, kind):
        """Add the rows of the templates of `kind` that a termination doesn't have yet.

        :return: the new rows.
        """
        templates = self.env["franchise.termination.template"].search([("kind", "=", kind)])
        used = {
            (termination.id, template.id)
            for termination, template in self._read_group(
                [("termination_id", "in", terminations.ids), ("template_id", "!=", False)],
                ["termination_id", "template_id"],
            )
        }
        rows = self.create(
            [
                self._prepare_from_template(template, termination)
                for termination in terminations
                for template in templates
                if (termination.id, template.id) not in used
            ]
        )
        copy_translations(rows, [row.template_id for row in rows])
        return rows

    @api.model
    def _prepare_from_template(self, template, termination):
        return {
            "termination_id": termination.id,
            "template_id": template.id,
            "name": template.name,
            "sequence": template.sequence,
            "user_id": termination.user_id.id,
            "date_due": template._due(termination),
        }

    def _refuse_without(self, what):
        """:raises UserError: says that `what` is missing before the row can be finished."""
        self.ensure_one()
        raise UserError(self.env._("“%(duty)s” can't be marked done: %(missing)s.", duty=self.name, missing=what))
