from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...tools.allocation import as_text, round_money, to_decimal
from .execution import GROUP_FINANCE, MONEY, OPEN

PAID = ("paid", "in_payment", "reversed")
# Under which kind of amount money is settled, and posted where it follows no invoice.
CHARGE_KINDS = {"refund": "payout", "discount": "payout", "compensation": "compensation", "goodwill": "goodwill"}


class FranchiseClaimExecution(models.Model):
    """Money for the claimant: draft credit notes that finance posts, or an amount of the claim in the next settlement."""

    _inherit = "franchise.claim.execution"

    move_ids = fields.One2many(
        "account.move", "franchise_execution_id", string="Credit Notes", readonly=True, groups="account.group_account_readonly,account.group_account_invoice,franchise_aftersales.group_accountant"
    )  # fmt: skip
    move_count = fields.Integer(string="Number of Credit Notes", compute="_compute_move_count")
    charge_ids = fields.One2many(
        "franchise.claim.charge", "res_id", string="Amounts", domain=[("res_model", "=", "franchise.claim.execution")],
        readonly=True,
    )  # fmt: skip

    def _compute_move_count(self):
        counts = dict(
            self.env["account.move"]
            .sudo()
            ._read_group([("franchise_execution_id", "in", self.ids)], ["franchise_execution_id"], ["__count"])
        )
        for execution in self:
            execution.move_count = counts.get(execution.sudo(), 0)

    def _document_state(self):
        self.ensure_one()
        if self.kind == "credit_note":
            return self._credit_note_state()
        if self.kind == "settlement":
            return self._settlement_state()
        return super()._document_state()

    def _credit_note_state(self):
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "cancel")
        if not moves:
            return None
        if any(move.state != "posted" for move in moves):
            return "underway" if any(move.state == "posted" for move in moves) else "open"
        return "done" if all(move.payment_state in PAID for move in moves) else "underway"

    def _settlement_state(self):
        charge = self._live_charges()
        if not charge:
            return None
        line = self.env["franchise.settlement.line"].sudo()
        line = line.search(
            [("source_model", "=", charge._name), ("source_id", "in", charge.ids), ("state", "!=", "reversed")], limit=1
        )
        return "open" if not line else "done" if line.state == "posted" else "underway"

    def _live_charges(self):
        self.ensure_one()
        return self.sudo().charge_ids.filtered(lambda charge: charge.state != "cancelled")

    def _make_document(self):
        self.ensure_one()
        if self.kind == "credit_note":
            return self._make_credit_notes()
        if self.kind == "settlement":
            return self.env["franchise.claim.charge"]._charge([self._prepare_charge()])
        return super()._make_document()

    def _make_credit_notes(self):
        """Draft credit notes, one for each invoice whose goods are credited, and one for what follows no invoice.

        :raises UserError: an account or journal is missing, or accounting refuses.
        """
        self.ensure_one()
        moves = self.env["account.move"].sudo().with_company(self.company_id)
        moves = moves.create(self._prepare_credit_notes())
        moves._check_execution_amount()
        return moves

    def _prepare_credit_notes(self):
        """Values of the credit notes: lines, taxes and currency of the invoices; what follows none has no tax."""
        self.ensure_one()
        offer = self.offer_id.sudo()
        priced = offer.line_ids.filtered(lambda line: line.purpose in ("refund", "discount") and line.amount)
        groups = priced.grouped(lambda line: line.invoice_line_id.move_id)
        free = groups.pop(self.env["account.move"].sudo(), priced.browse())
        vals_list = [
            {
                **self._prepare_credit_note(),
                "partner_id": invoice.partner_id.id,
                "partner_shipping_id": invoice.partner_shipping_id.id,
                "currency_id": invoice.currency_id.id,
                "journal_id": invoice.journal_id.id,
                "fiscal_position_id": invoice.fiscal_position_id.id,
                "reversed_entry_id": invoice.id,
                "invoice_line_ids": [Command.create(line._prepare_credit_line()) for line in lines],
            }
            for invoice, lines in groups.items()
        ]
        rest = [(line.name, line.amount, line.id) for line in free] if priced else [(self.name, self.amount, False)]
        if rest:
            vals_list.append(
                {
                    **self._prepare_credit_note(),
                    "partner_id": self.claimant_id.id,
                    "currency_id": self.currency_id.id,
                    "invoice_line_ids": [Command.create(self._prepare_free_line(*row)) for row in rest],
                }
            )
        return vals_list

    def _prepare_credit_note(self):
        self.ensure_one()
        today = fields.Date.context_today(self)
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "invoice_date": today,
            "date": today,
            "ref": self.claim_id.name,
            "invoice_origin": self.claim_id.name,
            "invoice_payment_term_id": False,
            "franchise_execution_id": self.id,
        }

    def _prepare_free_line(self, name, amount, offer_line_id):
        """A line for money that follows no invoice line: no supply, so without tax."""
        kind = CHARGE_KINDS[self.offer_id.kind]
        return {
            "name": f"{self.claim_id.name} {name}",
            "quantity": 1,
            "price_unit": amount,
            "account_id": self.env["franchise.claim.charge"]._settlement_account(kind, self.company_id).id,
            "tax_ids": [Command.clear()],
            "franchise_offer_line_id": offer_line_id,
        }

    def _prepare_charge(self):
        """Values of the claim's amount (negative: we owe it) that the next settlement pays."""
        self.ensure_one()
        offer = self.offer_id
        return {
            "claim_id": self.claim_id.id,
            "partner_id": self.claimant_id.commercial_partner_id.id,
            "party": "franchisee",
            "kind": CHARGE_KINDS[offer.kind],
            "date": fields.Date.context_today(self),
            "amount": -self.amount,
            "res_model": self._name,
            "res_id": self.id,
            "revision": len(self.sudo().charge_ids) + 1,
            "formula_values": {
                "formula": "claim_offer",
                "about": "",
                "claim": self.claim_id.name,
                "number": offer.number,
                "accepted": fields.Date.to_string(offer.answered_at),
                "amount": as_text(self.amount),
                "percent": as_text(offer.percent),
                "approved": as_text(self.claim_id.amount_approved),
                "goods": "; ".join(
                    f"{as_text(line.quantity)} × {line.name}: {as_text(line.amount)}"
                    for line in offer.line_ids
                    if line.amount
                ),
            },
        }

    def _drop_document(self):
        for execution in self.filtered(lambda execution: execution.kind in MONEY):
            moves = execution.move_ids.filtered(lambda move: move.state != "cancel")
            if moves.filtered(lambda move: move.state == "posted"):
                raise UserError(
                    self.env._("%s: its credit note is posted. Reverse it in accounting first.", execution.display_name)
                )
            moves.button_cancel()
            execution._live_charges()._cancel()
        return super()._drop_document()

    def action_pay_otherwise(self):
        """Give the money the other way: by a credit note instead of with the settlement, or the reverse; finance only.

        :raises UserError: the way chosen before has taken effect: a posted credit note, an amount in a settlement.
        """
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group(GROUP_FINANCE)):
            group = self.env.ref(GROUP_FINANCE).sudo()
            raise UserError(self.env._("This step needs the role “%s”. Ask a colleague who has it.", group.full_name))
        self.lock_for_update()
        for execution in self.sudo():
            if execution.kind not in MONEY or execution.state not in OPEN:
                raise UserError(self.env._("%s is no money that is still to be given.", execution.display_name))
            execution._drop_document()
            kind = "settlement" if execution.kind == "credit_note" else "credit_note"
            execution._trusted().write({"kind": kind, "problem": False})
            execution._make_documents()
        return True

    def action_view_moves(self):
        """Open the credit notes."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Notes"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("franchise_execution_id", "in", self.ids)],
            "context": {"create": False},
        }


class FranchiseClaimOfferLine(models.Model):
    _inherit = "franchise.claim.offer.line"

    def _prepare_credit_line(self):
        """The invoice line as a line of a credit note: same product, account, taxes and analytic distribution.

        Where the price paid times the pieces isn't the amount to the smallest unit, the line is one piece at the amount.
        """
        self.ensure_one()
        bought = self.invoice_line_id
        rounding = bought.currency_id.rounding
        factor = self.percent / 100 if self.purpose == "discount" else 1
        price = to_decimal(bought.price_unit) * (100 - to_decimal(bought.discount)) / 100
        exact = (
            self.purpose == "refund"
            and bought.price_subtotal
            and round_money(price * to_decimal(self.quantity), rounding) == to_decimal(self.amount)
        )
        values = {
            "name": bought.name,
            "product_id": bought.product_id.id,
            "product_uom_id": bought.product_uom_id.id,
            "quantity": self.quantity,
            "price_unit": bought.price_unit,
            "discount": bought.discount,
            "account_id": bought.account_id.id,
            "tax_ids": [Command.set(bought.tax_ids.ids)],
            "analytic_distribution": bought.analytic_distribution,
            "franchise_offer_line_id": self.id,
        }
        included = any(tax.price_include for tax in bought.tax_ids.flatten_taxes_hierarchy())
        if exact and not included:
            return values
        amount = to_decimal(self.amount)
        if included and bought.price_subtotal:
            amount = round_money(amount * to_decimal(bought.price_total) / to_decimal(bought.price_subtotal), rounding)
        name = bought.name
        if factor != 1:
            name = self.env._("%(percent)s %% off %(item)s", percent=as_text(self.percent), item=bought.name)
        # A reduction takes no piece back: without the product nobody counts it as returned.
        return {
            **values,
            "name": name,
            "product_id": bought.product_id.id if self.purpose == "refund" else False,
            "quantity": 1,
            "price_unit": float(amount),
            "discount": 0,
        }


class FranchiseClaimCharge(models.Model):
    """How the money of an accepted offer came about, in words."""

    _inherit = "franchise.claim.charge"

    def _formula_texts(self):
        return {**super()._formula_texts(), "claim_offer": self._text_claim_offer}

    def _text_claim_offer(self, values):
        # A settlement line's values say more than these, "source" among it, which isn't for a text.
        known = {name: values.get(name) for name in ("accepted", "goods", "percent", "approved", "amount")}
        known["offer"] = self.env._(
            "%(claim)s offer %(number)s", claim=values.get("claim", ""), number=values.get("number", "")
        )
        if known["goods"]:
            return self.env._("%(offer)s, accepted on %(accepted)s: %(goods)s", **known)
        if (known["percent"] or "0") != "0":
            return self.env._("%(offer)s, accepted on %(accepted)s: %(percent)s %% of %(approved)s approved", **known)
        return self.env._("%(offer)s, accepted on %(accepted)s: %(amount)s agreed", **known)
