from odoo import fields, models


class FranchiseTerminationConsultation(models.Model):
    """One talk before the decision: with whom, which other ways were looked at, what came of it (R-B1)."""

    _name = "franchise.termination.consultation"
    _description = "Consultation"
    _inherit = ["franchise.termination.row.mixin"]
    _order = "date, id"
    _rec_name = "counterpart"

    date = fields.Date(required=True, default=fields.Date.context_today)
    counterpart = fields.Char(string="With Whom", required=True)
    alternatives = fields.Text(
        string="Alternatives Considered",
        required=True,
        help="Other ways than ending the contract, and why they were left.",
    )
    result = fields.Text(required=True)
    user_id = fields.Many2one("res.users", string="Held By", required=True, default=lambda self: self.env.user)

    def _is_open(self, case):
        return case.state == "draft"

    def _fixed_text(self, case):
        return self.env._("%s is decided: its consultations are evidence and stay as they are.", case.display_name)
