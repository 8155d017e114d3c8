from odoo import fields, models


class FranchiseClause(models.Model):
    """One clause of a franchise contract or of a service agreement (R-A4, R-C2)."""

    _name = "franchise.clause"
    _description = "Clause"
    _order = "contract_id, agreement_id, sequence, id"
    _check_company_auto = True

    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="cascade", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    sequence = fields.Integer(default=10)
    number = fields.Char(required=True, help="As printed in the contract, e.g. 7.2.")
    name = fields.Char(string="Title", required=True)
    kind = fields.Selection(
        [
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
        ],
        required=True,
        default="other",
    )
    text = fields.Html()

    _check_one_document = models.Constraint(
        "CHECK (num_nonnulls(contract_id, agreement_id) = 1)",
        "A clause belongs to one contract or to one service agreement.",
    )
