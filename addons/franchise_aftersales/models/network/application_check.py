from odoo import api, fields, models
from odoo.exceptions import UserError

CATEGORIES = [
    ("experience", "Experience"),
    ("funds", "Funds"),
    ("reputation", "Reputation"),
    ("values", "Brand values"),
]


class FranchiseQualification(models.Model):
    """A point that every applicant is looked at for; the list is the company's own (R-A1)."""

    _name = "franchise.qualification"
    _description = "Qualification Criterion"
    _order = "category, sequence, id"

    name = fields.Char(required=True, translate=True)
    category = fields.Selection(CATEGORIES, required=True, default="experience")
    description = fields.Text(translate=True, help="How to find out, and what is enough.")
    is_mandatory = fields.Boolean(string="Mandatory", help="No contract is signed while it is open or not met.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, help="Empty: for every company.")


class FranchiseApplicationCheck(models.Model):
    """One point of one application's checklist, with what was found, by whom and when.

    Finding and reason are entered; who checked and when follow. A new finding takes an approved exception back.
    """

    _name = "franchise.application.check"
    _description = "Qualification Point"
    _order = "category, sequence, id"

    application_id = fields.Many2one("franchise.application", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="application_id.company_id", store=True, index=True)
    application_state = fields.Selection(related="application_id.state", string="Application Status")
    qualification_id = fields.Many2one("franchise.qualification", ondelete="set null", readonly=True)
    name = fields.Char(string="Point", required=True)
    category = fields.Selection(CATEGORIES, required=True, default="experience")
    sequence = fields.Integer(default=10)
    is_mandatory = fields.Boolean(string="Mandatory")
    finding = fields.Selection(
        [("open", "Not checked"), ("met", "Met"), ("not_met", "Not met")], required=True, default="open", copy=False
    )
    note = fields.Char(help="What was seen, and where it is filed.")
    exception_reason = fields.Char(help="Why the applicant can be accepted although this point is not met.")
    checked_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    checked_on = fields.Date(readonly=True, copy=False)
    excepted_by_id = fields.Many2one("res.users", string="Exception Approved By", readonly=True, copy=False)
    is_left = fields.Boolean(string="In the Way", compute="_compute_is_left", store=True)

    _four_eyes = models.Constraint(
        "CHECK (excepted_by_id IS NULL OR excepted_by_id IS DISTINCT FROM checked_by_id)",
        "Nobody approves an exception from their own finding.",
    )
    _once = models.UniqueIndex(
        "(application_id, qualification_id) WHERE qualification_id IS NOT NULL",
        "This criterion is on the application's checklist already.",
    )

    @api.depends("is_mandatory", "finding", "excepted_by_id")
    def _compute_is_left(self):
        for check in self:
            excepted = check.finding == "not_met" and check.excepted_by_id
            check.is_left = check.is_mandatory and check.finding != "met" and not excepted

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own(vals)
            # Given explicitly: defaults in the context come from the client.
            vals.setdefault("finding", "open")
            vals.update(self._found(vals))
        checks = super().create(vals_list)
        checks._check_file_open()
        return checks

    def write(self, vals):
        if self.application_id._is_moving():
            return super().write(vals)
        self._check_own(vals)
        self._check_file_open()
        return super().write({**vals, **self._found(vals)})

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self._check_file_open()
        kept = self.filtered(lambda check: check.is_mandatory and check.qualification_id)
        if kept and not self.env.su:
            raise UserError(
                self.env._("“%s” is mandatory by the configuration: it stays on the checklist.", kept[0].name)
            )

    def _check_own(self, vals):
        """:raises UserError: a client writes what only a finding or a decision may say."""
        if {"checked_by_id", "checked_on", "excepted_by_id", "is_left"}.intersection(vals):
            raise UserError(self.env._("Who checked and who approved an exception follows from what they did."))

    def _found(self, vals):
        """Who found it and when, as values beside a finding; an exception counts for the old finding only."""
        found = {}
        if {"finding", "exception_reason", "is_mandatory", "name"}.intersection(vals):
            found["excepted_by_id"] = False
        if "finding" in vals:
            looked = vals["finding"] != "open"
            found["checked_by_id"] = looked and self.env.uid
            found["checked_on"] = looked and fields.Date.context_today(self)
        return found

    def _trusted_write(self, vals):
        """Write as part of a step of the application."""
        return self.with_env(self.application_id._trusted().env).write(vals)

    def _check_file_open(self):
        for application in self.application_id:
            application._check_open()

    @api.model
    def _add_missing(self, applications, company):
        """Copy the company's criteria to the applications that lack them, all in one statement."""
        known = {(check.application_id, check.qualification_id) for check in applications.check_ids}
        criteria = self.env["franchise.qualification"].search([("company_id", "in", (company.id, False))])
        self.create(
            [
                {
                    "application_id": application.id,
                    "qualification_id": criterion.id,
                    "name": criterion.name,
                    "category": criterion.category,
                    "sequence": criterion.sequence,
                    "is_mandatory": criterion.is_mandatory,
                }
                for application in applications
                for criterion in criteria
                if (application, criterion) not in known
            ]
        )
