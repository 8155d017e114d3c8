"""A termination in a `Flow`'s world, step by step: opened by a contract manager, decided by another."""

from odoo.fields import Command

from .flow_closing import Closing
from .flow_notice import acknowledge

STAGES = ("draft", "decided", "notified", "ended")


class Terminations:
    """Short ways to a termination of any stage."""

    def __init__(self, flow):
        self.flow = flow
        self.env = flow.env
        self.decider = flow.make_user("contract")

    def case(self, stage="draft", contract=None, **values):
        """A termination of the world's contract, ending today, with reason and consultation."""
        flow = self.flow
        case = (
            self.env["franchise.termination"]
            .with_user(flow.users["contract"])
            .create(
                {
                    "contract_id": (contract or flow.contract).id,
                    "reason_id": self.env.ref("franchise_aftersales.reason_franchisor_cost").id,
                    "decision_reason": "It costs more than it brings 成本过高",
                    "date_effective": flow.today,
                    "shortening": "agreed",
                    "shortening_reason": "Both want it now",
                    "consultation_ids": [
                        Command.create(
                            {"counterpart": "Owner", "alternatives": "A lower royalty", "result": "No agreement"}
                        )
                    ],
                    **values,
                }
            )
        )
        self.advance(case, stage)
        return case.with_env(self.env)

    def advance(self, case, stage):
        steps = STAGES[: STAGES.index(stage) + 1]
        manager = case.with_user(self.decider)
        if "decided" in steps:
            manager.action_decide()
        if "notified" in steps:
            manager.action_notify()
        if "ended" in steps:
            manager.action_end()

    def contract(self, **values):
        """Another signed contract with an outlet of its own."""
        contract = self.flow.contract.copy(values)
        self.env["franchise.outlet"].create({"code": f"T{contract.id}", "name": "Store", "contract_id": contract.id})
        contract.action_sign()
        return contract

    def photo(self, name="gone.png", mimetype="image/png"):
        """An attachment as an upload of the decider leaves it."""
        data = b"\x89PNG\r\n\x1a\n" if mimetype.startswith("image/") else b"text"
        return (
            self.env["ir.attachment"].with_user(self.decider).create({"name": name, "raw": data, "mimetype": mimetype})
        )

    def finish(self, case):
        """Everything that closing asks for, but what suppliers are owed."""
        for notice in case.notice_ids.filtered(lambda notice: notice.state == "sent"):
            acknowledge(notice.with_user(self.decider))
        case.review_ids.with_user(self.decider).write({"finding": "none"})
        impacts = case.impact_ids.with_user(self.decider)
        opened = impacts.filtered(lambda impact: impact.state == "open")
        opened.write({"decision": "keep", "decision_reason": "It serves others"})
        opened.action_decide()
        impacts.filtered(lambda impact: impact.state == "decided").action_notify()
        case.task_ids.write({"result": "Handed over"})
        case.task_ids.with_user(self.decider).action_done()
        case.deidentification_ids.with_user(self.decider).write({"photo_ids": [Command.link(self.photo().id)]})
        case.deidentification_ids.with_user(self.decider).action_done()
        # Nothing is owed by terms without fees, so nothing is left to settle.
        Closing(self.flow).final(case, "approved")

    def pay(self, bills):
        """Pay the vendor bills in full."""
        for bill in bills:
            entry = self.env["account.move"].create(
                {
                    "journal_id": self.flow.journals.filtered(lambda row: row.type == "general").id,
                    "date": self.flow.today,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": self.flow.account["payable"].id,
                                "partner_id": bill.partner_id.id,
                                "debit": bill.amount_residual,
                            }
                        ),
                        Command.create({"account_id": self.flow.account["expense"].id, "credit": bill.amount_residual}),
                    ],
                }
            )
            entry.action_post()
            lines = (entry.line_ids | bill.line_ids).filtered(
                lambda line: line.account_id == self.flow.account["payable"]
            )
            lines.reconcile()
