from odoo import fields, models

TASK_AREAS = [
    ("customers", "Customers"),
    ("stock", "Stock"),
    ("data", "Data"),
    ("staff", "Staff"),
    ("team", "Service team"),
    ("training", "Training"),
    ("other", "Other"),
]
SIGN_AREAS = [
    ("signs", "Signs"),
    ("systems", "Systems"),
    ("domains", "Domain names"),
    ("printed", "Printed matter"),
    ("other", "Other"),
]
PARTIES = [("franchisor", "Franchisor"), ("franchisee", "Franchisee"), ("successor", "Successor")]


class FranchiseTerminationTemplate(models.Model):
    """What every termination asks for: tasks of the transition and marks to be removed from the outlets (R-B6, R-B15)."""

    _name = "franchise.termination.template"
    _description = "Template of a Termination"
    _order = "kind, sequence, id"

    name = fields.Char(string="What Has to Be Done", required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [("task", "Transition task"), ("deidentification", "De-identification")], required=True, default="task"
    )
    area = fields.Selection(TASK_AREAS)
    mark = fields.Selection(SIGN_AREAS)
    from_party = fields.Selection(PARTIES, string="Handed Over By")
    to_party = fields.Selection(PARTIES, string="Taken Over By")
    days = fields.Integer(string="Due", help="Days after the last day of the contract; negative: before it.")

    _check_area = models.Constraint(
        "CHECK ((kind = 'task' AND area IS NOT NULL) OR (kind = 'deidentification' AND mark IS NOT NULL))",
        "A task names its area, a mark to be removed its kind.",
    )

    def _due(self, termination):
        """The day (date) on which this is due in that termination; False without an end."""
        self.ensure_one()
        return termination.date_effective and fields.Date.add(termination.date_effective, days=self.days)
