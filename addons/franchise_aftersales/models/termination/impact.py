from odoo import api, fields, models
from odoo.tools import SQL

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
DECISIONS = [
    ("keep", "Goes on unchanged"),
    ("adjust", "Is adjusted"),
    ("hand_over", "Is handed over"),
    ("end", "Ends"),
]


class FranchiseTerminationImpact(models.Model):
    """What the end of a contract means for one supplier's service agreement, and what is decided about it (R-B4).

    Open → decided (an adjustment or a hand-over drafts an amendment) → notified (the supplier was told).
    """

    _name = "franchise.termination.impact"
    _description = "Supplier Impact"
    _inherit = ["franchise.termination.row.mixin", "franchise.document.mixin"]
    _order = "termination_id, id"
    _check_company_auto = True

    _transitions = {
        "decide": Transition(("open",), "decided", GROUP_CONTRACT),
        "reopen": Transition(("decided",), "open", GROUP_CONTRACT),
        "notify": Transition(("decided",), "notified", GROUP_CONTRACT),
    }
    _editable_states = ("open",)
    _frozen_fields = frozenset({"termination_id", "agreement_id", "decision", "decision_reason"})
    _step_fields = frozenset(
        {
            "decided_by_id",
            "decided_on",
            "amendment_id",
            "notice_id",
            "override_reason",
            "override_by_id",
            "override_on",
        }
    )

    state = fields.Selection(
        [("open", "Open"), ("decided", "Decided"), ("notified", "Supplier Notified")],
        string="Status",
        default="open",
        required=True,
        copy=False,
    )
    agreement_id = fields.Many2one(
        "franchise.service.agreement",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('company_id', '=', company_id), ('state', '!=', 'draft')]",
    )
    supplier_id = fields.Many2one(related="agreement_id.supplier_id", store=True, index=True)
    currency_id = fields.Many2one(related="termination_id.currency_id", string="Contract Currency")
    agreement_currency_id = fields.Many2one(related="agreement_id.currency_id", string="Agreement Currency")
    decision = fields.Selection(DECISIONS, string="The Agreement")
    decision_reason = fields.Char(string="Why")
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    amendment_id = fields.Many2one(
        "franchise.service.agreement.version",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    amendment_state = fields.Selection(related="amendment_id.state", string="Status of the Amendment")
    notice_id = fields.Many2one(
        "franchise.notice", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )

    _unique_agreement = models.UniqueIndex(
        "(termination_id, agreement_id)", "This agreement is among the suppliers of the case already."
    )
    _check_decided = models.Constraint(
        "CHECK (state = 'open' OR (decision IS NOT NULL AND decision_reason IS NOT NULL"
        " AND decided_by_id IS NOT NULL AND decided_on IS NOT NULL))",
        "A decision about an agreement says what, why, by whom and when.",
    )

    @api.depends("agreement_id.name", "supplier_id.name")
    def _compute_display_name(self):
        for impact in self:
            impact.display_name = f"{impact.agreement_id.name or ''} {impact.supplier_id.name or ''}".strip()

    @api.model
    def _generate(self, terminations):
        """Add a row for every agreement that the contracts touch; those that exist are kept.

        Touched are agreements of the contract's claims, and active agreements of suppliers whose bills were claimed or
        whose products were sold to the franchisee.

        :return: the new rows.
        """
        have = {(row.termination_id.id, row.agreement_id.id) for row in terminations.impact_ids}
        touched = self._touched_agreements(terminations)
        return self.create(
            [
                {"termination_id": termination_id, "agreement_id": agreement_id}
                for termination_id, agreement_id in touched
                if (termination_id, agreement_id) not in have
            ]
        )

    @api.model
    def _touched_agreements(self, terminations):
        """[(termination id, agreement id)], in one query; bills and invoices are read past the user's rights."""
        if not terminations:
            return []
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT termination.id, claim.agreement_id
                  FROM franchise_termination termination
                  JOIN franchise_claim claim ON claim.contract_id = termination.contract_id
                 WHERE termination.id IN %(ids)s AND claim.state != 'cancelled'
                 UNION
                SELECT termination.id, agreement.id
                  FROM franchise_termination termination
                  JOIN franchise_claim claim ON claim.contract_id = termination.contract_id
                  JOIN franchise_claim_line line ON line.claim_id = claim.id
                  JOIN account_move_line item ON item.id = line.invoice_line_id
                  JOIN account_move bill ON bill.id = item.move_id
                  JOIN franchise_service_agreement agreement
                    ON agreement.supplier_id = bill.commercial_partner_id AND agreement.state = 'active'
                   AND agreement.company_id = termination.company_id
                 WHERE termination.id IN %(ids)s AND claim.state != 'cancelled'
                 UNION
                SELECT termination.id, agreement.id
                  FROM franchise_termination termination
                  JOIN franchise_contract contract ON contract.id = termination.contract_id
                  JOIN res_partner franchisee ON franchisee.id = contract.franchisee_id
                  JOIN account_move invoice
                    ON invoice.commercial_partner_id = franchisee.commercial_partner_id
                   AND invoice.company_id = termination.company_id
                   AND invoice.move_type = 'out_invoice' AND invoice.state = 'posted'
                  JOIN account_move_line sold ON sold.move_id = invoice.id AND sold.display_type = 'product'
                  JOIN account_move_line bought
                    ON bought.product_id = sold.product_id AND bought.display_type = 'product'
                  JOIN account_move bill
                    ON bill.id = bought.move_id AND bill.company_id = termination.company_id
                   AND bill.move_type = 'in_invoice' AND bill.state = 'posted'
                  JOIN franchise_service_agreement agreement
                    ON agreement.supplier_id = bill.commercial_partner_id AND agreement.state = 'active'
                   AND agreement.company_id = termination.company_id
                 WHERE termination.id IN %(ids)s
                 ORDER BY 1, 2
                """,
                ids=tuple(terminations.ids),
            )
        )
