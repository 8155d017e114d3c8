"""The events of one quarter of a franchisee, two suppliers and a carrier, each entered by the person whose step it is.

`Quarter` is given what was agreed and happened (`FACTS` of `test_quarter.py`). It drives the documents through their buttons and computes nothing.
"""

from odoo.fields import Command, Date, Datetime

from .flow import MODULE, Flow
from .flow_closing import Closing
from .flow_contract import customer_invoice, signed_contract
from .flow_resolution import Resolutions

# Accounts of the books beside those of `Flow`: type, and the kinds of amounts that are posted to each.
BOOKS = {
    "fee": ("income", ("initial_fee", "unearned_fee")),
    "royalty": ("income", ("royalty", "royalty_minimum")),
    "marketing": ("income_other", ("marketing",)),
    "rebate": ("expense_direct_cost", ("rebate",)),
    "deposit": ("liability_current", ("deposit", "deposit_return")),
    "reserve": ("liability_current", ("reserve", "reserve_release")),
    "penalty": ("income_other", ("penalty", "sla_penalty")),
    "stock": ("asset_current", ("buyback",)),
    "compensation": ("expense", ("compensation",)),
    "manual": ("expense", ("manual",)),
    "sales": ("income", ()),
    "gain": ("income_other", ()),
    "loss": ("expense", ()),
    "bank": ("asset_cash", ()),
}


