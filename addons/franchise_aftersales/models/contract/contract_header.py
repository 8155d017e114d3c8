from odoo import fields, models


class FranchiseContractHeader(models.AbstractModel):
    """What belongs to one contract: of its company, of its franchisee, and kept as long as the contract's history is.

    A model narrows the contracts that may be chosen by a `domain` on `contract_id`.
    """

    _name = "franchise.contract.header.mixin"
    _description = "Header of a Document of a Contract"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, index=True)
