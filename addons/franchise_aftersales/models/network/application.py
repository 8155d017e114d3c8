from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseApplication(models.Model):
    """Somebody wants to become a franchisee: what we find out about them, they about us, and what is decided (R-A1).

    Accepting needs every mandatory point looked at and every mandatory question answered. A mandatory point that is not
    met can be accepted as an exception only: with a reason, and by somebody who neither entered the application, nor is
    responsible for it, nor made the finding. No contract is signed on an application that isn't accepted.
    """

    _name = "franchise.application"
    _description = "Franchise Application"
    _inherit = ["franchise.document.mixin", "franchise.portal.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _number_sequence = "franchise.application"

    _transitions = {
        "review": Transition(("draft",), "review", GROUP_CONTRACT),
        "accept": Transition(("review",), "accepted", GROUP_CONTRACT),
        "refuse": Transition(("review",), "refused", GROUP_CONTRACT),
        "withdraw": Transition(("draft", "review", "accepted"), "withdrawn", GROUP_CONTRACT),
        "reopen": Transition(("accepted", "refused", "withdrawn"), "review", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "company_id", "partner_id", "brand_id", "date"})
    _step_fields = frozenset({"entered_by_id", "decided_by_id", "decided_at", "is_exception"})
    _portal_fields = frozenset({"name", "state", "company_id", "partner_id", "brand_id", "date"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("review", "Under Review"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one(
        "res.company", string="Franchisor", required=True, default=lambda self: self.env.company, index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Applicant",
        required=True,
        index=True,
        tracking=True,
        check_company=True,
        ondelete="restrict",
    )
    brand_id = fields.Many2one("franchise.brand", required=True, check_company=True, ondelete="restrict")
    date = fields.Date(string="Received On", required=True, default=fields.Date.context_today)
    state_wished_id = fields.Many2one("res.country.state")
    city_wished_id = fields.Many2one("res.city")
    region_note = fields.Char(string="Region Wished", help="Where the applicant would like to open, in words.")
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    note = fields.Html(string="Notes", groups="base.group_user")
    check_ids = fields.One2many("franchise.application.check", "application_id", string="Qualification")
    answer_ids = fields.One2many("franchise.application.answer", "application_id", string="Questionnaire")
    study_ids = fields.One2many("franchise.site.study", "application_id", string="Site Studies")
    contract_ids = fields.One2many("franchise.contract", "application_id")
    contract_count = fields.Integer(compute="_compute_contract_count", groups="base.group_user")
    point_count = fields.Integer(
        string="Mandatory Points Left",
        compute="_compute_point_count",
        store=True,
        groups="base.group_user",
        help="Mandatory points that are open, or not met without an approved exception.",
    )
    answer_open_count = fields.Integer(string="Questions Left", compute="_compute_answer_open_count", store=True)
    decision_reason = fields.Text(copy=False, groups="base.group_user")
    is_exception = fields.Boolean(
        string="Accepted With an Exception", readonly=True, copy=False, groups="base.group_user"
    )
    entered_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, default=lambda self: self.env.user, groups="base.group_user"
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False, groups="base.group_user")
    decided_at = fields.Datetime(string="Decided On", readonly=True, copy=False, groups="base.group_user")

    _check_decision = models.Constraint(
        "CHECK (state NOT IN ('accepted', 'refused') OR (decision_reason IS NOT NULL AND decided_by_id IS NOT NULL))",
        "A decision says who decided, and why.",
    )
    _four_eyes = models.Constraint(
        "CHECK (is_exception IS NOT TRUE OR decided_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody accepts an exception on an application that they entered.",
    )

    @api.depends("check_ids.is_left")
    def _compute_point_count(self):
        counts = dict(
            self.env["franchise.application.check"]._read_group(
                [("application_id", "in", self.ids), ("is_left", "=", True)], ["application_id"], ["__count"]
            )
        )
        for application in self:
            application.point_count = counts.get(application._origin, 0)

    @api.depends("answer_ids.is_left")
    def _compute_answer_open_count(self):
        counts = dict(
            self.env["franchise.application.answer"]._read_group(
                [("application_id", "in", self.ids), ("is_left", "=", True)], ["application_id"], ["__count"]
            )
        )
        for application in self:
            application.answer_open_count = counts.get(application._origin, 0)

    @api.depends("contract_ids")
    def _compute_contract_count(self):
        counts = dict(
            self.env["franchise.contract"]._read_group(
                [("application_id", "in", self.ids)], ["application_id"], ["__count"]
            )
        )
        for application in self:
            application.contract_count = counts.get(application._origin, 0)

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for application in self:
            application.access_url = f"/my/franchise/applications/{application.id}"
        return result

    @api.model_create_multi
    def create(self, vals_list):
        applications = super().create(vals_list)
        applications._fill_in()
        return applications

    def _fill_in(self):
        """Add the configured points and questions that the applications don't have yet."""
        for company, applications in self.grouped("company_id").items():
            self.env["franchise.application.check"]._add_missing(applications, company)
            self.env["franchise.application.answer"]._add_missing(applications, company)

    def action_fill_in(self):
        """Add points and questions that were configured after the application was entered."""
        for application in self:
            application._check_open()
        self._fill_in()
        return True

    def action_review(self):
        """Start the review: the applicant can answer in the portal from now on."""
        return self._move("review")

    def action_accept(self):
        """Accept; points that are not met need an exception reason and a second person.

        :raises UserError: mandatory points or questions are open (they are listed), or the user may not decide.
        """
        self._check_transition("accept")
        for application in self:
            application._check_acceptable()
            excepted = application._mandatory_checks().filtered(lambda check: check.finding == "not_met")
            if excepted:
                application._check_second_person(excepted)
                excepted._trusted_write({"excepted_by_id": self.env.uid})
            application._move("accept", {**application._prepare_decision(), "is_exception": bool(excepted)})
        return True

    def action_refuse(self):
        """Refuse the applicant. :raises UserError: no reason is given."""
        self._check_transition("refuse")
        for application in self:
            application._move("refuse", application._prepare_decision())
        return True

    def action_withdraw(self):
        """The applicant gives up. :raises UserError: a contract was signed on the application."""
        self._check_transition("withdraw")
        self._check_no_contract()
        return self._move("withdraw")

    def action_reopen(self):
        """Look at it once more: decision and exceptions are taken back. :raises UserError: a contract was signed on it."""
        self._check_transition("reopen")
        self._check_no_contract()
        self.check_ids._trusted_write({"excepted_by_id": False})
        return self._move("reopen", {"decided_by_id": False, "decided_at": False, "is_exception": False})

    def _prepare_decision(self):
        self.ensure_one()
        if not (self.decision_reason or "").strip():
            raise UserError(self.env._("%s: give the reason for the decision first.", self.display_name))
        return {"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}

    def _check_acceptable(self):
        """:raises UserError: lists the mandatory points and questions that stand in the way."""
        self.ensure_one()
        points = [self.env._("open: %s", check.name) for check in self._mandatory_checks() if check.finding == "open"]
        points += [
            self.env._("not met, and no reason for an exception: %s", check.name)
            for check in self._mandatory_checks()
            if check.finding == "not_met" and not check.exception_reason
        ]
        points += [self.env._("not answered: %s", answer.question) for answer in self.answer_ids if answer.is_left]
        if points:
            raise UserError(
                self.env._(
                    "%(name)s can't be accepted yet:\n%(points)s", name=self.display_name, points="\n".join(points)
                )
            )

    def _check_second_person(self, excepted):
        """:raises UserError: the user has a part in the application or in a finding that is excepted."""
        self.ensure_one()
        involved = self.entered_by_id | self.create_uid | self.user_id | excepted.checked_by_id | excepted.write_uid
        if self.env.user in involved:
            raise UserError(
                self.env._(
                    "%(name)s needs an exception for: %(points)s. A second person decides: not who entered the "
                    "application, is responsible for it, or made the finding.",
                    name=self.display_name,
                    points=", ".join(excepted.mapped("name")),
                )
            )

    def _check_no_contract(self):
        for application in self:
            signed = application.contract_ids.filtered(lambda contract: contract.state in ("signed", "ended"))
            if signed:
                raise UserError(
                    self.env._(
                        "%(name)s: contract %(contract)s was signed on it, the decision stays.",
                        name=application.display_name,
                        contract=signed[0].name,
                    )
                )

    def _check_open(self):
        """:raises UserError: the file is closed (refused, withdrawn, or a contract was signed on it)."""
        self.ensure_one()
        if self.state in ("refused", "withdrawn"):
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(name)s is “%(state)s”: reopen it to change the file.",
                    name=self.display_name,
                    state=states[self.state],
                )
            )
        self._check_no_contract()

    def _mandatory_checks(self):
        return self.check_ids.filtered("is_mandatory")

    def action_make_contract(self):
        """Open a new contract for the applicant, to be completed; it is linked to this application.

        :raises UserError: the application isn't accepted.
        """
        self.ensure_one()
        if self.state != "accepted":
            raise UserError(self.env._("%s is not accepted: a contract comes after the decision.", self.display_name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Contract"),
            "res_model": "franchise.contract",
            "view_mode": "form",
            "context": self._prepare_contract_context(),
        }

    def _prepare_contract_context(self):
        """Defaults of the contract that is made from this application."""
        self.ensure_one()
        return {
            "default_application_id": self.id,
            "default_franchisee_id": self.partner_id.id,
            "default_brand_id": self.brand_id.id,
            "default_company_id": self.company_id.id,
            "default_date_start": fields.Date.context_today(self),
        }

    def action_view_contracts(self):
        """Open the contracts made from this application."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contracts"),
            "res_model": "franchise.contract",
            "view_mode": "list,form",
            "domain": [("application_id", "=", self.id)],
        }

    def action_invite(self):
        """Write to the applicant with a link to the questionnaire in the portal, by the mail composer."""
        self.ensure_one()
        self.sudo()._portal_ensure_token()
        template = self.env.ref("franchise_aftersales.mail_template_application", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id if template else False,
                "default_composition_mode": "comment",
                "force_email": True,
            },
        }
