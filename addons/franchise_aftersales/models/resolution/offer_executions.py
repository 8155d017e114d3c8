from odoo import models

from .offer import MONEY_KINDS


class FranchiseClaimOffer(models.Model):
    """What has to be done once an offer is accepted."""

    _inherit = "franchise.claim.offer"

    def _make_executions(self):
        """Write down everything that the accepted offer promises, and create its documents.

        :raises ValidationError: more would be refunded than was invoiced.
        """
        self.ensure_one()
        executions = self.env["franchise.claim.execution"].sudo()._trusted().create(self._prepare_executions())
        self.env["franchise.claim.refund.quota"].sudo()._reserve(self.line_ids.invoice_line_id)
        executions._make_documents()
        return executions

    def _prepare_executions(self):
        """Values of the executions: the money in one, each line's goods by its purpose, and a task for mere words."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        rows = []
        if self.kind in MONEY_KINDS and self.amount:
            rows.append({"kind": self.pay_by, "team": "finance", "name": kinds[self.kind], "amount": self.amount})
        for line in self.line_ids:
            rows += line._prepare_executions()
        if not rows:
            team = "warehouse" if self.kind == "replace" else "service"
            kind = {"replace": "replacement", "repair": "repair"}.get(self.kind, "task")
            text = (self.terms or "").strip().split("\n")[0]
            rows.append(
                {"kind": kind, "team": team, "name": f"{kinds[self.kind]}: {text}" if text else kinds[self.kind]}
            )
        common = {"claim_id": self.claim_id.id, "offer_id": self.id, "user_id": self.claim_id.user_id.id}
        return [{**common, **row} for row in rows]


class FranchiseClaimOfferLine(models.Model):
    _inherit = "franchise.claim.offer.line"

    def _prepare_executions(self):
        """Values of what is done with these goods: sent, repaired, taken back."""
        self.ensure_one()
        goods = {
            "offer_line_id": self.id,
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "name": self.name,
        }
        rows = []
        if self.comes_back:
            rows.append({**goods, "kind": "return", "team": "warehouse"})
        if self.purpose == "repair":
            rows.append({**goods, "kind": "repair", "team": "production"})
        elif self.purpose in ("replace", "gift"):
            kind = "replacement" if self.purpose == "replace" else "gift"
            rows.append({**goods, "kind": kind, "team": "warehouse"})
        return rows
