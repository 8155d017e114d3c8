"""The steps of a claim in a `Flow`'s world, each taken by the person whose step it is."""

import uuid

from odoo.fields import Command

STAGES = ("draft", "submitted", "assessed", "approved")


class Steps:
    """From a claim to its settlement; what comes back is seen with the test's own rights."""

    def claim(self, lines=None, stage="draft", supplier=None, entered_by="service", **values):
        """A claim of `lines` [(kind, bill line or None, amount)], entered, assessed and approved by three people."""
        if lines is None:
            lines = [("goods", self.bill(supplier=supplier), 100.0)]
        claim = (
            self.env["franchise.claim"]
            .with_user(self.users[entered_by])
            .create(self.claim_values(lines, supplier, **values))
        )
        self.advance(claim, stage)
        return claim.with_env(self.env)

    def claim_values(self, lines, supplier=None, **values):
        return {
            "contract_id": self.contract.id,
            "outlet_id": self.outlet.id,
            "company_id": self.company.id,
            "supplier_id": (supplier or self.supplier).id,
            "cause_id": self.cause.id,
            "event_date": self.day(-20),
            "discovery_date": self.day(-15),
            "reported_date": self.day(-10),
            "description": "Broken 破损",
            "line_ids": [
                Command.create(
                    {
                        "kind": kind,
                        "invoice_line_id": bill_line.id if bill_line else False,
                        "name": bill_line.name if bill_line else kind,
                        "quantity": 1,
                        "amount_claimed": amount,
                    }
                )
                for kind, bill_line, amount in lines
            ],
            **values,
        }

    def advance(self, claims, stage):
        steps = STAGES[: STAGES.index(stage) + 1]
        if "submitted" in steps:
            claims.with_user(self.users["service"]).action_submit()
        if "assessed" in steps:
            claims.with_user(self.users["service2"]).action_assess()
        if "approved" in steps:
            claims.with_user(self.users["finance"]).action_approve()

    def recovery(self, amount=100.0, party="supplier", **values):
        """A recovery of a newly approved claim; by default the supplier bears 80 % of `amount`."""
        claim = self.claim(
            [("goods", self.bill((amount,), supplier=values.get("supplier")), amount)], "approved", **values
        )
        return claim.recovery_ids.filtered(lambda recovery: recovery.party == party)

    def message(self, recovery):
        return self.env["franchise.sync.message"].search(
            [("res_model", "=", recovery._name), ("res_id", "=", recovery.id)], order="seq desc", limit=1
        )

    def api(self, user="worker"):
        """The worker's interface as the worker's user sees it."""
        return self.env["franchise.sync.api"].with_user(self.users[user])

    def lease(self, endpoint=None, limit=200, seconds=60, request_id=None):
        return self.api().lease((endpoint or self.endpoint).code, limit, seconds, request_id or str(uuid.uuid4()))

    def finish(self, reply, outcome="ack", **values):
        """Report one outcome for everything in a lease's reply."""
        results = [
            {"id": message["id"], "uuid": message["uuid"], "outcome": outcome, **values}
            for message in reply["messages"]
        ]
        return self.api().finish(reply["request_id"], results)

    def answer(self, recovery, state="accepted", amount=None, **values):
        """An answer of the supplier's system to the latest message of `recovery`."""
        if amount is None:
            amount = f"{recovery.amount_demanded:.{recovery.currency_id.decimal_places}f}"
        return {
            "message_id": uuid.uuid4().hex,
            "uuid": self.message(recovery).uuid,
            "state": state,
            "number": "RBILL/1",
            "currency": recovery.currency_id.name,
            "amount": amount if state == "accepted" else "",
            "lines": [],
            "reason": "",
            "occurred_at": "",
            "raw": "{}",
            **values,
        }

    def receive(self, *answers, endpoint=None, cursor=None):
        """[status] of the answers given to the worker's interface."""
        reply = self.api().receive((endpoint or self.endpoint).code, list(answers), cursor)
        return [entry["status"] for entry in reply]

    def accepted(self, amount=100.0, accept=None, **values):
        """A recovery that the supplier accepted, whole or `accept` of it."""
        recovery = self.recovery(amount, **values)
        self.receive(self.answer(recovery, amount=accept), endpoint=self.message(recovery).endpoint_id)
        return recovery

    def generate(self, user="finance"):
        return self.env["franchise.settlement"].with_user(self.users[user])._generate(self.company, self.today)[0]

    def settlement(self, amount=100.0, state="draft", **values):
        """A settlement of one accepted recovery."""
        recovery = self.accepted(amount, **values)
        self.generate()
        settlement = (
            recovery.line_ids
            and self.env["franchise.settlement.line"].search([("source_id", "in", recovery.line_ids.ids)]).settlement_id
        )
        if state != "draft":
            settlement.with_user(self.users["finance"]).action_confirm()
        if state == "posted":
            settlement.with_user(self.users["finance"]).action_post()
        return settlement

    def tie_out(self, settlements):
        self.env.flush_all()
        self.env["franchise.tie.out"].invalidate_model()
        return self.env["franchise.tie.out"].browse(settlements.ids)
