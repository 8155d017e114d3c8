import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimEntry(FlowCase):
    """Claims as they are entered: complete, fitting their supplier, covered or not (R-D1, R-D3, R-D5)."""

    def refuse(self, message, work):
        with self.assertRaisesRegex(UserError, message), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            work()
            self.env.flush_all()

    def refuse_by_database(self, constraint, work):
        with self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            work()
            self.env.flush_all()
        self.assertEqual(caught.exception.diag.constraint_name, constraint)
        self.env.invalidate_all()

    def test_entering_numbers_and_signs_the_claim(self):
        claims = (
            self.env["franchise.claim"]
            .with_user(self.flow.users["service"])
            .create([self.flow.claim_values([("labour", None, 5.0)]) for _ in range(2)])
        )
        self.assertEqual(len(set(claims.mapped("name"))), 2)
        self.assertEqual(claims.entered_by_id, self.flow.users["service"])
        self.assertEqual(claims[0].amount_claimed, 5)
        self.assertEqual(claims.agreement_id, self.flow.agreement)

    def test_a_claim_without_lines_or_amounts_is_not_submitted(self):
        self.refuse("has no line", lambda: self.flow.claim([], "submitted"))
        self.refuse("claims nothing", lambda: self.flow.claim([("labour", None, 0.0)], "submitted"))

    def test_bill_lines_fit_the_claim(self):
        """R-D15: refused with the reason, when entered and again when submitted."""
        usd = self.flow.active_currency(self.env, "USD")
        other = self.flow.partner("Another")
        draft = self.flow.bill().move_id.copy({"invoice_date": self.flow.today}).invoice_line_ids
        refund = self.flow.bill().move_id._reverse_moves().invoice_line_ids
        refund.move_id.invoice_date = self.flow.today
        refund.move_id.action_post()
        for problem, line in (
            ("posted vendor bill", draft),
            ("posted vendor bill", refund),
            ("another supplier", self.flow.bill(supplier=other)),
            ("another currency", self.flow.bill(currency=usd)),
        ):
            with self.subTest(problem):
                self.refuse(problem, lambda line=line: self.flow.claim([("goods", line, 5.0)]))

    def test_a_bill_taken_back_after_entering_is_found_at_submission(self):
        claim = self.flow.claim()
        claim.line_ids.invoice_line_id.move_id.button_draft()
        self.refuse("posted vendor bill", lambda: self.flow.advance(claim, "submitted"))

    def test_another_supplier_after_entering_is_found(self):
        """R-D9: nobody is asked to pay for goods that somebody else delivered."""
        other = self.flow.partner("Another")
        self.flow.make_agreement(other)
        claim = self.flow.claim()
        claim.with_user(self.flow.users["service"]).supplier_id = other
        self.assertEqual(claim.agreement_id.supplier_id, other)
        self.refuse("another supplier", lambda: self.flow.advance(claim, "submitted"))

    def test_an_agreement_with_somebody_else_is_refused(self):
        foreign = self.flow.make_agreement(self.flow.partner("Another"))
        claim = self.flow.claim()
        self.refuse("is not with", lambda: claim.write({"agreement_id": foreign.id}))

    def test_outlet_and_contract_fit(self):
        contract = self.flow.contract.copy()
        self.refuse("does not belong", lambda: self.flow.claim(contract_id=contract.id))
        outlet = self.env["franchise.outlet"].create({"code": "X", "name": "X", "contract_id": contract.id})
        claim = self.flow.claim(contract_id=contract.id, outlet_id=outlet.id)
        self.refuse("is not signed", lambda: self.flow.advance(claim, "submitted"))

    def test_goods_need_a_bill_line_and_dates_their_order(self):
        self.refuse_by_database("franchise_claim_line_check_bill", lambda: self.flow.claim([("parts", None, 5.0)]))
        for dates in (
            {"event_date": self.flow.day(-5), "discovery_date": self.flow.day(-6)},
            {"discovery_date": self.flow.day(-5), "reported_date": self.flow.day(-6)},
        ):
            self.refuse_by_database("franchise_claim_check_dates", lambda dates=dates: self.flow.claim(**dates))

    def test_amounts_keep_their_bounds_in_the_database(self):
        """R-D5: 0 ≤ approved ≤ assessed ≤ claimed."""
        line = self.flow.claim(stage="submitted").line_ids
        for values in (
            {"amount_assessed": 100.01},
            {"amount_assessed": -0.01},
            {"amount_assessed": 50, "amount_approved": 50.01},
            {"amount_approved": -1},
        ):
            with self.subTest(values):
                self.refuse_by_database(
                    "franchise_claim_line_check_amounts", lambda values=values: line._trusted_write(values)
                )
        labour = self.flow.claim([("labour", None, 5.0)]).line_ids
        for quantity in (0, -1):
            self.refuse_by_database(
                "franchise_claim_line_check_quantity", lambda quantity=quantity: labour.write({"quantity": quantity})
            )

    def test_coverage_is_explained_in_sentences(self):
        """R-D3: with the days left or missed."""

        def reason(**values):
            return self.flow.claim(stage="submitted", **values)

        claim = reason()
        self.assertEqual(claim.coverage_state, "covered")
        self.assertEqual(claim.version_id, self.flow.version)
        self.assertRegex(
            claim.coverage_reason, r"govern the day.*\n.*who bears.*\nWithin warranty, \d+ days left.*\nReported in"
        )
        late = reason(
            discovery_date=self.flow.day(-50), event_date=self.flow.day(-50), reported_date=self.flow.day(-15)
        )
        self.assertEqual(late.coverage_state, "not_covered")
        self.assertIn("Reported 5 days after the claim window had closed.", late.coverage_reason)
        early = reason(event_date=self.flow.day(-650))
        self.assertIn("No version of", early.coverage_reason)
        self.assertFalse(early.version_id)
        other = reason(cause_id=self.env.ref("franchise_aftersales.cause_late").id)
        self.assertIn("says nothing about this cause", other.coverage_reason)
        old = self.flow.claim([("goods", self.flow.bill(days_ago=10), 5.0)], "submitted")
        self.assertIn("Outside warranty", old.coverage_reason)

    def test_the_version_of_the_event_day_governs(self):
        """R-C6: not the one of today."""
        agreement = self.flow.make_agreement(self.flow.partner("Two"), date_from=self.flow.day(-600))
        self.flow.make_version(agreement, date_from=self.flow.day(-20)).action_confirm()
        for event, number in ((-21, 1), (-20, 2)):
            claim = self.flow.claim(
                [("labour", None, 5.0)], "submitted", supplier=agreement.supplier_id, event_date=self.flow.day(event)
            )
            self.assertEqual(claim.version_id.number, number)


