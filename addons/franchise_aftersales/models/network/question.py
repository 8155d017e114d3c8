from odoo import api, fields, models
from odoo.exceptions import UserError

ASKED_BY = [("franchisor", "Franchisor asks the applicant"), ("applicant", "Applicant asks the franchisor")]
LONGEST_ANSWER = 10_000  # characters
LONGEST_QUESTION = 500
MOST_QUESTIONS = 30  # of an applicant's own, beside the configured ones


class FranchiseQuestion(models.Model):
    """A question of the due-diligence questionnaire, asked by one side of the other (R-A1)."""

    _name = "franchise.question"
    _description = "Due-Diligence Question"
    _order = "asked_by, sequence, id"
    _rec_name = "question"

    question = fields.Char(required=True, translate=True)
    asked_by = fields.Selection(ASKED_BY, required=True, default="franchisor")
    is_mandatory = fields.Boolean(string="Mandatory", help="The applicant can't be accepted without an answer.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, help="Empty: for every company.")


class FranchiseApplicationAnswer(models.Model):
    """One question of one application and its answer.

    Who asks doesn't answer: the applicant answers the franchisor's questions (in the portal, or on paper through a
    contract manager), the franchisor answers the applicant's.
    """

    _name = "franchise.application.answer"
    _description = "Questionnaire Answer"
    _order = "asked_by, sequence, id"
    _rec_name = "question"

    application_id = fields.Many2one("franchise.application", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="application_id.company_id", store=True, index=True)
    application_state = fields.Selection(related="application_id.state", string="Application Status")
    question_id = fields.Many2one("franchise.question", string="From the List", ondelete="set null", readonly=True)
    question = fields.Char(required=True)
    asked_by = fields.Selection(ASKED_BY, required=True, default="franchisor")
    is_mandatory = fields.Boolean(string="Mandatory")
    sequence = fields.Integer(default=10)
    answer = fields.Text(copy=False)
    answered_by_id = fields.Many2one("res.partner", readonly=True, copy=False)
    answered_at = fields.Datetime(string="Answered On", readonly=True, copy=False)
    is_left = fields.Boolean(string="Answer Needed", compute="_compute_is_left", store=True)

    _once = models.UniqueIndex(
        "(application_id, question_id) WHERE question_id IS NOT NULL", "This question is asked already."
    )

    @api.depends("is_mandatory", "answer")
    def _compute_is_left(self):
        for answer in self:
            answer.is_left = answer.is_mandatory and not (answer.answer or "").strip()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals.setdefault("answer", False)
            vals.update(self._answered(vals))
        answers = super().create(vals_list)
        answers._check_file_open()
        return answers

    def write(self, vals):
        if self.application_id._is_moving():
            return super().write(vals)
        self._check_file_open()
        return super().write({**vals, **self._answered(vals)})

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self._check_file_open()

    def _answered(self, vals):
        """Who answered and when, as values beside an answer; given from outside they don't count.

        :raises UserError: the answer is longer than can be read.
        """
        if len(vals.get("answer") or "") > LONGEST_ANSWER:
            raise UserError(self.env._("An answer has at most %s characters.", LONGEST_ANSWER))
        if "answer" not in vals:
            return {name: False for name in ("answered_by_id", "answered_at") if name in vals}
        given = bool((vals["answer"] or "").strip())
        return {
            "answered_by_id": given and self.env.user.partner_id.id,
            "answered_at": given and fields.Datetime.now(),
        }

    def _check_file_open(self):
        for application in self.application_id:
            application._check_open()

    @api.model
    def _add_missing(self, applications, company):
        """Copy the company's questions to the applications that lack them, in the applicant's language."""
        vals_list = []
        for lang, group in applications.grouped(lambda application: application.partner_id.lang).items():
            known = {(answer.application_id, answer.question_id) for answer in group.answer_ids}
            questions = (
                self.env["franchise.question"]
                .with_context(lang=lang or self.env.lang)
                .search([("company_id", "in", (company.id, False))])
            )
            vals_list += [
                {
                    "application_id": application.id,
                    "question_id": question.id,
                    "question": question.question,
                    "asked_by": question.asked_by,
                    "is_mandatory": question.is_mandatory,
                    "sequence": question.sequence,
                }
                for application in group
                for question in questions
                if (application, question) not in known
            ]
        self.create(vals_list)

    def _answer_from_portal(self, texts, partner):
        """Store what the applicant wrote in the portal. The set is the application's, read with all rights (sudo).

        :param texts: {id of an answer: text}; ids that are not the applicant's to answer are refused.
        :param partner: who is logged in, or the applicant when they came by a link.
        :raises UserError: not under review, a question of somebody else's, or too long a text.
        """
        mine = self.filtered(lambda answer: answer.asked_by == "franchisor")
        if set(texts) - set(mine.ids):
            raise UserError(self.env._("This question is not yours to answer."))
        for application in mine.application_id:
            if application.state != "review":
                raise UserError(self.env._("%s is not under review: answers can't change any more.", application.name))
        for answer in mine.filtered(lambda answer: answer.id in texts):
            if (answer.answer or "") != texts[answer.id]:
                values = {"answer": texts[answer.id], **answer._answered({"answer": texts[answer.id]})}
                values["answered_by_id"] = values["answered_by_id"] and partner.id
                answer.with_env(answer.application_id._trusted().env).write(values)

    @api.model
    def _ask_from_portal(self, application, text):
        """The applicant asks the franchisor a question of their own; the responsible person gets an activity.

        :param application: read with all rights (sudo).
        :raises UserError: not under review, too long, or too many questions.
        """
        text = text.strip()
        if application.state != "review":
            raise UserError(self.env._("%s is not under review: nothing can be asked any more.", application.name))
        if not text or len(text) > LONGEST_QUESTION:
            raise UserError(self.env._("A question has 1 to %s characters.", LONGEST_QUESTION))
        own = application.answer_ids.filtered(lambda answer: answer.asked_by == "applicant" and not answer.question_id)
        if len(own) >= MOST_QUESTIONS:
            raise UserError(self.env._("You have asked %s questions: please wait for our answers.", MOST_QUESTIONS))
        asked = self.sudo().create({"application_id": application.id, "question": text, "asked_by": "applicant"})
        user = application.user_id
        if user:
            application.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=application.with_context(lang=user.lang).env._("The applicant asks: %s", text[:100]),
                user_id=user.id,
            )
        return asked
