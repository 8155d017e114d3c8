from odoo import fields, models

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseObligation(models.Model):
    """What a party owes the other, by when and until when; the register outlives the contract (R-A4, R-B9, R-C7)."""

    _name = "franchise.obligation"
    _description = "Obligation"
    _inherit = [
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_due, id"
    _check_company_auto = True

    _transitions = {
        "fulfil": Transition(("open", "breached"), "done", GROUP_CONTRACT),
        "breach": Transition(("open",), "breached", GROUP_CONTRACT),
        "waive": Transition(("open", "breached"), "waived", GROUP_CONTRACT),
    }
    _editable_states = ("open",)

    name = fields.Char(required=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Fulfilled"), ("breached", "Breached"), ("waived", "Waived")],
        string="Status",
        default="open",
        required=True,
        copy=False,
        tracking=True,
    )
    clause_id = fields.Many2one("franchise.clause", index=True, ondelete="restrict", check_company=True)
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    debtor = fields.Selection(
        [("franchisor", "Franchisor"), ("franchisee", "Franchisee"), ("supplier", "Supplier")],
        string="Owed By",
        required=True,
        default="franchisee",
    )
    date_due = fields.Date(string="Due On")
    date_end = fields.Date(
        string="Lasts Until", help="Last day of a lasting duty; empty with a lasting duty: for ever."
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