class Quarter:
    """One company's quarter. `clock` is the frozen time of the test; every method happens at the moment last told by `at`."""

    def __init__(self, env, clock, facts):
        self.clock, self.facts = clock, facts
        self.at(facts["opened"])
        self.flow = Flow(env)
        self.env = self.flow.env
        self.users = self.flow.users
        self.yen = self.flow.active_currency(self.env, "JPY")
        self.currencies = {"CNY": self.flow.currency, "JPY": self.yen}
        self.partners = {name: self.flow.partner(name) for name in ("franchisee", "mill", "works")}
        self.partners["carrier"] = self.flow.carrier
        self.closing, self.make = Closing(self.flow), Resolutions(self.flow)
        self.claims = {}
        self._open_books()
        self._agree()

    def at(self, moment):
        """Let it be `moment` (text, UTC)."""
        self.clock.move_to(moment)
        if hasattr(self, "flow"):
            self.flow.today = Datetime.to_datetime(moment).date()

    def _open_books(self):
        company, key = self.flow.company, self.flow.key[:4].upper()
        self.account = dict(self.flow.account)
        for number, (name, (kind, kinds)) in enumerate(BOOKS.items()):
            self.account[name] = self.env["account.account"].create(
                {
                    "name": name,
                    "code": f"8{number:02}{key}",
                    "account_type": kind,
                    "company_ids": [Command.set(company.ids)],
                }
            )
            self.env["franchise.charge.account"].create(
                [{"company_id": company.id, "kind": kind, "account_id": self.account[name].id} for kind in kinds]
            )
        company.write(
            {
                "currency_exchange_journal_id": self.flow.journals[2].id,
                "income_currency_exchange_account_id": self.account["gain"].id,
                "expense_currency_exchange_account_id": self.account["loss"].id,
            }
        )
        self.bank = self.env["account.journal"].create(
            {
                "name": "Bank",
                "code": f"B{key}",
                "type": "bank",
                "company_id": company.id,
                "default_account_id": self.account["bank"].id,
            }
        )
        (self.bank.inbound_payment_method_line_ids | self.bank.outbound_payment_method_line_ids).write(
            {"payment_account_id": self.account["bank"].id}
        )
        self.env["res.currency.rate"].create(
            [
                {"currency_id": self.yen.id, "company_id": company.id, "name": day, "rate": float(rate)}
                for day, rate in self.facts["yen_per_yuan"].items()
            ]
        )

    def _agree(self):
        agreed = {}
        for name, terms in self.facts["agreements"].items():
            agreed[name] = self.flow.make_agreement(
                self.partners[name],
                currency=self.currencies[terms["currency"]],
                handling_percent=float(terms["handling"]),
                labour_rate=float(terms["hour"]),
                liability_ids=[
                    Command.create(
                        {
                            "cause_id": self.cause(cause).id,
                            **{f"share_{party}": float(share) for party, share in shares.items()},
                        }
                    )
                    for cause, shares in terms["shares"].items()
                ],
                level_ids=[
                    Command.create(
                        {
                            "kind": "answer",
                            "duration": level["hours"],
                            "unit": "hours",
                            "penalty_rule": "hour",
                            "penalty_rate": float(level["rate"]),
                        }
                    )
                    for level in terms["levels"]
                ],
            )
        self.agreed = agreed

    def cause(self, name):
        return self.env.ref(f"{MODULE}.cause_{name}")

    def sign(self):
        """The franchise contract with its terms, and the targets that these ask for."""
        facts = self.facts["contract"]
        self.contract = signed_contract(
            self.flow,
            {
                **facts["terms"],
                "rebate_tier_ids": [
                    Command.create({"threshold": float(start), "percent": float(percent), "basis": "above"})
                    for start, percent in facts["tiers"]
                ],
            },
            franchisee_id=self.partners["franchisee"].id,
            date_start=facts["from"],
            date_end=facts["to"],
            initial_fee=float(facts["fee"]),
            deposit=float(facts["deposit"]),
        )
        self.contract.with_user(self.users["contract"]).action_make_targets()

    def deliver(self, supplier):
        """The supplier's bill of today, with a line for each of its claims to come; ten pieces a line."""
        claims = {key: facts for key, facts in self.facts["claims"].items() if facts["supplier"] == supplier}
        currency = self.facts["agreements"][supplier]["currency"]
        lines = self.flow.bill(
            [float(facts["goods"]) for facts in claims.values()],
            supplier=self.partners[supplier],
            currency=self.currencies[currency],
            days_ago=0,
        )
        self.claims.update(dict(zip(claims, lines, strict=True)))

    def sell(self, quantity, price):
        """What the franchisee buys of us today."""
        return customer_invoice(
            self.flow,
            [float(price)],
            quantity=quantity,
            day=self.flow.today,
            partner=self.partners["franchisee"],
            account_id=self.account["sales"].id,
        )

    def claim(self, key, stage):
        """Enter the claim with today's dates, as far as `stage`."""
        facts = self.facts["claims"][key]
        lines = [("goods", self.claims[key], float(facts["goods"]))]
        if "labour" in facts:
            lines.append(("labour", None, float(facts["labour"])))
        self.claims[key] = self.flow.claim(
            lines,
            stage,
            supplier=self.partners[facts["supplier"]],
            contract_id=self.contract.id,
            outlet_id=self.contract.outlet_ids.id,
            cause_id=self.cause(facts["cause"]).id,
            **dict.fromkeys(("event_date", "discovery_date", "reported_date"), self.flow.today),
        )

    def decide(self, key):
        """Assess and approve a claim that was submitted."""
        self.claims[key].with_user(self.users["service2"]).action_assess()
        self.claims[key].with_user(self.users["finance"]).action_approve()

    def recovery(self, key, party, number=1):
        found = self.claims[key].recovery_ids.filtered(lambda row: (row.party, row.round) == (party, number))
        return found.with_user(self.users["service"])

    def accept(self, key, *parties, number=1):
        """These parties accept all that is asked."""
        for party in parties:
            self.recovery(key, party, number).action_accept()

    def answer(self, key, amount, reason):
        """The supplier's letter accepts `amount` of what is asked; 0: nothing."""
        self._dialogue("answer", self.recovery(key, "supplier"), amount=float(amount), answer_reason=reason)

    def pass_on(self, key, target, amount=None, role="service"):
        """Decide who bears what the supplier rejected; all that is open where no amount is given."""
        values = {"amount": float(amount)} if amount else {}
        recovery = self.recovery(key, "supplier").with_user(self.users[role])
        self._dialogue("decide", recovery, target=target, reason="By the letter of the supplier", **values)

    def _dialogue(self, name, recovery, **values):
        wizard = self.env[f"franchise.claim.recovery.{name}"].with_user(recovery.env.user)
        wizard = wizard.create({"recovery_id": recovery.id, **values})
        (wizard.action_record if name == "answer" else wizard.action_confirm)()

    def compensate(self, key, amount):
        """Compensation that the franchisee accepts and gets with the next settlement."""
        self.make.offer(self.claims[key], "accepted", kind="compensation", amount=float(amount), pay_by="settlement")

    def adjust(self, partner, amount):
        """An amount by hand: entered by finance with its proof, confirmed by the manager."""
        entered = self.env["franchise.settlement.adjustment"].with_user(self.users["finance"])
        adjustment = entered.create(
            {
                "company_id": self.flow.company.id,
                "partner_id": self.partners[partner].id,
                "party": "supplier",
                "currency_id": self.flow.currency.id,
                "date": self.flow.today,
                "name": "Freight of the returned parts",
                "reason": "agreed",
                "explanation_text": "Their letter of that day",
                "amount": float(amount),
            }
        )
        proof = {"name": "letter.txt", "raw": b"letter", "res_model": adjustment._name, "res_id": adjustment.id}
        adjustment.attachment_ids = [Command.create(proof)]
        adjustment.with_user(self.users["manager"]).action_confirm()

    def report(self, month, net_sales):
        """The month's sales, entered and confirmed by two people, and its target closed."""
        entered = self.env["franchise.sales.report"].with_user(self.users["manager"])
        report = entered.create({"contract_id": self.contract.id, "month": month, "net_sales": float(net_sales)})
        report.with_user(self.users["contract"]).action_confirm()
        target = self.env["franchise.target"].search(
            [("contract_id", "=", self.contract.id), ("date_from", "=", month)]
        )
        target.with_user(self.users["contract"]).action_close()

    def terminate(self, day, goods, withheld, reserve_percent):
        """The contract ends on `day`: final settlement by a contract manager, approved by finance."""
        termination = self.closing.termination(self.contract, day)
        return self.closing.final(
            termination,
            "approved",
            goods_ids=[Command.create({"invoice_line_id": line.id, "quantity": count}) for line, count in goods],
            withholding_ids=[Command.create({"name": "Broken sign", "amount": float(withheld)})],
            reserve_percent=float(reserve_percent),
        )

    def settle(self, until):
        """Generate until that day, confirm and post, all by finance. :return: the settlements."""
        finance = self.env["franchise.settlement"].with_user(self.users["finance"])
        settlements = finance._generate(self.flow.company, Date.to_date(until))[0].sorted("id")
        settlements.action_confirm()
        settlements.action_post()
        return settlements.with_env(self.env)

    def pay(self, settlement, amount=None):
        """Register a payment of the settlement's document today; the whole of it where no amount is given."""
        register = self.env["account.payment.register"].with_user(self.users["finance"])
        register = register.with_context(active_model="account.move", active_ids=settlement.move_ids.ids)
        values = {"journal_id": self.bank.id, "payment_date": self.flow.today}
        if amount:
            values["amount"] = float(amount)
        register.create(values).action_create_payments()
        self.env.flush_all()
