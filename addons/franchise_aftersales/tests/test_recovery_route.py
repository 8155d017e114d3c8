from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation, UniqueViolation

from .flow import FlowCase

TARGETS = ("supplier", "carrier", "franchisee", "own", "dispute")


class RouteCase(FlowCase):
    """An agreement that says what becomes of rejected amounts; the supplier bears 80 %, the carrier 10 %, we 10 %."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.flow.partner("Ruled")
        cls.agreement = cls.flow.make_agreement(
            cls.supplier,
            own_cost_limit=50.0,
            reroute_ids=[
                Command.create({"party": "supplier", "target": "carrier"}),
                Command.create({"party": "carrier", "target": "own"}),
                Command.create(
                    {
                        "party": "supplier",
                        "cause_id": cls.env.ref("franchise_aftersales.cause_quality").id,
                        "target": "dispute",
                        "decider": "finance",
                    }
                ),
            ],
        )

    def claim(self, amount=1000.0, **values):
        bill = self.flow.bill((amount,), supplier=self.supplier)
        return self.flow.claim([("goods", bill, amount)], "approved", supplier=self.supplier, **values)

    def recovery(self, party="supplier", amount=1000.0):
        return self.claim(amount).recovery_ids.filtered(lambda recovery: recovery.party == party)

    def rejected(self, party="supplier", accepted=0, amount=1000.0):
        """A recovery that its party rejected, or accepted only `accepted` of."""
        recovery = self.recovery(party, amount)
        self.as_role(recovery, "service")._answer_by_hand({recovery.line_ids: accepted}, answer_reason="Not ours")
        return recovery

    def conserved(self, claim):
        """Everything that was demanded in the first round is accepted, ours, or still open."""
        self.env.flush_all()
        first = claim.recovery_ids.filtered(lambda recovery: recovery.round == 1 and not recovery.source_route_ids)
        lines = claim.recovery_ids.line_ids
        total = sum(sum(lines.mapped(name)) for name in ("amount_accepted", "amount_own", "amount_open"))
        self.assertEqual(claim.currency_id.compare_amounts(sum(first.mapped("amount_demanded")), total), 0)
        share = claim.amount_approved - sum(first.mapped("amount_demanded"))
        self.assertAlmostEqual(claim.amount_own, share + sum(lines.mapped("amount_own")), 6)
        passed = claim.recovery_ids - first
        self.assertAlmostEqual(sum(passed.mapped("amount_demanded")), sum(lines.mapped("amount_rerouted")), 6)


@tagged("post_install", "-at_install")
class TestRecoveryRoute(RouteCase):
    """R-D16: a rejected amount goes to another party, into a dispute, or to our own cost; the sum stays."""

    def test_the_rule_of_the_cause_then_the_general_one_is_suggested(self):
        recovery = self.rejected()
        self.assertEqual(recovery._suggested_route().target, "dispute")  # of quality, the parent of the cause
        wizard = self.dialogue(recovery, "service")
        self.assertEqual((wizard.target, wizard.amount, wizard.deciders), ("dispute", 800, "Finance"))
        general = self.rejected("carrier")
        self.assertEqual(general._suggested_route().target, "own")
        self.assertFalse(self.flow.recovery()._suggested_route())

    def dialogue(self, recovery, role, method="action_route", **values):
        action = getattr(self.as_role(recovery, role), method)()
        model = self.env[action["res_model"]].with_user(self.flow.users[role])
        return model.with_context(**action["context"]).create(values)

    def test_confirmed_rules_do_not_change(self):
        rule = self.agreement.version_ids.reroute_ids[0]
        with self.assertRaisesRegex(UserError, "confirmed"):
            rule.target = "own"
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            draft = self.flow.make_version(self.agreement, date_from=self.flow.day(200))
            draft.reroute_ids = [Command.create({"party": "supplier", "target": "supplier"})]
            self.env.flush_all()

    def test_a_rule_is_there_once_and_goes_into_the_next_version(self):
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            draft = self.flow.make_version(self.agreement, date_from=self.flow.day(200))
            draft.reroute_ids = [Command.create({"party": "carrier", "target": t}) for t in ("own", "dispute")]
            self.env.flush_all()
        amended = self.agreement.version_ids.browse(self.agreement.version_ids.action_amend()["res_id"])
        self.assertEqual(len(amended.reroute_ids), 3)
        self.assertEqual(amended.own_cost_limit, 50)
        amended.reroute_ids.filtered(lambda rule: rule.party == "carrier").target = "dispute"
        self.assertIn("Rejected", amended.changes)

    def test_what_the_supplier_is_asked_for_instead_counts_in_its_rate(self):
        """R-D9: 800 of its own and 100 that the carrier rejected; all of it accepted is 100 %, not more."""
        recovery = self.rejected("carrier")
        claim = recovery.claim_id
        self.assertEqual(claim.amount_supplier_cost, 800)
        self.dialogue(recovery, "finance", target="supplier", reason="Badly packed").action_confirm()
        for asked in claim.recovery_ids.filtered(lambda other: other.party == "supplier"):
            self.as_role(asked, "service").action_accept()
        self.env.flush_all()
        self.assertEqual((claim.amount_supplier_cost, claim.amount_supplier_recovered), (900, 900))
        self.assertEqual(claim.recovery_rate, 1)

    def test_passed_on_to_a_party_that_was_asked_before(self):
        """A demand of the next round: the carrier's first one stays as it is."""
        recovery = self.rejected(accepted=500)
        claim = recovery.claim_id
        action = self.dialogue(
            recovery, "finance", amount=200, target="carrier", reason="Crushed on the way"
        ).action_confirm()
        new = recovery.browse(action["res_id"])
        self.assertEqual((new.party, new.round, new.state, new.amount_demanded), ("carrier", 2, "demanded", 200))
        self.assertEqual(new.partner_id, self.flow.carrier)
        self.assertEqual(new.line_ids.claim_line_id, claim.line_ids)
        self.assertEqual(new.display_name, f"{claim.name} · Carrier 2")
        self.assertEqual((recovery.amount_rerouted, recovery.amount_open, recovery.state), (200, 100, "partial"))
        self.assertEqual((claim.amount_own, claim.recovery_state, claim.amount_to_decide), (100, "open", 100))
        route = recovery.route_ids
        self.assertEqual(
            (route.target, route.suggested, route.amount, route.reason, route.decided_by_id, route.new_recovery_id),
            ("carrier", "dispute", 200, "Crushed on the way", self.flow.users["finance"], new),
        )
        self.assertEqual(route.kind, "rejected")
        self.assertIn("Crushed on the way", "".join(map(str, (claim.message_ids | new.message_ids).mapped("body"))))
        self.conserved(claim)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            recovery.sudo()._trusted().create([claim._prepare_recovery("carrier", self.flow.carrier, {}, 2)])

    def test_own_cost_follows_and_needs_finance_above_the_limit(self):
        recovery = self.rejected("carrier")  # 100 rejected; the limit is 50
        claim = recovery.claim_id
        self.assertEqual(claim.amount_own, 100)
        line, service = recovery.line_ids, self.as_role(recovery, "service")
        with self.assertRaisesRegex(AccessError, "Finance"), self.env.cr.savepoint():
            service._route({line: 50.01}, "own", "Small")
        service._route({line: 30}, "own", "Small")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            service._route({line: 20.01}, "own", "In small pieces")
        service._route({line: 20}, "own", "Small")
        self.as_role(recovery, "finance")._route({line: 50}, "own", "Goodwill")
        self.assertEqual((claim.amount_own, recovery.amount_open, claim.amount_to_decide), (200, 0, 0))
        self.conserved(claim)
        for role in ("accountant", "contract", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError), self.env.cr.savepoint():
                self.as_role(recovery, role)._route({line: 1}, "own", "x")

    def tiers_from(self, one, two):
        """A manager approves from `one` on, two people from `two` on."""
        tiers = self.env["franchise.approval.tier"].search([("company_id", "=", self.flow.company.id)])
        tiers[1].amount_from, tiers[2].amount_from = one, two

    def test_the_tiers_of_approval_decide_on_own_cost(self):
        """R-D7, R-D16: the same table as for the claim; all that is borne of a claim counts, at the day's rate."""
        recovery = self.rejected("carrier")  # 100 rejected; service decides on 50 of it
        self.tiers_from(60, 90)
        line = recovery.line_ids
        with self.assertRaisesRegex(AccessError, "Manager"), self.env.cr.savepoint():
            self.as_role(recovery, "finance")._route({line: 60}, "own", "Goodwill")
        wizard = self.dialogue(recovery, "finance", amount=60, target="own", reason="Goodwill")
        self.assertEqual((wizard.deciders, wizard.needs_two), ("Manager", False))
        self.as_role(recovery, "finance")._route({line: 55}, "own", "Goodwill")
        with self.assertRaisesRegex(AccessError, "Manager"), self.env.cr.savepoint():
            self.as_role(recovery, "finance")._route({line: 5}, "own", "In small pieces")
        self.as_role(recovery, "manager")._route({line: 5}, "own", "Goodwill")
        self.assertEqual(recovery.amount_own, 60)
        self.assertFalse(any(recovery.route_ids.mapped("first_approved_by_id")))

    def test_two_people_let_much_be_borne(self):
        """R-D7: the first approval by anybody of finance, the last by another person of the tier; in PostgreSQL too."""
        recovery = self.rejected("carrier")
        self.tiers_from(80, 90)
        wizard = self.dialogue(recovery, "finance", target="own", reason="Goodwill")
        self.assertEqual((wizard.deciders, wizard.needs_two, wizard.is_last_of_two), ("Finance", True, False))
        self.assertEqual(wizard.action_confirm()["tag"], "display_notification")
        self.assertEqual((recovery.amount_own, recovery.own_agreed_by_id), (0, self.flow.users["finance"]))
        self.assertFalse(recovery.route_ids)
        line = recovery.line_ids
        with self.assertRaisesRegex(AccessError, "Manager"), self.env.cr.savepoint():
            self.as_role(recovery, "finance")._route({line: 100}, "own", "Goodwill")
        self.as_role(recovery, "manager")._route({line: 100}, "own", "Goodwill")
        route = recovery.route_ids
        self.assertEqual(
            (route.amount, route.first_approved_by_id, route.decided_by_id),
            (100, self.flow.users["finance"], self.flow.users["manager"]),
        )
        self.assertFalse(recovery.own_agreed_by_id or recovery.own_agreed_amount)
        self.conserved(recovery.claim_id)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_claim_recovery_route SET first_approved_by_id = decided_by_id WHERE id = %s",
                [route.id],
            )

    def test_nobody_approves_own_cost_twice_or_of_their_own_claim(self):
        """R-D7: not who gave the first approval, nor who entered or assessed the claim; more needs a new first approval."""
        recovery = self.rejected("carrier")
        self.tiers_from(52, 55)
        manager, line = self.as_role(recovery, "manager"), recovery.line_ids
        manager._route({line: 60}, "own", "Goodwill")
        with self.assertRaisesRegex(UserError, "you gave the first approval"), self.env.cr.savepoint():
            manager._route({line: 60}, "own", "Goodwill")
        self.as_role(recovery, "finance")._route({line: 70}, "own", "Goodwill")
        self.assertEqual((recovery.own_agreed_by_id, recovery.own_agreed_amount), (self.flow.users["finance"], 70))
        self.assertFalse(recovery.amount_own)
        recovery.claim_id._trusted().involved_user_ids = self.flow.users["manager"]
        with self.assertRaisesRegex(UserError, "entered or assessed"), self.env.cr.savepoint():
            manager._route({line: 60}, "own", "Goodwill")

    def test_a_rule_that_finance_confirms(self):
        recovery = self.rejected()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.as_role(recovery, "service")._route({recovery.line_ids: 1}, "carrier", "x")

    def test_into_a_dispute(self):
        """A dispute of the agreement is opened about it, once; the party's next answer decides."""
        recovery = self.rejected(accepted=500)
        self.dialogue(recovery, "finance", target="dispute", reason="We have photos").action_confirm()
        self.assertEqual((recovery.state, recovery.amount_disputed, recovery.amount_open), ("disputed", 300, 300))
        dispute = recovery.dispute_ids
        self.assertEqual((dispute.agreement_id, dispute.amount, dispute.raised_by), (self.agreement, 300, "franchisor"))
        self.assertEqual(recovery.dispute_count, 1)
        self.assertEqual(self.as_role(recovery, "service").action_view_disputes()["domain"][0][2], recovery.id)
        self.as_role(recovery, "service")._answer_by_hand({recovery.line_ids: 600}, answer_reason="Met halfway")
        self.as_role(recovery, "service").action_dispute()
        self.assertEqual(len(recovery.dispute_ids), 1)
        carrier = self.rejected("carrier")
        self.as_role(carrier, "service").action_dispute()
        self.assertEqual(carrier.dispute_ids.contract_id, carrier.claim_id.contract_id)
        self.assertEqual(carrier.dispute_ids.partner_id, self.flow.carrier)

    def test_what_is_refused(self):
        recovery = self.rejected(accepted=500)
        other, finance = self.rejected().line_ids, self.as_role(recovery, "finance")
        line = recovery.line_ids
        for amounts, target, reason, words in (
            ({line: 300.01}, "carrier", "x", "300.00"),
            ({line: -1}, "carrier", "x", "between"),
            ({line: 0}, "carrier", "x", "which amount"),
            ({other: 1}, "carrier", "x", "which amount"),
            ({line: 1}, "supplier", "x", "somebody else"),
            ({line: 1}, "own", "  ", "say why"),
        ):
            with self.subTest(words=words, target=target), self.assertRaisesRegex(UserError, words):
                finance._route(amounts, target, reason)
        accepted = self.recovery("carrier")
        self.as_role(accepted, "service").action_accept()
        with self.assertRaisesRegex(UserError, "nothing is rejected"):
            self.as_role(accepted, "finance")._route({accepted.line_ids: 1}, "own", "x")

    def test_nothing_can_be_accepted_of_what_was_passed_on(self):
        recovery = self.rejected("carrier")
        self.as_role(recovery, "finance")._route({recovery.line_ids: 100}, "own", "x")
        for answer in ("action_accept", "action_dispute"):
            with self.subTest(answer=answer), self.assertRaises(UserError):
                getattr(self.as_role(recovery, "service"), answer)()
        with self.assertRaises(UserError):
            self.as_role(recovery, "service")._answer_by_hand({recovery.line_ids: 1}, answer_reason="x")

    def test_the_database_keeps_the_sum(self):
        line = self.rejected("carrier").line_ids
        self.env.flush_all()
        for values in ("amount_own = 1", "amount_open = 99", "amount_accepted = 1", "amount_rerouted = -1"):
            with (
                self.subTest(values=values),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"UPDATE franchise_claim_recovery_line SET {values} WHERE id = %s", [line.id])

    def test_the_log_is_nobodys_to_write(self):
        recovery = self.rejected("carrier")
        self.as_role(recovery, "finance")._route({recovery.line_ids: 100}, "own", "x")
        for role in ("service", "finance", "manager"):
            route = self.as_role(recovery.route_ids, role)
            self.assertEqual(route.amount, 100)
            with self.subTest(role=role), self.assertRaises(AccessError):
                route.write({"reason": "y"})

    def test_a_claim_does_not_close_over_what_nobody_decided(self):
        claim = self.claim(100.0)
        service = self.flow.users["service"]
        for recovery in claim.recovery_ids.with_user(service):
            recovery._answer_by_hand({}, answer_reason="no")
        self.assertIn("nobody has decided", " ".join(claim._obstacles("close")[claim]))
        for recovery in claim.recovery_ids.with_user(self.flow.users["finance"]):
            recovery._route({recovery.line_ids: recovery.amount_open}, "own", "Goodwill")
        self.assertFalse([words for words in claim._obstacles("close")[claim] if "decided" in words])
        self.assertEqual(claim.amount_own, 100)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        steps=st.lists(
            st.tuples(st.integers(0, 9), st.sampled_from(TARGETS), st.integers(0, 100), st.integers(0, 100)),
            max_size=7,
        )
    )
    def test_whatever_is_answered_and_decided_the_sum_stays(self, steps):
        """Answers and decisions in any order, by finance and service: every line and the claim balance."""
        claim = self.claim(77.77)
        for which, target, accepted, moved in steps:
            recovery = claim.recovery_ids[which % len(claim.recovery_ids)]
            line, cents = recovery.line_ids, claim.currency_id.round
            try:
                with self.env.cr.savepoint():
                    amount = cents(line._amount_asked() * accepted / 100)
                    self.as_role(recovery, "service")._answer_by_hand({line: amount}, answer_reason="x")
                    amount = cents(line.amount_open * moved / 100)
                    self.as_role(recovery, "manager")._route({line: amount}, target, "y")
            except UserError:
                self.env.invalidate_all()
        self.conserved(claim)


