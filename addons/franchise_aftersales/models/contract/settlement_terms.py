from odoo import fields, models

FORMS = [("invoice", "Invoices and credit notes"), ("entry", "Journal entry")]
NETTING = [("yes", "Set off"), ("no", "Not set off")]


class FranchiseContractVersion(models.Model):
    """How what a franchisee owes and is owed is posted (R-E7: netting only where the contract allows it)."""

    _inherit = "franchise.contract.version"

    settlement_form = fields.Selection(
        FORMS, string="Settlements Posted As", help="Empty: as the company's settings say."
    )
    netting = fields.Selection(
        NETTING,
        string="Both Sides' Amounts",
        help="Whether what we owe is set off against what the franchisee owes. Empty: as the company's settings say.",
    )


class FranchiseSettlement(models.Model):
    _inherit = "franchise.settlement"

    def _posting_terms(self):
        terms = super()._posting_terms()
        ours = self.filtered(lambda settlement: settlement.party == "franchisee")
        contracts = (
            self.env["franchise.contract"]
            .sudo()
            .search(
                [
                    ("company_id", "in", ours.company_id.ids),
                    ("franchisee_id", "child_of", ours.partner_id.ids),
                    ("state", "in", ("signed", "ended")),
                ]
            )
        )
        of_partner = contracts.grouped(lambda row: (row.company_id, row.franchisee_id.commercial_partner_id))
        owners = {
            settlement: of_partner.get(
                (settlement.company_id, settlement.partner_id.commercial_partner_id), contracts.browse()
            )
            for settlement in ours
        }
        versions = contracts._terms_on(
            [(contract.id, settlement.date_to) for settlement, found in owners.items() for contract in found]
        )
        return self._combine_terms(
            terms,
            {
                settlement: [
                    versions[contract.id, settlement.date_to]
                    for contract in found
                    if (contract.id, settlement.date_to) in versions
                ]
                for settlement, found in owners.items()
            },
        )
