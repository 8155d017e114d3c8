from odoo import fields, models


class FranchiseContract(models.Model):
    _inherit = "franchise.contract"

    buyer_id = fields.Many2one(
        related="franchisee_id.commercial_partner_id", string="Company That Buys", store=True, index=True
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Invoices name a company, contracts perhaps one of its addresses: record rules compare companies.
    franchise_contract_ids = fields.One2many("franchise.contract", "buyer_id", string="Franchise Contracts")
