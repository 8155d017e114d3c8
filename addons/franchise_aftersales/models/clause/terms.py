from odoo import fields, models

KINDS = [
    ("responsibility", "Responsibility"),
    ("breach", "Breach"),
    ("change", "Change notice"),
    ("confidentiality", "Confidentiality"),
    ("non_compete", "Non-compete"),
    ("ip", "Intellectual property"),
    ("dispute", "Dispute resolution and venue"),
    ("renewal", "Renewal"),
    ("price", "Price"),
    ("after_sales", "After-sales duty"),
    ("other", "Other"),
]
END_RULES = [
    ("with_contract", "Ends with the contract"),
    ("months_after", "Months after the contract"),
    ("forever", "For ever"),
]
DEBTORS = [("franchisor", "Franchisor"), ("franchisee", "Franchisee"), ("supplier", "Supplier")]


class FranchiseClauseTermsMixin(models.AbstractModel):
    """What a clause says, in the library and in a contract: kind, end rule, and whether it refers to the rules."""

    _name = "franchise.clause.terms.mixin"
    _description = "Terms of a Clause"

    sequence = fields.Integer(default=10)
    number = fields.Char(string="Clause Number", required=True, help="As printed in the contract, e.g. 7.2.")
    kind = fields.Selection(KINDS, required=True, default="other")
    end_rule = fields.Selection(END_RULES, string="Lasts", required=True, default="with_contract")
    end_months = fields.Integer(string="Months After", help="Full months after the last day of the contract.")
    refers_to_rules = fields.Boolean(
        string="Refers to the Management Rules",
        help="The contract can't be signed before the management rules are attached to it.",
    )

    _check_end = models.Constraint(
        "CHECK ((end_rule = 'months_after') = (COALESCE(end_months, 0) > 0) AND COALESCE(end_months, 0) >= 0)",
        "Months after the contract: a positive number with that rule, none with the others.",
    )

    def _terms(self):
        """The terms as values for `create`."""
        self.ensure_one()
        names = ("sequence", "number", "kind", "end_rule", "end_months", "refers_to_rules")
        return {name: self[name] for name in names}
