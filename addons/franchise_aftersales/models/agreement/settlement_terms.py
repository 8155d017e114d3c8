from odoo import fields, models

from ..contract.settlement_terms import FORMS, NETTING


class FranchiseServiceAgreementVersion(models.Model):
    """How what a supplier owes and is owed is posted (R-E7: netting only where the agreement allows it)."""

    _inherit = "franchise.service.agreement.version"

    settlement_form = fields.Selection(
        FORMS, string="Settlements Posted As", help="Empty: as the company's settings say."
    )
    netting = fields.Selection(
        NETTING,
        string="Both Sides' Amounts",
        help="Whether what we owe is set off against what the supplier owes. Empty: as the company's settings say.",
    )


class FranchiseSettlement(models.Model):
    _inherit = "franchise.settlement"

    def _posting_terms(self):
        terms = super()._posting_terms()
        ours = self.filtered(lambda settlement: settlement.party == "supplier")
        agreements = (
            self.env["franchise.service.agreement"]
            .sudo()
            .search([("company_id", "in", ours.company_id.ids), ("supplier_id", "in", ours.partner_id.ids)])
        )
        of_supplier = agreements.grouped(lambda row: (row.company_id, row.supplier_id))
        owners = {
            settlement: of_supplier.get((settlement.company_id, settlement.partner_id), agreements.browse())
            for settlement in ours
        }
        versions = (
            self.env["franchise.service.agreement.version"]
            .sudo()
            ._in_force_on([(row.id, settlement.date_to) for settlement, found in owners.items() for row in found])
        )
        return self._combine_terms(
            terms,
            {
                settlement: [
                    versions[row.id, settlement.date_to] for row in found if (row.id, settlement.date_to) in versions
                ]
                for settlement, found in owners.items()
            },
        )