@tagged("post_install", "-at_install")
class TestClaimApproval(FlowCase):
    """Four eyes, what each party bears, and what is fixed afterwards (R-D7, R-D9, R-D5)."""

    def test_nobody_approves_what_they_entered_or_assessed(self):
        """R-D7: not as a manager, and not with the system's rights."""
        manager, finance = self.flow.users["manager"], self.flow.users["finance"]
        entered = self.flow.claim(stage="assessed", entered_by="manager")
        assessed = self.flow.claim(stage="submitted")
        assessed.with_user(manager).action_assess()
        for claim in (entered, assessed):
            for env in (claim.with_user(manager), claim.with_user(manager).sudo()):
                with self.assertRaisesRegex(UserError, "nobody approves"), self.env.cr.savepoint():
                    env.action_approve()
            claim.with_user(finance).action_approve()
            self.assertEqual(claim.approved_by_id, finance)

    def test_who_changed_an_amount_has_assessed(self):
        """R-D7: whoever pressed the button afterwards."""
        finance = self.flow.users["finance"]
        claim = self.flow.claim(stage="submitted")
        claim.line_ids.with_user(finance).amount_assessed = 90
        self.flow.users["service2"].group_ids |= self.env.ref("franchise_aftersales.group_finance")
        claim.with_user(self.flow.users["service"]).action_assess()
        self.assertEqual(claim.line_ids.amount_assessed, 90)
        with self.assertRaisesRegex(UserError, "nobody approves"):
            claim.with_user(finance).action_approve()
        claim.with_user(self.flow.users["service2"]).action_approve()

    def test_one_own_claim_stops_the_whole_batch(self):
        own = self.flow.claim(stage="assessed", entered_by="manager")
        other = self.flow.claim(stage="assessed")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            (other | own).with_user(self.flow.users["manager"]).action_approve()
        self.assertEqual(other.state, "assessed")
        self.assertFalse(other.recovery_ids)

    def test_the_database_keeps_four_eyes_too(self):
        claim = self.flow.claim(stage="assessed")
        for field in ("entered_by_id", "assessed_by_id"):
            with (
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"UPDATE franchise_claim SET approved_by_id = {field} WHERE id = %s", [claim.id])
            self.assertEqual(caught.exception.diag.constraint_name, "franchise_claim_four_eyes")

    def test_service_staff_do_not_approve(self):
        claim = self.flow.claim(stage="assessed")
        with self.assertRaisesRegex(AccessError, "Finance"):
            claim.with_user(self.flow.users["service"]).action_approve()

    def test_an_uncovered_claim_needs_a_reason(self):
        """R-D3, R-H4."""
        claim = self.flow.claim(stage="assessed", event_date=self.flow.day(-650))
        with self.assertRaisesRegex(UserError, "is not covered: No version.*Give a reason"), self.env.cr.savepoint():
            claim.with_user(self.flow.users["finance"]).action_approve()
        claim.with_user(self.flow.users["finance"]).override_reason = "Goodwill"
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertFalse(claim.recovery_ids, "without terms nobody else bears it")
        self.assertEqual(claim.amount_own, claim.amount_approved)

    def test_parties_add_up_per_line(self):
        """R-D9: demanded amounts and our own cost are the approved amount, to the cent."""
        shares = {"supplier": 33.33, "carrier": 33.33, "franchisor": 33.29, "franchisee": 0.05}
        supplier = self.flow.partner("Thirds")
        self.flow.make_agreement(supplier, shares=shares, claim_ceiling=77.77, labour_percent=50)
        bill = self.flow.bill((10.01, 20.02), supplier=supplier)
        claim = self.flow.claim(
            [("goods", bill[0], 100.1), ("goods", bill[1], 200.19), ("labour", None, 0.07)],
            "approved",
            supplier=supplier,
        )
        demanded = sum(claim.recovery_ids.mapped("amount_demanded"))
        self.assertAlmostEqual(demanded + claim.amount_own, claim.amount_approved, 6)
        self.assertLessEqual(demanded, 77.77)
        self.assertEqual(set(claim.recovery_ids.mapped("party")), {"supplier", "carrier", "franchisee"})
        for line in claim.line_ids:
            parts = claim.recovery_ids.line_ids.filtered(lambda part, line=line: part.claim_line_id == line)
            self.assertLessEqual(sum(parts.mapped("amount_demanded")), line.amount_approved)
        partners = {recovery.party: recovery.partner_id for recovery in claim.recovery_ids}
        self.assertEqual(partners["supplier"], supplier)
        self.assertEqual(partners["carrier"], self.flow.carrier)
        self.assertEqual(partners["franchisee"], self.flow.franchisee)

    def test_approved_is_what_was_assessed(self):
        claim = self.flow.claim(stage="submitted")
        claim.line_ids.with_user(self.flow.users["service2"]).amount_assessed = 60
        claim.with_user(self.flow.users["service2"]).action_assess()
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual((claim.amount_claimed, claim.amount_assessed, claim.amount_approved), (100, 60, 60))
        self.assertEqual(sum(claim.recovery_ids.mapped("amount_demanded")), 54)

    def test_an_amount_assessed_as_nothing_stays_nothing(self):
        claim = self.flow.claim([("labour", None, 10.0), ("freight", None, 7.0)], "submitted")
        claim.line_ids[0].with_user(self.flow.users["service2"]).amount_assessed = 0
        claim.with_user(self.flow.users["service2"]).action_assess()
        self.assertEqual(claim.amount_assessed, 7)

    def test_lines_are_fixed_after_draft(self):
        """R-D5: not entered into, moved into or taken from a claim under way; approved amounts by nobody."""
        claim, draft = self.flow.claim(stage="approved"), self.flow.claim()
        line = claim.line_ids
        values = {"kind": "labour", "name": "x", "amount_claimed": 1}
        approved = {"amount_assessed": 1, "amount_approved": 1}
        tries = {
            "amount": lambda: line.write({"amount_claimed": 1}),
            "assessed": lambda: line.write({"amount_assessed": 1}),
            "approved": lambda: draft.line_ids.write({"amount_approved": 1}),
            "approved at create": lambda: draft.line_ids.create({**values, "claim_id": draft.id, **approved}),
            "assessed at create": lambda: draft.line_ids.create({**values, "claim_id": draft.id, "is_assessed": True}),
            "new": lambda: line.create({**values, "claim_id": claim.id}),
            "new by the claim": lambda: claim.write({"line_ids": [Command.create(values)]}),
            "moved in": lambda: draft.line_ids.write({"claim_id": claim.id}),
            "linked in": lambda: claim.write({"line_ids": [Command.link(draft.line_ids.id)]}),
            "moved out": lambda: line.write({"claim_id": draft.id}),
            "deleted": line.unlink,
            "cleared": lambda: claim.write({"line_ids": [Command.clear()]}),
        }
        for name, attempt in tries.items():
            with self.subTest(name), self.assertRaises(UserError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                attempt()
                self.env.flush_all()
        self.assertEqual(claim.line_ids, line)

    def test_closing_waits_for_the_last_answer(self):
        claim = self.flow.claim(stage="approved")
        service = claim.with_user(self.flow.users["service"])
        with self.assertRaisesRegex(UserError, "no final answer yet from"):
            service.action_close()
        supplier = claim.recovery_ids.filtered(lambda recovery: recovery.party == "supplier")
        self.flow.receive(self.flow.answer(supplier))
        (claim.recovery_ids - supplier).with_user(self.flow.users["service"]).action_reject()
        self.assertEqual(claim.recovery_state, "answered")
        service.action_close()
        self.assertEqual(claim.state, "closed")

    def test_a_rejection_needs_a_reason(self):
        claim = self.flow.claim(stage="submitted").with_user(self.flow.users["service"])
        with self.assertRaisesRegex(UserError, "say why"):
            claim.action_reject()

    def test_a_party_with_a_system_is_not_answered_for(self):
        """R-D9: its answer arrives by itself; staff answer for the others."""
        claim = self.flow.claim(stage="approved")
        for recovery in claim.recovery_ids.with_user(self.flow.users["service"]):
            if recovery.party == "supplier":
                with self.assertRaisesRegex(UserError, "own system"):
                    recovery.action_accept()
            else:
                recovery.action_accept()
                self.assertEqual(recovery.amount_accepted, recovery.amount_demanded)
