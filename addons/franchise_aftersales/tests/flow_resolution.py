"""Offers and what is done for them, in a `Flow`'s world."""

import uuid

from odoo.fields import Command

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


class Resolutions:
    """Short ways to an offer of any status and to sales to the franchisee."""

    def __init__(self, flow):
        self.flow = flow
        self.env = flow.env

    def accounts(self):
        """The accounts that money without an invoice is posted to."""
        for kind in ("payout", "compensation", "goodwill"):
            self.env["franchise.charge.account"].create(
                {"kind": kind, "company_id": self.flow.company.id, "account_id": self.flow.account["expense"].id}
            )

    def invoice(self, prices=(100.0,), quantity=3, tax=None, days_ago=40, post=True, **line):
        """Lines of our posted invoice to the franchisee, one a price."""
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.flow.franchisee.id,
                "currency_id": self.flow.currency.id,
                "invoice_date": self.flow.day(-days_ago),
                "date": self.flow.day(-days_ago),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": f"Sold {number}",
                            "quantity": quantity,
                            "price_unit": price,
                            "account_id": self.flow.account["recovery"].id,
                            "tax_ids": [Command.set(tax.ids if tax else [])],
                            **line,
                        }
                    )
                    for number, price in enumerate(prices, start=1)
                ],
            }
        )
        if post:
            move.action_post()
        return move.invoice_line_ids

    def offer(self, claim=None, stage="made", lines=(), user="service", **values):
        """An offer of service staff; ours to the claimant unless said otherwise."""
        claim = claim or self.flow.claim(stage="approved")
        offer = (
            self.env["franchise.claim.offer"]
            .with_user(self.flow.users[user])
            .create(
                {
                    "claim_id": claim.id,
                    "terms": "We make it good",
                    "line_ids": [Command.create(line) for line in lines],
                    **values,
                }
            )
        )
        if stage in ("made", "accepted"):
            offer.action_make()
        if stage == "accepted":
            self.accept(offer)
        return offer.with_env(self.env)

    def scan(self, user="service"):
        return (
            self.env["ir.attachment"]
            .with_user(self.flow.users[user])
            .create({"name": f"signed-{uuid.uuid4().hex[:6]}.pdf", "raw": b"%PDF signed"})
        )

    def accept(self, offer, user="service"):
        """Accept on paper, as a member of staff records it."""
        offer = offer.with_user(self.flow.users[user])
        if offer.offered_by == "franchisor":
            offer.write(
                {"paper_name": "Li Lei", "paper_date": self.flow.today, "scan_ids": [Command.set(self.scan(user).ids)]}
            )
        offer.action_accept()
        return offer

    def pay(self, move):
        """Pay the document by an entry in the books. :return: the reconciled items of the document."""
        receivable = self.flow.account["receivable"]
        owed = move.line_ids.filtered(lambda line: line.account_id == receivable)
        balance = sum(owed.mapped("balance"))
        rows = [(receivable, -balance), (self.flow.account["expense"], balance)]
        entry = self.env["account.move"].create(
            {
                "journal_id": self.flow.journals[-1].id,
                "line_ids": [
                    Command.create({"account_id": account.id, "partner_id": move.partner_id.id, "balance": amount})
                    for account, amount in rows
                ],
            }
        )
        entry.action_post()
        (owed | entry.line_ids.filtered(lambda line: line.account_id == receivable)).reconcile()
        return owed

    def resolve(self, claim):
        """A claim that is resolved, with all done: a signed apology."""
        offer = self.offer(claim, "accepted", kind="goodwill", amount=0)
        for execution in claim.execution_ids.with_user(self.flow.users["service"]):
            execution.done_note = "Letter sent"
            execution.action_finish()
        return offer
