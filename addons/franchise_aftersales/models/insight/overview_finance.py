from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..sync.endpoint_health import BREAKER_FAILURES
from .overview import Tile

# What waits longer than this to be sent is behind.
LAG = timedelta(hours=1)
ATTENTION = ("rejected", "parked", "dead", "quarantined")


class FranchiseOverview(models.AbstractModel):
    """The overview of finance and accountants."""

    _inherit = "franchise.overview"

    @api.model
    def finance_desk(self):
        """What needs finance now, what is at stake, and how the suppliers' systems are.

        :return: {"sections": see `_shown`}.
        :raises AccessError: the user is neither of finance nor an accountant.
        """
        self._check_role("group_accountant")
        return {
            "sections": self._shown(
                [
                    ("decide", self.env._("To Decide"), self._finance_decisions()),
                    ("settlements", self.env._("Settlements"), self._finance_settlements()),
                    ("stake", self.env._("At Stake"), self._finance_stakes()),
                    ("sync", self.env._("Suppliers' Systems"), self._finance_sync()),
                ]
            )
        }

    def _finance_decisions(self):
        uid = self.env.uid
        tiles = [
            Tile(
                "waiting",
                self.env._("Approvals of Others"),
                "franchise.claim",
                Domain("state", "=", "assessed") & Domain("approval_step", "in", [False]),
                self.env._(
                    "Assessed claims that you may not approve: you were part of them, or they need another role."
                ),
                amount="amount_assessed",
            ),
            Tile(
                "refused",
                self.env._("Rejected Recoveries"),
                "franchise.claim.recovery",
                Domain("state", "in", ("partial", "rejected")) & Domain("amount_open", ">", 0),
                self.env._("Pass on, dispute, or bear at our own cost."),
                tone="warning",
                amount="amount_open",
            ),
        ]
        if not self.env.user.has_group("franchise_aftersales.group_finance"):
            return tiles
        return [
            Tile(
                "approve",
                self.env._("For Me to Approve"),
                "franchise.claim",
                Domain("state", "=", "assessed") & Domain("approval_step", "in", ["first", "final"]),
                self.env._("You took no part in them, and the amount is within your role."),
                tone="warning",
                amount="amount_assessed",
            ),
            Tile(
                "counter",
                self.env._("Counter-Claims"),
                "franchise.claim.counter",
                Domain("state", "=", "raised") & Domain("entered_by_id", "!=", uid) & Domain("create_uid", "!=", uid),
                self.env._("Accept or refuse what others demand of us; not what you entered."),
                tone="warning",
                amount="amount",
                views=("list", "form"),
            ),
            Tile(
                "excess",
                self.env._("More Than Approved"),
                "franchise.claim.offer",
                Domain("state", "in", ("draft", "made"))
                & Domain("amount_excess", ">", 0)
                & Domain("excess_approved_by_id", "=", False)
                & Domain("claim_id.state", "=", "approved")
                & Domain("entered_by_id", "!=", uid),
                self.env._("Offers above what was approved: allow them or not."),
                tone="warning",
                amount="amount_excess",
                views=("list", "form"),
            ),
            *tiles,
        ]

    def _finance_settlements(self):
        confirmed = Domain("state", "=", "confirmed")
        failed = Domain("post_error", "!=", False)
        tiles = [
            Tile(
                "confirm",
                self.env._("To Confirm"),
                "franchise.settlement",
                Domain("state", "=", "draft"),
                self.env._("Drafts: check their lines, then issue the statement."),
                amount="amount_total",
            ),
            Tile(
                "post",
                self.env._("To Post"),
                "franchise.settlement",
                confirmed & ~failed,
                self.env._("Confirmed, and not in the ledger yet."),
                tone="warning",
                amount="amount_total",
            ),
            Tile(
                "failed",
                self.env._("Could Not Be Posted"),
                "franchise.settlement",
                confirmed & failed,
                self.env._("Set right what each says, then post again."),
                tone="danger",
                amount="amount_total",
            ),
            Tile(
                "charges",
                self.env._("Amounts to Confirm"),
                "franchise.charge",
                Domain("state", "=", "draft"),
                self.env._("Amounts of contracts that somebody entered: confirm or cancel."),
                tone="warning",
                amount="amount",
                views=("list", "form"),
            ),
        ]
        if self.env["account.move"].has_access("read"):
            today = fields.Date.to_string(fields.Date.context_today(self))
            tiles.append(
                Tile(
                    "unpaid",
                    self.env._("Unpaid, Overdue"),
                    "franchise.settlement",
                    Domain("state", "=", "posted")
                    & Domain("payment_state", "in", ("not_paid", "partial"))
                    & Domain("move_id.invoice_date_due", "<", today),
                    self.env._("Their day has passed: collect, or pay."),
                    tone="danger",
                    amount="amount_total",
                )
            )
        tiles.append(
            Tile(
                "untied",
                self.env._("Differences"),
                "franchise.tie.out",
                Domain("is_tied", "=", False),
                self.env._("Lines, statement and ledger say different amounts."),
                tone="danger",
                views=("list", "form"),
            )
        )
        return tiles

    def _finance_stakes(self):
        now = fields.Datetime.to_string(fields.Datetime.now())
        return [
            Tile(
                "open",
                self.env._("Recoveries Open"),
                "franchise.claim.recovery",
                Domain("state", "!=", "withdrawn") & Domain("amount_open", ">", 0),
                self.env._("Demanded, and neither accepted nor passed on."),
                amount="amount_open",
            ),
            Tile(
                "ready",
                self.env._("Ready to Settle"),
                "franchise.claim.recovery",
                Domain("state", "in", ("accepted", "partial"))
                & Domain("is_settled", "=", False)
                & Domain("amount_accepted", ">", 0),
                self.env._("Accepted, and in no settlement yet."),
                amount="amount_accepted",
            ),
            Tile(
                "late",
                self.env._("Answers Overdue"),
                "franchise.claim.clock",
                Domain("done_at", "=", False) & Domain("side", "=", "supplier") & Domain("due_at", "<=", now),
                self.env._("Suppliers should have acknowledged or answered."),
                tone="warning",
            ),
            Tile(
                "claims",
                self.env._("Claims Before Approval"),
                "franchise.claim",
                Domain("state", "in", ("submitted", "assessed")),
                self.env._("What is claimed in them may have to be paid."),
                amount="amount_assessed",
            ),
        ]

    def _finance_sync(self):
        """Systems by what is wrong with them; each system counts in every tile that fits."""
        behind, attention = self._unhealthy_endpoints()
        return [
            Tile(
                "interrupted",
                self.env._("Interrupted"),
                "franchise.sync.endpoint",
                Domain("failure_count", ">=", BREAKER_FAILURES),
                self.env._("Too many failures in a row: nothing is sent for a while."),
                tone="danger",
            ),
            Tile(
                "behind",
                self.env._("Behind"),
                "franchise.sync.endpoint",
                Domain("id", "in", behind),
                self.env._("Something has been due for more than an hour."),
                tone="warning",
            ),
            Tile(
                "attention",
                self.env._("Need Attention"),
                "franchise.sync.endpoint",
                Domain("id", "in", attention),
                self.env._("Messages that were rejected, given up or held back."),
                tone="danger",
            ),
        ]

    def _unhealthy_endpoints(self):
        """(ids of systems that are behind, ids of those with messages that need attention), of the user's companies.

        Who may see a system may see that it is behind, though not its messages.
        """
        messages = self.env["franchise.sync.message"].sudo()
        of_ours = Domain("endpoint_id.company_id", "in", self.env.companies.ids)
        due = fields.Datetime.now() - LAG
        waiting = Domain("state", "=", "pending") & Domain("next_attempt_at", "<=", due)
        found = [
            [endpoint.id for (endpoint,) in messages._read_group(of_ours & domain, ["endpoint_id"])]
            for domain in (waiting, Domain("state", "in", ATTENTION))
        ]
        return found[0], found[1]
