from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import as_text

KINDS = [("tax", "Tax"), ("write_off", "Written off")]


class FranchiseSettlement(models.Model):
    """What a settlement adds to its sources when it is confirmed, each as a line of its own on the statement.

    *Tax*: settled amounts are without tax unless the tax is included in prices. Where a kind is a supply (a royalty, say),
    its mapping names the tax; accounting's own engine computes it for the whole document, so that the posted one comes to
    the same. Lines with tax = statement = ledger.
    *Written off*: a closing balance below the company's threshold for the currency isn't worth asking for (R-E7).
    """

    _inherit = "franchise.settlement"
    _step_fields = frozenset({"posting_form", "is_netted"})

    posting_form = fields.Selection(
        [("invoice", "Invoices and credit notes"), ("entry", "Journal entry")],
        string="Posted As",
        readonly=True,
        copy=False,
        help="By the partner's terms, else the company's, when it was confirmed.",
    )
    is_netted = fields.Boolean(
        string="Set Off",
        readonly=True,
        copy=False,
        help="Both sides' amounts are posted as one: only where all terms with the partner allow it.",
    )

    def _posting_terms(self):
        """{settlement: (form, whether both sides' amounts are set off)}. Rooms with terms override it, for many at once.

        By itself the company decides.
        """
        return {
            settlement: (
                settlement.company_id.franchise_settlement_form or "invoice",
                settlement.company_id.franchise_netting,
            )
            for settlement in self
        }

    def _combine_terms(self, terms, found):
        """Put what terms say over the company's choices: set off only where all allow it; an entry only where all say so.

        :param terms: what `super()._posting_terms()` gave; it is changed.
        :param found: {settlement: version records with `settlement_form` and `netting`}.
        """
        for settlement, versions in found.items():
            if not versions:
                continue
            form, netted = terms[settlement]
            forms = {version.settlement_form or form for version in versions}
            nettings = [version.netting == "yes" if version.netting else netted for version in versions]
            terms[settlement] = (forms.pop() if len(forms) == 1 else "invoice", all(nettings))
        return terms

    def _add_stated_lines(self):
        """Fix how these drafts will be posted, and add their tax and what is written off."""
        terms = self._posting_terms()
        for settlement in self:
            form, is_netted = terms[settlement]
            settlement._trusted().write({"posting_form": form, "is_netted": is_netted})
        self.line_ids.filtered(lambda line: line.kind in dict(KINDS)).sudo().unlink()
        postings = self._postings() if self._may_be_taxed() else {}
        lines = self.env["franchise.settlement.line"].sudo()
        lines.create([vals for settlement in self for vals in settlement._prepare_tax_lines(postings)])
        openings = self._open_balances()
        limits = self.env["franchise.settlement.threshold"].sudo()._limits(self.company_id)
        small = []
        for settlement in self:
            closing = settlement.currency_id.round(openings[settlement] + settlement.amount_total)
            if 0 < abs(closing) < limits.get((settlement.company_id, settlement.currency_id), 0):
                small.append(settlement._prepare_write_off(closing))
        lines.create(small)
        return openings

    def _may_be_taxed(self):
        return bool(
            self.env["franchise.charge.account"]
            .sudo()
            .search_count([("company_id", "in", self.company_id.ids), ("tax_ids", "!=", False)], limit=1)
        )

    def _prepare_tax_lines(self, postings):
        """Values of one line a tax and side of this draft; none where nothing is taxed or tax is in the prices."""
        self.ensure_one()
        position = self._fiscal_position()
        values = []
        for document in self._documents() if postings else ():
            amounts = self._document_taxes(document, postings, position)
            for tax, amount in amounts.items():
                if self.currency_id.is_zero(amount):
                    continue
                if self.posting_form == "entry":
                    raise UserError(
                        self.env._(
                            "%(settlement)s is posted as a journal entry, but “%(tax)s” is due on its amounts: taxes need "
                            "invoices. Change the terms or the account's taxes.",
                            settlement=self.display_name,
                            tax=tax.name,
                        )
                    )
                side = 1 if document.owed_to_us else -1
                values.append(
                    {
                        **self._prepare_stated_line("tax", side * amount),
                        "source_line": side * tax.id,
                        "name": tax.name,
                        "formula_values": {
                            "source": "franchise.settlement.threshold",
                            "about": tax.name,
                            "base": as_text(abs(sum(document.lines.mapped("amount")))),
                        },
                    }
                )
        return values

    def _document_taxes(self, document, postings, position):
        """{tax: amount that it adds to the document}, in the settlement's currency, as accounting will compute it."""
        base_lines = self._base_lines(document, postings, position)
        found = {}
        for base_line in base_lines:
            for data in base_line["tax_details"]["taxes_data"]:
                if not data["tax"].price_include:
                    found[data["tax"]] = found.get(data["tax"], 0.0) + data["tax_amount_currency"]
        return {tax: self.currency_id.round(amount) for tax, amount in found.items()}

    def _prepare_write_off(self, closing):
        digits = self.currency_id.decimal_places
        return {
            **self._prepare_stated_line("write_off", -closing),
            "name": self.env._("Balance written off"),
            "formula_values": {
                "source": "franchise.settlement.threshold",
                "about": "",
                "closing": f"{closing:.{digits}f}",
            },
        }

    def _prepare_stated_line(self, kind, amount):
        return {
            "settlement_id": self.id,
            "source_model": self._name,
            "source_id": self.id,
            "source_line": 0,
            "kind": kind,
            "date": self.date_to,
            "amount": amount,
        }


class FranchiseSettlementThreshold(models.Model):
    """Below which amount a closing balance is written off, by company and currency (R-E7)."""

    _name = "franchise.settlement.threshold"
    _description = "Write-Off Threshold"
    _inherit = ["franchise.settlement.source"]
    _order = "company_id, currency_id"
    _rec_name = "currency_id"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(
        string="Written Off Below",
        required=True,
        help="A closing balance smaller than this, in either direction, is written off when a settlement is confirmed.",
    )

    _unique_currency = models.UniqueIndex("(company_id, currency_id)", "This currency has a threshold already.")
    _check_amount = models.Constraint("CHECK (amount >= 0)", "A threshold can't be negative.")

    @api.model
    def _limits(self, companies):
        """{(company, currency): threshold in that currency}, in one query."""
        rows = self.search([("company_id", "in", companies.ids)])
        return {(row.company_id, row.currency_id): row.amount for row in rows}

    @api.model
    def _settlement_ready(self, company, date_to):
        # Settlements add these lines themselves: none is ever gathered.
        return self, fields.Domain.FALSE

    @api.model
    def _settlement_explain(self, kind, values):
        if kind == "tax":
            return self.env._("on amounts of %s without tax", values["base"])
        return self.env._("closing balance %s is below the company's threshold", values["closing"])

    @api.model
    def _settlement_account(self, kind, company):
        account = self.env["franchise.charge.account"].sudo()._account(kind, company)
        if not account:
            raise UserError(
                self.env._(
                    "No account is set for balances written off in %s: choose one in Accounts of Charges.", company.name
                )
            )
        return account


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=KINDS, ondelete={kind: "cascade" for kind, _label in KINDS})
