from odoo import fields, models
from odoo.exceptions import RedirectWarning, UserError

MOVE_TYPES = {
    # (role, the partner owes us) → document: vendors get vendor documents, franchisees customer documents
    ("supplier", True): "in_refund",
    ("supplier", False): "in_invoice",
    ("carrier", True): "in_refund",
    ("carrier", False): "in_invoice",
    ("franchisee", True): "out_invoice",
    ("franchisee", False): "out_refund",
}


class FranchiseSettlement(models.Model):
    """Posting: one journal document a settlement, one line a settlement line, in the settlement's currency."""

    _inherit = "franchise.settlement"

    def action_post(self):
        """Post. A settlement that accounting refuses stays confirmed and keeps the reason; the others go on.

        :raises UserError: only one settlement was given and it could not be posted.
        """
        self._check_transition("post")
        for settlement in self:
            try:
                with self.env.cr.savepoint():
                    settlement._post_entry()
            except (UserError, RedirectWarning) as error:
                if len(self) == 1:
                    raise
                reason = str(error.args[0])
                settlement._trusted().post_error = reason
                settlement.message_post(body=self.env._("Not posted: %s", reason))
        return True

    def _post_entry(self):
        self.ensure_one()
        move = self.env["account.move"].with_company(self.company_id).create(self._prepare_move())
        move.action_post()
        self._check_entry(move)
        self._move("post", {"move_id": move.id, "post_error": False})

    def _prepare_move(self):
        """Values of the journal document; amounts in the settlement's currency, the rate of the day is accounting's."""
        self.ensure_one()
        accounts = self._accounts_by_kind()
        owed_to_us = self.amount_total >= 0
        move_type = MOVE_TYPES[self.party, owed_to_us]
        today = fields.Date.context_today(self)
        journal = self.company_id.franchise_settlement_journal_id
        return {
            "move_type": move_type,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": today,
            "date": today,
            "ref": self.name,
            "franchise_settlement_id": self.id,
            **({"journal_id": journal.id} if journal and move_type.startswith("in_") else {}),
            "invoice_line_ids": [
                fields.Command.create(line._prepare_move_line(accounts[line.kind], 1 if owed_to_us else -1))
                for line in self.line_ids
            ],
        }

    def _accounts_by_kind(self):
        """{kind of line: account} for the kinds of this settlement's lines, as their sources say.

        :raises UserError: an account is missing.
        """
        self.ensure_one()
        sources = self.env["franchise.settlement.source"]._settlement_source_by_name()
        accounts = {}
        for kind, lines in self.line_ids.grouped("kind").items():
            source = sources.get((lines[:1].formula_values or {}).get("source"))
            account = source is not None and source._settlement_account(kind, self.company_id)
            account = account or self.company_id.franchise_recovery_account_id
            if not account:
                raise UserError(
                    self.env._("No recovery account is set for %s: choose one in the settings.", self.company_id.name)
                )
            accounts[kind] = account
        return accounts

    def _check_entry(self, move):
        """The entry says the settlement's amount, to the cent, or nothing is posted."""
        if self.currency_id.compare_amounts(move.amount_total, abs(self.amount_total)):
            raise UserError(
                self.env._(
                    "%(settlement)s is %(ours)s %(currency)s, but its entry came to %(entry)s: check taxes on the account.",
                    settlement=self.name,
                    ours=f"{abs(self.amount_total):.2f}",
                    entry=f"{move.amount_total:.2f}",
                    currency=self.currency_id.name,
                )
            )


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    def _prepare_move_line(self, account, sign):
        """One document line: the line's amount times `sign`, without taxes (compensation, not a supply)."""
        self.ensure_one()
        return {
            "name": self.name,
            "quantity": 1,
            "price_unit": sign * self.amount,
            "account_id": account.id,
            "tax_ids": [fields.Command.clear()],
            "franchise_settlement_line_id": self.id,
        }
