from odoo import fields, models

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseTermination(models.Model):
    """The end of a franchise contract as a guided case (R-B1 … R-B15)."""

    _name = "franchise.termination"
    _description = "Termination"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _number_sequence = "franchise.termination"

    _transitions = {
        "decide": Transition(("draft",), "decided", GROUP_CONTRACT),
        "notify": Transition(("decided",), "notified", GROUP_CONTRACT),
        "end": Transition(("notified",), "ended", GROUP_CONTRACT),
        "close": Transition(("ended",), "closed", GROUP_CONTRACT),
        "withdraw": Transition(("draft", "decided", "notified", "ended"), "withdrawn", GROUP_CONTRACT),
    }

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Consultation"),
            ("decided", "Decided"),
            ("notified", "Notified"),
            ("ended", "Contract Ended"),
            ("closed", "Closed"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Stage",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    date_effective = fields.Date(string="Ends On", help="Last day of the contract by this termination.")

    def _open_points(self):
        """What still stands in the way of closing: a list of (code, sentence in the reader's language).

        Rooms that build on terminations add theirs.
        """
        self.ensure_one()
        return []

    def _check_can_withdraw(self):
        """Hook: refuse a withdrawal that can't restore what the case changed, with a sentence. :raises UserError:"""
