from odoo import api, fields, models

from ...tools.due_dates import Schedule
from .terms import DEBTORS

ANCHORS = [
    ("signing", "Signature or activation"),
    ("start", "Start of the term"),
    ("end", "End of the document"),
    ("termination", "Effective termination"),
    ("notice", "Delivery of a notice"),
    ("fixed", "A fixed date"),
]


class FranchiseClauseDuty(models.Model):
    """The rule of an obligation that a clause creates: who owes what, counted from which day, once or again and again.

    A lasting duty (secrecy, non-compete …) is one obligation that lasts by the clause's end rule and is checked every so
    many months; any other duty is done by a day, and each repetition is an obligation of its own.
    """

    _name = "franchise.clause.duty"
    _description = "Duty Created by a Clause"
    _inherit = ["franchise.document.row.mixin"]
    _order = "clause_id, template_id, sequence, id"
    _check_company_auto = True

    _row_of = "clause_id"

    clause_id = fields.Many2one("franchise.clause", index="btree_not_null", ondelete="cascade", check_company=True)
    template_id = fields.Many2one(
        "franchise.clause.template", index="btree_not_null", ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True, precompute=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="What", required=True, translate=True)
    debtor = fields.Selection(DEBTORS, string="Owed By", required=True, default="franchisee")
    is_lasting = fields.Boolean(
        string="Lasting", help="To be kept all the time until it ends by the clause's rule, not to be done by a day."
    )
    is_payment = fields.Boolean(
        string="Payment of Bills", help="Our duty to pay a supplier's bills in time: checked against the ledger."
    )
    anchor = fields.Selection(ANCHORS, string="Counted From", required=True, default="signing")
    notice_kind = fields.Selection(
        selection=lambda self: self.env["franchise.notice"]._fields["kind"]._description_selection(self.env),
        string="Kind of Notice",
        help="Empty: every notice about the document.",
    )
    date_fixed = fields.Date(string="Fixed Date")
    offset_value = fields.Integer(string="How Many", default=0)
    offset_unit = fields.Selection(
        [("days", "Days"), ("months", "Months"), ("years", "Years")], string="Unit", required=True, default="days"
    )
    offset_side = fields.Selection(
        [("after", "After"), ("before", "Before")], string="After or Before", required=True, default="after"
    )
    every_months = fields.Integer(
        string="Every (Months)", help="Repeated, or a lasting duty checked, every so many months; 0: once."
    )
    warn_days = fields.Integer(string="Warn Before", default=14, help="Days before the due day.")
    user_id = fields.Many2one(
        "res.users", string="Responsible", help="Empty: who is responsible for the contract or the agreement."
    )

    _check_one_owner = models.Constraint(
        "CHECK (num_nonnulls(clause_id, template_id) = 1)",
        "A duty belongs to one clause, of a document or the library.",
    )
    _check_numbers = models.Constraint(
        "CHECK (offset_value >= 0 AND every_months >= 0 AND warn_days >= 0)",
        "Days and months of a duty can't be negative: choose “before” instead.",
    )
    _check_fixed = models.Constraint(
        "CHECK ((anchor = 'fixed') = (date_fixed IS NOT NULL))",
        "A duty counted from a fixed date names it, no other does.",
    )

    @api.depends("clause_id.company_id", "template_id.company_id")
    def _compute_company_id(self):
        for duty in self:
            duty.company_id = duty.clause_id.company_id or duty.template_id.company_id

    def _fixed_text(self, clause):
        return self.env._("Clause “%s” is in force: its duties can't change. Amend it.", clause.display_name)

    def _schedule(self, day):
        """When this duty falls due, counted from `day` (a date; the fixed date has precedence)."""
        self.ensure_one()
        return Schedule(
            self.date_fixed or day,
            self.offset_value,
            self.offset_unit,
            self.offset_side == "before",
            self.every_months,
        )

    def _terms(self):
        """The rule as values for `create`."""
        self.ensure_one()
        names = ("sequence", "name", "debtor", "is_lasting", "is_payment", "anchor", "notice_kind", "date_fixed")
        names += ("offset_value", "offset_unit", "offset_side", "every_months", "warn_days")
        return {**{name: self[name] for name in names}, "user_id": self.user_id.id}