@tagged("post_install", "-at_install")
class TestRecoveryWithdraw(RouteCase):
    """R-G1, R-D16: a demand is taken back before it is settled, in whole or in part."""

    def test_withdrawn_in_any_state_until_it_is_settled(self):
        for state in ("demanded", "acknowledged", "accepted", "partial", "rejected", "disputed"):
            with self.subTest(state=state):
                recovery = self.recovery("carrier")
                accepted = {"accepted": 100, "partial": 40}.get(state, 0)
                recovery.line_ids._trusted_write({"amount_accepted": accepted})
                recovery._trusted().write({"state": state})
                self.as_role(recovery, "finance")._withdraw("own", "Our own mistake")
                self.assertEqual(
                    (recovery.state, recovery.amount_accepted, recovery.amount_own, recovery.amount_open),
                    ("withdrawn", 0, 100, 0),
                )
                self.assertEqual(recovery.claim_id.amount_own, 200)
                self.assertEqual(recovery.route_ids.kind, "withdrawn")
                self.conserved(recovery.claim_id)
                with self.assertRaises(UserError):
                    self.as_role(recovery, "service").action_withdraw()

    def test_refused_once_settled_without_a_reason_or_a_bearer(self):
        recovery = self.recovery("carrier")
        finance = self.as_role(recovery, "finance")
        for target, reason, words in (
            ("own", "", "say why"),
            ("dispute", "x", "who bears"),
            ("carrier", "x", "who bears"),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                finance._withdraw(target, reason)
        self.as_role(recovery, "service").action_accept()
        self.flow.generate()
        self.assertTrue(recovery.is_settled)
        for call in (
            lambda: finance._withdraw("own", "x"),
            lambda: self.as_role(recovery, "service").action_withdraw(),
        ):
            with self.assertRaisesRegex(UserError, "settled"):
                call()

    def test_withdrawn_and_asked_of_somebody_else(self):
        """Asked of the wrong one: the other party gets the demand, nothing becomes our cost."""
        recovery = self.recovery("carrier")
        action = self.as_role(recovery, "service").action_withdraw()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.flow.users["service"])
            .with_context(**action["context"])
            .create({"target": "franchisee", "reason": "Their own driver"})
        )
        self.assertTrue(wizard.whole)
        wizard.action_confirm()
        new = recovery.claim_id.recovery_ids.filtered(lambda other: other.party == "franchisee")
        self.assertEqual((new.amount_demanded, new.round, recovery.state), (100, 1, "withdrawn"))
        self.assertEqual(recovery.claim_id.amount_own, 100)
        self.conserved(recovery.claim_id)

    def test_a_part_is_taken_back_and_the_rest_is_the_whole(self):
        recovery = self.recovery("carrier")
        self.as_role(recovery, "service")._route({recovery.line_ids: 30}, "own", "Counted twice")
        self.assertEqual((recovery.state, recovery.amount_open, recovery.route_ids.kind), ("demanded", 70, "withdrawn"))
        self.as_role(recovery, "service").action_accept()
        self.assertEqual((recovery.state, recovery.amount_accepted, recovery.amount_open), ("accepted", 70, 0))
        self.conserved(recovery.claim_id)
        whole = self.recovery("carrier")
        self.as_role(whole, "finance")._route({whole.line_ids: 100}, "own", "All of it")
        self.assertEqual(whole.state, "withdrawn")

    def test_what_a_franchisee_may_still_owe_follows(self):
        """R-B8: reserves are held for what is passed on to a franchisee, not for what was taken back."""
        rejected = self.rejected("carrier")
        claim = rejected.claim_id

        def owed():
            return claim._franchisee_may_owe(claim.currency_id, claim.company_id, self.flow.today)[claim]

        self.assertEqual(owed(), 0)
        new = self.as_role(rejected, "finance")._route({rejected.line_ids: 100}, "franchisee", "Their driver")
        self.assertEqual(owed(), 100)
        self.as_role(new, "finance")._route({new.line_ids: 40}, "own", "Half of it")
        self.assertEqual(owed(), 60)
        self.as_role(new, "finance")._withdraw("own", "Goodwill")
        self.assertEqual((owed(), claim.amount_own), (0, 200))

    def test_a_withdrawn_demand_does_not_keep_a_claim_open(self):
        claim = self.claim(100.0)
        for recovery in claim.recovery_ids.with_user(self.flow.users["finance"]):
            recovery._withdraw("own", "Goodwill")
        self.assertFalse(
            [words for words in claim._obstacles("close")[claim] if "answer" in words or "decided" in words]
        )
        self.assertEqual((claim.recovery_state, claim.amount_own), ("answered", 100))
