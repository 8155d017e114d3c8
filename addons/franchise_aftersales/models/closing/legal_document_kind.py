from dateutil.relativedelta import relativedelta
from odoo import fields, models


class FranchiseLegalDocumentKind(models.Model):
    """How long papers of a kind are kept, and from when that counts."""

    _name = "franchise.legal.document.kind"
    _description = "Kind of Legal Document"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    retention_years = fields.Integer(string="Keep (Years)", required=True, default=10)
    retention_from = fields.Selection(
        [("received", "Its receipt"), ("contract_end", "The end of the contract")],
        string="Counted From",
        default="contract_end",
        required=True,
    )

    _check_years = models.Constraint("CHECK (retention_years BETWEEN 0 AND 100)", "Between 0 and 100 years.")

    def _retention_end(self, document):
        """The last day (date) on which `document` is kept: so many years after the later of receipt and, where the kind
        says so, the end of its contract."""
        self.ensure_one()
        start = document.received_on
        if self.retention_from == "contract_end":
            termination = document.termination_id
            contract = document.contract_id or termination.contract_id
            ends = [day for day in (termination.date_effective, contract.date_end) if day]
            start = max([start, *ends[:1]])
        return start + relativedelta(years=self.retention_years)


class FranchiseLegalDocumentLog(models.Model):
    """What happened to a legal document; rows are only ever added, and stay when the file is gone."""

    _name = "franchise.legal.document.log"
    _description = "Log of a Legal Document"
    _order = "id desc"

    document_id = fields.Many2one("franchise.legal.document", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    moment = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", required=True, default=lambda self: self.env.uid, ondelete="restrict")
    event = fields.Selection(
        [
            ("collected", "Collected"),
            ("archived", "Archived"),
            ("held", "Put under legal hold"),
            ("released", "Legal hold lifted"),
            ("requested", "Destruction requested"),
            ("refused", "Destruction refused"),
            ("destroyed", "Destroyed"),
            ("verified", "File verified"),
            ("altered", "File found altered"),
        ],
        required=True,
    )
    note = fields.Char()
    sha256 = fields.Char(string="SHA-256")
