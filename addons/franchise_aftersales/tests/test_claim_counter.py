from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .flow import FlowCase
from .rooms.recovery import counter


@tagged("post_install", "-at_install")
class TestClaimCounter(FlowCase):
    """R-D9: a party's counter-claim; accepted by a second person it is an amount that we owe, settled once."""

    def test_accepted_in_part_it_is_owed_and_settled(self):
        recovery = self.flow.accepted(100.0)
        made = counter(self.flow, recovery.claim_id, recovery_id=recovery.id, partner_reference="CC-9")
        self.assertEqual((made.partner_id, made.amount_accepted), (self.flow.supplier, 30))
        self.as_role(made, "finance").amount_accepted = 20
        self.as_role(made, "finance").action_accept()
        charge = made.charge_id
        self.assertEqual(
            (made.state, charge.amount, charge.kind, charge.state), ("accepted", -20, "counter_claim", "confirmed")
        )
        self.assertEqual(
            (charge.claim_id, charge.partner_id, charge.party), (recovery.claim_id, self.flow.supplier, "supplier")
        )
        self.assertEqual(charge.explanation, "counter-claim: demanded 30 → accepted 20")
        self.env["franchise.charge.account"].create(
            {
                "kind": "counter_claim",
                "company_id": self.flow.company.id,
                "account_id": self.flow.account["expense"].id,
            }
        )
        settlement = self.flow.generate()
        self.assertEqual(sorted(settlement.line_ids.mapped("amount")), [-20, 80])
        self.as_role(settlement, "finance").action_confirm()
        self.as_role(settlement, "finance").action_post()
        self.assertTrue(charge.is_settled)
        self.assertEqual(self.flow.tie_out(settlement).mapped("difference"), [0])

    def test_refused_nothing_is_owed(self):
        made = counter(self.flow)
        self.as_role(made, "finance").action_refuse()
        self.assertEqual((made.state, made.amount_accepted), ("refused", 0))
        self.assertFalse(made.charge_id)
        with self.assertRaises(UserError):
            self.as_role(made, "finance").action_accept()

    def test_two_people(self):
        """In the model and in PostgreSQL; a manager with all roles doesn't decide on their own entry either."""
        made = counter(self.flow)
        own = self.as_role(self.env["franchise.claim.counter"], "manager").create(
            {"claim_id": made.claim_id.id, "party": "supplier", "amount": 1, "reason": "x", "decision_reason": "y"}
        )
        for action in ("action_accept", "action_refuse"):
            with self.subTest(action=action):
                with self.assertRaisesRegex(UserError, "entered"):
                    getattr(own, action)()
                with self.assertRaises(AccessError):
                    getattr(self.as_role(made, "service"), action)()
        self.env.flush_all()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_claim_counter SET decided_by_id = entered_by_id WHERE id = %s", [made.id]
            )
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE franchise_claim_counter SET state = 'accepted' WHERE id = %s", [made.id])

    def test_what_is_wrong_is_said(self):
        claim = self.flow.claim(stage="approved")
        for values in ({"amount": 0}, {"amount": -5}, {"amount_accepted": 30.01}):
            with (
                self.subTest(values=values),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                counter(self.flow, claim, **values)
                self.env.flush_all()
        foreign = self.flow.recovery()
        with self.assertRaisesRegex(UserError, "another claim"), self.env.cr.savepoint():
            counter(self.flow, claim, recovery_id=foreign.id)
        for values, words in (({"decision_reason": " "}, "say why"), ({"amount_accepted": 0}, "refuse it instead")):
            made = counter(self.flow, claim, **values)
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                self.as_role(made, "finance").action_accept()

    def test_decided_it_stands_and_open_it_keeps_the_claim(self):
        made = counter(self.flow)
        claim = made.claim_id
        self.assertIn("counter-claim", " ".join(claim._obstacles("close")[claim]))
        self.as_role(made, "finance").action_accept()
        self.assertNotIn("counter-claim", " ".join(claim._obstacles("close")[claim]))
        for name, value in (("amount", 1), ("amount_accepted", 1), ("reason", "x"), ("decision_reason", "x")):
            with self.subTest(name=name), self.assertRaises(UserError):
                self.as_role(made, "service").write({name: value})
        with self.assertRaises(UserError):
            made.unlink()
        action = self.as_role(claim, "service").action_add_counter()
        self.assertEqual(action["context"], {"default_claim_id": claim.id})
