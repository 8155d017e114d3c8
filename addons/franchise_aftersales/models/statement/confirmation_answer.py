from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseStatementConfirmation(models.Model):
    """The partner's answer: in the portal by signature, through their system, or recorded from paper (R-E4)."""

    _inherit = "franchise.statement.confirmation"

    answered_at = fields.Datetime(string="Answered On", readonly=True, copy=False)
    answered_by = fields.Char(readonly=True, copy=False, tracking=True)
    answered_how = fields.Selection(
        [("portal", "Signed in the portal"), ("paper", "Recorded from paper or mail"), ("system", "By their system")],
        readonly=True,
        copy=False,
    )
    answer_ip = fields.Char(string="IP Address", readonly=True, copy=False)
    answer_signature = fields.Image(string="Signature", readonly=True, copy=False, max_width=1024, max_height=1024)
    answer_file_ids = fields.Many2many(
        "ir.attachment", "franchise_statement_answer_rel", string="Their Answer", readonly=True, copy=False
    )

    def action_agree(self):
        """Ask what shows that the partner agrees (`franchise.statement.answer`), then record it."""
        self._check_transition("agree")
        return self._answer_dialogue("agree")

    def action_dispute(self):
        """Ask what shows the partner's differences, which are entered before, then record them."""
        self._check_transition("dispute")
        return self._answer_dialogue("dispute")

    def _answer_dialogue(self, answer):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record the Answer"),
            "res_model": "franchise.statement.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_confirmation_id": self.id, "default_answer": answer},
        }

    def _answer(self, answer, name, how, author=None, at=None, ip=None, signature=None, files=None):
        """Record the partner's answer to the whole statement, once.

        :param answer: "agree" or "dispute"; a dispute consists of the differences entered before.
        :param name: who answered. :param how: "portal", "paper" or "system". :param at: when (naive UTC); default now.
        :raises UserError: agreed with differences that nobody took back, or disputed without one.
        """
        self.ensure_one()
        step = self._check_transition(answer)
        if answer == "dispute" and not self.position_ids:
            raise UserError(
                self.env._(
                    "%s: enter the lines that are seen differently first, with amount and reason.", self.display_name
                )
            )
        if answer == "agree" and self.state == "sent" and self.position_ids:
            raise UserError(
                self.env._(
                    "%s has lines that are seen differently: send these, or take them out before you agree.",
                    self.display_name,
                )
            )
        self._move(
            answer,
            {
                "answered_at": at or fields.Datetime.now(),
                "answered_by": name,
                "answered_how": how,
                "answer_ip": ip,
                "answer_signature": signature,
            },
        )
        if files:
            self._keep_files(files)
            self._trusted().answer_file_ids = [fields.Command.link(file.id) for file in files]
        states = dict(self._fields["state"]._description_selection(self.env))
        self._post_note(
            self.env._("%(name)s answered: %(answer)s.", name=name, answer=states[step.target]), author=author
        )
        if answer == "dispute":
            self._ask_for_look()

    def _ask_for_look(self):
        """An activity for the responsible person: there are differences to clear."""
        self.ensure_one()
        user = self.sudo().user_id or self.env.user
        spoken = self.sudo().with_context(lang=user.lang)
        spoken.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=user.id,
            summary=spoken.env._("Differences on %s", spoken.display_name),
        )
