from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import to_decimal
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseContract(models.Model):
    """Franchise contract between a company (franchisor) and a franchisee, for one brand and its outlets."""

    _name = "franchise.contract"
    _description = "Franchise Contract"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_start desc, id desc"
    _check_company_auto = True
    _number_sequence = "franchise.contract"

    _transitions = {
        "sign": Transition(("draft",), "signed", GROUP_CONTRACT),
        "end": Transition(("signed",), "ended", GROUP_CONTRACT),
        "resume": Transition(("ended",), "signed", GROUP_CONTRACT),  # by the withdrawal of a termination
        "cancel": Transition(("draft",), "cancelled", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {
            "name",
            "company_id",
            "franchisee_id",
            "brand_id",
            "date_start",
            "date_end",
            "date_sign",
            "currency_id",
            "initial_fee",
            "deposit",
            "outlet_ids",
        }
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("draft", "Draft"), ("signed", "Signed"), ("ended", "Ended"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", string="Franchisor", required=True, default=lambda self: self.env.company, index=True
    )
    franchisee_id = fields.Many2one(
        "res.partner", required=True, index=True, tracking=True, check_company=True, ondelete="restrict"
    )
    brand_id = fields.Many2one("franchise.brand", required=True, check_company=True, ondelete="restrict")
    outlet_ids = fields.One2many("franchise.outlet", "contract_id", string="Outlets")
    outlet_count = fields.Integer(compute="_compute_outlet_count")
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    date_sign = fields.Date(string="Signed On", copy=False, tracking=True)
    date_start = fields.Date(string="Start", required=True, tracking=True)
    date_end = fields.Date(
        string="End",
        required=True,
        tracking=True,
        help="Last day of the term. Once signed it changes only by a renewal or a termination.",
    )
    initial_fee = fields.Monetary(help="Charged once, when the contract is signed.")
    deposit = fields.Monetary(help="Charged when the contract is signed, and accounted for at its end.")
    user_id = fields.Many2one("res.users", string="Contract Manager", default=lambda self: self.env.user)
    note = fields.Html(string="Notes")

    _unique_name = models.UniqueIndex("(company_id, name) WHERE state != 'draft'", "This contract number is taken.")
    _check_dates = models.Constraint("CHECK (date_end >= date_start)", "A contract can't end before it starts.")
    _check_fees = models.Constraint(
        "CHECK (initial_fee >= 0 AND deposit >= 0)", "The initial fee and the deposit can't be negative."
    )

    @api.depends("outlet_ids")
    def _compute_outlet_count(self):
        counts = dict(
            self.env["franchise.outlet"]._read_group([("contract_id", "in", self.ids)], ["contract_id"], ["__count"])
        )
        for contract in self:
            contract.outlet_count = counts.get(contract._origin, 0)

    def action_sign(self):
        """Sign: from here on the contract is frozen, changes of its terms are amendments, and its fees are owed.

        :raises UserError: the contract has no outlet, or no terms that begin with it.
        """
        self._check_transition("sign")
        self._check_can_sign()
        self._confirm_first_terms()
        for day, contracts in self.grouped(lambda row: row.date_sign or fields.Date.context_today(row)).items():
            contracts._move("sign", {"date_sign": day})
        self.env["franchise.charge"]._charge([vals for contract in self for vals in contract._prepare_fees()])
        return True

    def _check_can_sign(self):
        """Refuse contracts that can't be signed, nor offered for signature; rooms add their conditions.

        :raises UserError: names the contract and what it lacks.
        """
        for contract in self:
            if not contract._outlets_to_run():
                raise UserError(
                    self.env._("%s has no outlet yet: add the stores that it covers, then sign.", contract.name)
                )

    def _outlets_to_run(self):
        """The outlets that the contract will cover."""
        return self.outlet_ids

    def _prepare_fees(self):
        """Values of the charges that signing makes due: initial fee and deposit, in the contract's currency."""
        self.ensure_one()
        return [
            {
                "contract_id": self.id,
                "kind": kind,
                "date": self.date_sign,
                "amount": self[kind],
                "res_model": self._name,
                "res_id": self.id,
                "formula_values": {
                    "formula": "contract_fee",
                    "about": "",
                    "contract": self.name,
                    "date": fields.Date.to_string(self.date_sign),
                    "amount": str(to_decimal(self[kind])),
                },
            }
            for kind in ("initial_fee", "deposit")
            if self[kind]
        ]

    def action_end(self):
        """End the contract; what survives it is the termination's business."""
        return self._move("end")

    def action_cancel(self):
        """Give up a draft."""
        return self._move("cancel")

    def action_view_outlets(self):
        """Open the outlets of this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Outlets"),
            "res_model": "franchise.outlet",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }

    def _in_force_on(self, day):
        """The contracts of this set that bound both sides on `day` (a date), signed ones only."""
        return self.filtered(
            lambda contract: contract.state in ("signed", "ended") and contract.date_start <= day <= contract.date_end
        )
