from odoo import fields, models

from ..sync.api_delivery import plain_text
from ..sync.api_files import MAX_FILE_BYTES

# So that a payload stays below 1 MiB, whatever language its texts are in; the print has all lines and whole texts.
MAX_LINES = 1000
MAX_DESCRIPTION, MAX_REFERENCE = 120, 60  # characters


class FranchiseStatementConfirmation(models.Model):
    """What a supplier's system is told of a settlement (R-G1): the statement's figures, frozen as they went out.

    Amounts are decimal strings in the statement's currency, positive when the partner owes us; dates are ISO 8601.
    """

    _inherit = "franchise.statement.confirmation"

    def _sync_prepare_payload(self, kind, endpoint):
        self.ensure_one()
        spoken = self.sudo()._in_partner_language()
        return {
            "document": {"number": self.settlement_id.name},
            "customer": {"name": self.company_id.name, "ref": endpoint.customer_ref or ""},
            "supplier": {"name": self.partner_id.name, "ref": self.partner_id.ref or ""},
            "currency": self.currency_id.name,
            **(spoken._sync_prepare_issued() if kind == "settlement_issued" else spoken._sync_prepare_taken_back()),
        }

    def _sync_prepare_issued(self):
        """The statement itself. Of more lines than a payload can hold none is in it: a part would be mistaken for all."""
        settlement, lines = self.settlement_id, self._sync_lines()
        held = lines if len(lines) <= MAX_LINES else {}
        return {
            "party": self.party,
            "type": settlement.settlement_type,
            "date_to": fields.Date.to_string(settlement.date_to),
            "opening_balance": self._sync_money(settlement.opening_balance),
            "amount": self._sync_money(settlement.amount_total),
            "closing_balance": self._sync_money(settlement.closing_balance),
            "answer_until": fields.Date.to_string(self.deadline_date) or "",
            "answer_days": self.answer_days,
            "silence": self.silence,
            "line_count": len(lines),
            "lines": [self._sync_prepare_line(key, line) for key, line in held.items()],
            "statement": self._sync_prepare_file(),
        }

    def _sync_lines(self):
        """{key: settlement line}: numbers in the order of the statement, which is fixed once it is confirmed."""
        self.ensure_one()
        return {str(number): line for number, line in enumerate(self.settlement_id._statement_lines(), 1)}

    def _sync_prepare_line(self, key, line):
        return {
            "key": key,
            "kind": line.kind,
            "date": fields.Date.to_string(line.date),
            "reference": plain_text(line.claim_id.name, MAX_REFERENCE),
            "their_reference": plain_text(line.partner_reference, MAX_REFERENCE),
            "description": plain_text(line.display_name, MAX_DESCRIPTION),
            "amount": self._sync_money(line.amount),
        }

    def _sync_prepare_file(self):
        """What the print is called and its SHA-256; nothing where there is none, or it is too large to be sent."""
        file = self._sync_files()
        if not file or file.file_size > MAX_FILE_BYTES:
            return {}
        return {
            "name": file.name,
            "mimetype": file.mimetype,
            "size": file.file_size,
            "sha256": self.archive_sha256,
        }

    def _sync_prepare_taken_back(self):
        """That an earlier message, named by its key, no longer holds."""
        originals, status, reason = self.env.context["franchise_sync_taken_back"]
        return {"original": originals[self.id], "status": status, "reason": reason}

    def _sync_money(self, amount):
        """`amount` (float in the statement's currency) as a payload's text; nothing is never "-0.00"."""
        return self._sync_amount(self.currency_id.round(amount) + 0.0, self.currency_id)

    def _sync_files(self):
        return self.sudo().archive_id
