from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.batch import BatchRun, by_id
from .balance import OPEN_ACCOUNTS

POST_BATCH = 100  # settlements that are created and posted together
POST_AT_ONCE = 200  # settlements that a person waits for; more are posted in the background
CRON = "franchise_aftersales.cron_settlement_post"
MOVE_TYPES = {
    # (role, the partner owes us) → document: vendors get vendor documents, franchisees customer documents
    ("supplier", True): "in_refund",
    ("supplier", False): "in_invoice",
    ("carrier", True): "in_refund",
    ("carrier", False): "in_invoice",
    ("franchisee", True): "out_invoice",
    ("franchisee", False): "out_refund",
}


class Document(NamedTuple):
    """What goes into one journal document: whether the partner owes us by it, and its lines (without tax lines)."""

    owed_to_us: bool
    lines: models.Model
    total: float  # in the settlement's currency, tax included, positive when the partner owes us


class FranchiseSettlement(models.Model):
    """Posting: documents in the settlement's currency, a line each settlement line; the rate of the day is accounting's.

    | terms | what is posted |
    | --- | --- |
    | invoices, netted | one document: what is left when both sides are set off |
    | invoices, not netted (default) | one document for what the partner owes us, one for what we owe |
    | journal entry | the same as entries with an open item each |
    """

    _inherit = "franchise.settlement"
    _step_fields = frozenset({"posted_by_id", "posted_on", "post_ordered_by_id"})

    posted_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    posted_on = fields.Date(readonly=True, copy=False)
    post_ordered_by_id = fields.Many2one(
        "res.users",
        string="Posting Ordered By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Being posted in the background.",
    )

    def action_post(self):
        """Post; very many in the background. What accounting refuses stays confirmed with the reason, the others go on.

        :raises UserError: only one settlement was given and it could not be posted.
        """
        self._check_transition("post")
        if len(self) == 1:
            self._post_entries()
        elif len(self) > POST_AT_ONCE:
            self._trusted().write({"post_ordered_by_id": self.env.uid, "post_error": False})
            self.env.ref(CRON).sudo()._trigger()
        else:
            with BatchRun(self.env, "The posting", False, FranchiseSettlement._note_refusal) as run:
                run.work(by_id(self, [("id", "in", self.ids)], POST_BATCH), lambda batch: batch._post_entries())
        return True

    @api.model
    def _run_post(self, commit=True):
        """Scheduled action: post what was ordered to be posted, with the rights of who ordered it."""
        ordered = [("post_ordered_by_id", "!=", False), ("state", "=", "confirmed")]
        with BatchRun(self.env, "The posting", commit, FranchiseSettlement._note_refusal) as run:
            run.work(by_id(self.sudo(), ordered, POST_BATCH), lambda batch: batch._post_as_ordered())
        return run.done

    def _post_as_ordered(self):
        """Post, each with the rights of who ordered it."""
        for user, settlements in self.grouped("post_ordered_by_id").items():
            settlements.with_user(user)._post_entries()

    def _note_refusal(self, error):
        """Keep why this settlement could not be posted; it can be posted again once that is dealt with."""
        reason = str(error.args[0] if error.args else error)
        self._trusted().write({"post_error": reason, "post_ordered_by_id": False})
        self.message_post(body=self.env._("Not posted: %s", reason))

    def _post_entries(self):
        """Create and post the documents of these settlements together.

        :raises UserError: accounting refuses one, or a document doesn't come to what its settlement says.
        """
        self._check_transition("post")
        trusted = self._trusted()
        for company, settlements in trusted.grouped("company_id").items():
            postings = settlements._postings()
            values, totals = [], []
            for settlement in settlements:
                for document in settlement._documents():
                    values.append(settlement._prepare_move(document, postings))
                    totals.append(abs(document.total))
            # Items come with both their amounts: there is nothing for accounting to bring in line between the two.
            moves = settlements.env["account.move"].with_company(company)
            moves = moves.with_context(skip_invoice_line_sync=True).create(values)
            # Posting adds no amount: accounting needn't look for taxes and terms again. What they came to is checked next.
            moves.with_context(skip_invoice_sync=True).action_post()
            moves._check_settled_total(totals)
            for settlement, own in moves.grouped("franchise_settlement_id").items():
                settlement.move_id = own[:1]
        self._move(
            "post",
            {
                "post_error": False,
                "post_ordered_by_id": False,
                "posted_by_id": self.env.uid,
                "posted_on": fields.Date.context_today(self),
            },
        )

    def _documents(self):
        """The journal documents of this settlement, as [Document].

        What is written off reduces the document that it makes small; without one it stands alone.
        """
        self.ensure_one()
        if self.is_netted:
            groups = {self.amount_total >= 0: self.line_ids}
        else:
            groups = dict(self.line_ids.filtered(lambda line: line.kind != "write_off").grouped(self._is_owed_to_us))
            for line in self.line_ids.filtered(lambda line: line.kind == "write_off"):
                side = line.amount < 0
                side = side if side in groups else not side
                groups[side] = groups.get(side, line.browse()) | line
        return [
            Document(
                owed_to_us,
                lines.filtered(lambda line: line.kind != "tax"),
                self.currency_id.round(sum(lines.mapped("amount"))),
            )
            for owed_to_us, lines in sorted(groups.items(), reverse=True)
        ]

    @api.model
    def _is_owed_to_us(self, line):
        """To which side a line belongs where the sides aren't set off."""
        return line.source_line > 0 if line.kind == "tax" else line.amount >= 0

    def _prepare_move(self, document, postings):
        """Values of one journal document; amounts in the settlement's currency.

        :param postings: what `_postings` gave.
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        form = "entry" if self.posting_form == "entry" else MOVE_TYPES[self.party, document.owed_to_us]
        day = self.company_id._franchise_open_day(today, form)
        values = {
            "move_type": form,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "date": day,
            "ref": self.name,
            "franchise_settlement_id": self.id,
        }
        if form == "entry":
            return {**values, **self._prepare_journal_entry(document, postings, day)}
        journal = self.company_id.franchise_settlement_journal_id
        position = self._fiscal_position()
        amounts = self._document_amounts(document, postings, position, form, today)
        return {
            **values,
            "invoice_date": today,
            "fiscal_position_id": position.id,
            **({"journal_id": journal.id} if journal and form.startswith("in_") else {}),
            "invoice_line_ids": [
                fields.Command.create(
                    line._prepare_move_line(
                        postings[line._posting_key()],
                        1 if document.owed_to_us else -1,
                        position,
                        amounts[line],
                    )
                )
                for line in document.lines
            ],
        }

    def _prepare_journal_entry(self, document, postings, day):
        """The part of a journal entry's values that an invoice doesn't have: both sides, balanced in both currencies."""
        company, currency = self.company_id, self.currency_id
        partner = self.partner_id.with_company(company)
        side = "receivable" if self.party == "franchisee" else "payable"
        journal = company.franchise_settlement_entry_journal_id or self.env["account.journal"].search(
            [("company_id", "=", company.id), ("type", "=", "general")], limit=1
        )
        if not journal:
            raise UserError(
                self.env._("%s has no journal for settlements' entries: choose one in the settings.", company.name)
            )
        position, items = self._fiscal_position(), []
        amounts = self._document_amounts(document, postings, position, "entry", day)
        for line in document.lines:
            posting = postings[line._posting_key()]
            items.append(
                {
                    "name": line.name,
                    "account_id": position.map_account(posting.account).id,
                    "analytic_distribution": posting.analytic,
                    "franchise_settlement_line_id": line.id,
                    "amount_currency": amounts[line].amount_currency,
                    "balance": amounts[line].balance,
                }
            )
        items.append(
            {
                "name": self.name,
                "account_id": partner[f"property_account_{side}_id"].id,
                "amount_currency": document.total,
                "balance": company.currency_id.round(-sum(amount.balance for amount in amounts.values())),
            }
        )
        shared = {"partner_id": self.partner_id.id, "currency_id": currency.id}
        return {
            "journal_id": journal.id,
            "line_ids": [fields.Command.create({**shared, **item}) for item in items],
        }

    def _fiscal_position(self):
        """The partner's fiscal position in the settlement's company; empty where none applies."""
        self.ensure_one()
        positions = self.env["account.fiscal.position"].sudo().with_company(self.company_id)
        return positions._get_fiscal_position(self.partner_id)

    def _postings(self):
        """{posting key of a line: Posting} for the lines of these settlements.

        :raises UserError: an account is missing.
        """
        sources = self.env["franchise.settlement.source"]._settlement_source_by_name()
        by_key = {}
        for line in self.line_ids:
            if line.kind != "tax":
                by_key.setdefault(line._posting_key(), line)
        mapped = self.env["franchise.charge.account"].sudo()._postings(self.company_id)
        found = {}
        for (company, kind, taxes), line in by_key.items():
            posting = mapped.get((company, kind))
            if not posting:
                source = sources.get((line.formula_values or {}).get("source"))
                account = source is not None and source._settlement_account(kind, company)
                posting = Posting(account or company.franchise_recovery_account_id)
            if not posting.account:
                raise UserError(
                    self.env._("No recovery account is set for %s: choose one in the settings.", company.name)
                )
            found[company, kind, taxes] = posting._replace(taxes=taxes) if taxes else posting
        return found


class Posting(NamedTuple):
    """Where amounts of one kind go: account, taxes (of sales and purchases), analytic distribution."""

    account: models.Model
    taxes: models.Model | None = None
    analytic: dict | bool = False

    def taxes_of(self, party, position):
        """The taxes that a document with `party` has, mapped by its fiscal position."""
        if not self.taxes:
            return self.account.env["account.tax"]
        use = "sale" if party == "franchisee" else "purchase"
        return position.map_tax(self.taxes.filtered(lambda tax: tax.type_tax_use == use))


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    def _posting_key(self):
        """(company, kind, agreed taxes): lines with the same key are posted alike."""
        self.ensure_one()
        return self.company_id, self.kind, self._agreed_taxes()

    def _agreed_taxes(self):
        """Taxes that the partner's terms name for this line, in place of those of its kind; none by default."""
        return self.env["account.tax"]

    def _prepare_move_line(self, posting, sign, position, amount):
        """One document line: the line's amount times `sign`. Without a tax in its mapping it is compensation, no supply.

        :param amount: the `ItemAmount` of its journal item. Accounting comes to the same, but a write an item later.
        """
        self.ensure_one()
        taxes = posting.taxes_of(self.settlement_id.party, position)
        return {
            "name": self.name,
            "quantity": 1,
            "price_unit": sign * self.amount,
            "account_id": position.map_account(posting.account).id,
            "tax_ids": [fields.Command.set(taxes.ids)],
            "analytic_distribution": posting.analytic,
            "franchise_settlement_line_id": self.id,
            "amount_currency": amount.amount_currency,
            "balance": amount.balance,
            "tax_tag_ids": [fields.Command.set(amount.tags.ids)],
        }


class AccountMove(models.Model):
    _inherit = "account.move"

    def _check_settled_total(self, totals):
        """Each document comes to what its settlement says, to the smallest unit, or nothing is posted.

        :param totals: amounts in the documents' currency, tax included, in their order.
        :raises UserError: one doesn't.
        """
        for move, total in zip(self, totals, strict=True):
            currency = move.currency_id
            open_items = move.line_ids.filtered(lambda item: item.account_id.account_type in OPEN_ACCOUNTS)
            posted = abs(sum(open_items.mapped("amount_currency")))
            if currency.compare_amounts(posted, total):
                raise UserError(
                    self.env._(
                        "%(settlement)s is %(ours)s %(currency)s, but its entry came to %(entry)s: check taxes on the account.",
                        settlement=move.franchise_settlement_id.name,
                        ours=f"{total:.{currency.decimal_places}f}",
                        entry=f"{posted:.{currency.decimal_places}f}",
                        currency=currency.name,
                    )
                )
