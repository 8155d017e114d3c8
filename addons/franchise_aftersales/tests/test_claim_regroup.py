from collections import Counter
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .commit_case import CommitCase
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimRegroup(FlowCase):
    """R-D15: one claim holds lines of several documents; it is split and merged while nothing is decided."""

    def held(self, line):
        quota = self.env["franchise.claim.quota"].search([("invoice_line_id", "=", line.id)])
        return quota.quantity_claimed, quota.amount_claimed

    def split(self, claim, lines, role="service", **values):
        wizard = self.env["franchise.claim.split"].with_user(self.flow.users[role])
        action = wizard.create({"claim_id": claim.id, "line_ids": lines.ids, **values}).action_split()
        return self.env["franchise.claim"].browse(action["res_id"])

    def merge(self, claims, target=None, role="service"):
        wizard = (
            self.env["franchise.claim.merge"]
            .with_user(self.flow.users[role])
            .create({"claim_ids": claims.ids, **({"target_id": target.id} if target else {})})
        )
        wizard.action_merge()
        return wizard.target_id.with_env(self.env)

    def attach(self, claim, name):
        return self.env["ir.attachment"].create(
            {"name": name, "raw": b"x", "res_model": claim._name, "res_id": claim.id}
        )

    def test_many_lines_from_several_bills(self):
        """R-D15: one claim holds many product lines from several documents."""
        first, second = self.flow.bill((10.0, 20.0)), self.flow.bill((30.0,))
        claim = self.flow.claim([("goods", line, 10.0) for line in first + second], "submitted")
        self.assertEqual(len(claim.line_ids.invoice_line_id.move_id), 2)
        self.assertEqual(claim.amount_claimed, 30)

    def test_split_moves_lines_and_keeps_what_is_held(self):
        for stage in ("draft", "submitted"):
            with self.subTest(stage):
                bills = self.flow.bill((100.0,)) | self.flow.bill((50.0,))
                claim = self.flow.claim([("goods", line, 40.0) for line in bills], stage)
                self.attach(claim, "photo.jpg")
                before = [self.held(line) for line in bills]
                part = self.split(claim, claim.line_ids[1])
                self.assertEqual((part.split_from_id, claim.split_ids), (claim, part))
                self.assertEqual((part.state, claim.state), (stage, stage))
                self.assertEqual((claim.amount_claimed, part.amount_claimed), (40, 40))
                self.assertEqual([self.held(line) for line in bills], before)
                self.assertEqual((part.reported_date, part.cause_id), (claim.reported_date, claim.cause_id))
                self.assertNotEqual(part.name, claim.name)
                self.assertEqual(part._files().mapped("name"), ["photo.jpg"])
                self.assertEqual(part.coverage_state, claim.coverage_state)
                self.assertIn(part.name, claim.message_ids[0].body)
                if stage == "submitted":
                    self.assertEqual(part.line_ids.amount_assessed, 40)

    def test_pieces_of_one_lot_may_be_split(self):
        claim = self.flow.claim([("goods", line, 40.0) for line in self.flow.bill((100.0, 50.0))])
        claim.line_ids.lot = "SAME"
        self.flow.advance(claim, "submitted")
        part = self.split(claim, claim.line_ids[1])
        self.assertEqual((part.state, part.duplicate_ids), ("submitted", claim))

    def test_who_entered_a_part_can_not_approve_it(self):
        """R-D7: four eyes survive splitting."""
        claim = self.flow.claim([("goods", line, 40.0) for line in self.flow.bill((100.0, 50.0))], "submitted")
        part = self.split(claim, claim.line_ids[1], role="manager")
        for user in ("service", "manager"):
            self.assertIn(self.flow.users[user], part._involved_users())

    def test_split_is_refused_where_it_makes_no_sense(self):
        claim = self.flow.claim([("goods", line, 40.0) for line in self.flow.bill((100.0, 50.0))])
        other = self.flow.claim()
        for problem, lines in (
            ("choose the losses", claim.line_ids.browse()),
            ("choose the losses", other.line_ids),
            ("at least one loss stays", claim.line_ids),
        ):
            with self.subTest(problem), self.assertRaisesRegex(UserError, problem), self.env.cr.savepoint():
                self.split(claim, lines)
        self.flow.advance(claim, "assessed")
        with self.assertRaisesRegex(UserError, "Take it back to draft"):
            self.split(claim, claim.line_ids[0])
        with self.assertRaises(AccessError):
            self.split(other, other.line_ids, role="finance")

    def test_merge_takes_lines_messages_and_files(self):
        for stage in ("draft", "submitted"):
            with self.subTest(stage):
                line = self.flow.bill((100.0,))
                first = self.flow.claim([("goods", line, 100.0)], stage)
                second = self.flow.claim(
                    [("goods", line, 50.0)], stage, discovery_date=self.flow.day(-16), reported_date=self.flow.day(-9)
                )
                second.message_post(body="We wait", message_type="comment", subtype_xmlid="mail.mt_comment")
                self.attach(second, "proof.pdf")
                before = self.held(line)
                target = self.merge(first | second)
                self.assertEqual(target, first, "the older one by itself")
                self.assertEqual((first.amount_claimed, first.state), (150, stage))
                self.assertEqual((first.discovery_date, first.reported_date), (self.flow.day(-16), self.flow.day(-9)))
                self.assertEqual((second.state, second.merged_into_id), ("cancelled", first))
                self.assertFalse(second.line_ids)
                self.assertEqual(self.held(line), before)
                self.assertEqual(first._files().mapped("name"), ["proof.pdf"])
                self.assertTrue(first.message_ids.filtered(lambda message: "We wait" in message.body))

    def test_only_what_is_alike_is_merged(self):
        claim = self.flow.claim()
        outlet = self.env["franchise.outlet"].create(
            {"code": f"M-{self.flow.key}", "name": "M", "contract_id": self.flow.contract.copy().id}
        )
        other_supplier = self.flow.partner("Another")
        self.flow.make_agreement(other_supplier)
        different = {
            "Contract": self.flow.claim(contract_id=outlet.contract_id.id, outlet_id=outlet.id),
            "Agreement": self.flow.claim(supplier=other_supplier),
            "Cause": self.flow.claim(cause_id=self.env.ref("franchise_aftersales.cause_quality_design").id),
            "Event Date": self.flow.claim(event_date=self.flow.day(-21)),
            "Status": self.flow.claim(stage="submitted"),
        }
        for problem, other in different.items():
            with self.subTest(problem), self.assertRaisesRegex(UserError, problem):
                self.merge(claim | other)
        with self.assertRaisesRegex(UserError, "at least two"):
            self.merge(claim)
        with self.assertRaisesRegex(UserError, "Take it back to draft"):
            self.merge(claim | self.flow.claim(stage="approved"))
        with self.assertRaises(AccessError):
            self.merge(claim | self.flow.claim(), role="finance")


@tagged("post_install", "-at_install")
class TestClaimBulk(FlowCase):
    """R-D15: one step for many claims; those that can't are listed with the reason, and the others go through."""

    def bulk(self, claims, step, role="service", **values):
        wizard = (
            self.env["franchise.claim.bulk"]
            .with_user(self.flow.users[role])
            .with_context(active_ids=claims.ids)
            .create({"step": step, **values})
        )
        wizard.action_run()
        return wizard.with_env(self.env)

    def claims(self, number, stage="draft"):
        bill = self.flow.bill(quantity=10_000)
        claims = (
            self.env["franchise.claim"]
            .with_user(self.flow.users["service"])
            .create([self.flow.claim_values([("goods", bill, 1.0)]) for _ in range(number)])
        )
        self.flow.advance(claims, stage)
        return claims.with_env(self.env)

    def test_the_rest_goes_through(self):
        good = self.claims(3)
        empty = self.flow.claim([])
        over = self.flow.claim([("goods", self.flow.bill((1.0,), quantity=1), 50.0)])
        approved = self.flow.claim(stage="approved")
        wizard = self.bulk(good | empty | over | approved, "submit")
        self.assertEqual(set(good.mapped("state")), {"submitted"})
        self.assertEqual((wizard.done_count, wizard.refused_count, wizard.state), (3, 3, "done"))
        reasons = {row.claim_id: row.reason for row in wizard.refusal_ids}
        self.assertIn("has no line", reasons[empty])
        self.assertIn("Lower the claim", reasons[over])
        self.assertIn("“Approved”", reasons[approved])
        self.assertEqual((empty.state, over.state), ("draft", "draft"))
        self.assertEqual(set(wizard.action_view_refused()["domain"][0][2]), set((empty | over | approved).ids))

    def test_every_step(self):
        claims = self.claims(4)
        self.assertEqual(self.bulk(claims, "assign", user_id=self.flow.users["service2"].id).done_count, 4)
        self.assertEqual(claims.user_id, self.flow.users["service2"])
        self.bulk(claims, "submit")
        self.bulk(claims[:3], "assess", role="service2")
        mine = self.bulk(claims, "approve", role="finance")
        self.assertEqual((mine.done_count, mine.refused_count), (3, 1))
        self.assertEqual(self.bulk(claims, "cancel").done_count, 1)
        self.assertEqual(claims.mapped("state"), ["approved"] * 3 + ["cancelled"])

    def test_nobody_approves_their_own_in_bulk(self):
        """R-D7."""
        claims = self.claims(2, "submitted")
        self.bulk(claims, "assess", role="manager")
        wizard = self.bulk(claims, "approve", role="manager")
        self.assertEqual((wizard.done_count, wizard.refused_count), (0, 2))
        self.assertIn("nobody approves", wizard.refusal_ids[0].reason)

    def test_first_approvals_in_bulk(self):
        """R-D7, R-D15: those that need two approvals get the first; the others are told why not."""
        tiers = self.env["franchise.approval.tier"].search([("company_id", "=", self.flow.company.id)])
        tiers[1].amount_from, tiers[2].amount_from = 10, 20
        bill = self.flow.bill((25.0, 25.0, 25.0, 5.0))
        large = [self.flow.claim([("goods", line, line.price_unit)], "assessed") for line in bill[:3]]
        small = self.flow.claim([("goods", bill[3], 5.0)], "assessed")
        draft = self.flow.claim([("goods", bill[3], 5.0)])
        large[1].with_user(self.flow.users["manager"]).action_preapprove()
        large[2]._trusted().involved_user_ids = self.flow.users["finance"]
        claims = small.union(*large, draft)
        wizard = self.bulk(claims, "preapprove", role="finance")
        self.assertEqual((wizard.done_count, wizard.refused_count), (1, 4))
        self.assertEqual((large[0].preapproved_by_id, large[0].state), (self.flow.users["finance"], "assessed"))
        reasons = {refusal.claim_id: refusal.reason for refusal in wizard.refusal_ids}
        self.assertIn("first approval already", reasons[large[1]])
        self.assertIn("nobody approves", reasons[large[2]])
        self.assertIn("one approval only", reasons[small])
        self.assertIn("possible only from", reasons[draft])
        with self.assertRaises(AccessError):
            self.bulk(claims, "preapprove", role="service")

    def test_first_approvals_in_one_batch(self):
        """R-D15: as many queries for fifty as for five."""
        tiers = self.env["franchise.approval.tier"].search([("company_id", "=", self.flow.company.id)])
        tiers[0].approver_count = 2
        counts = []
        for number in (2, 5, 50):  # the first fills caches
            claims = self.claims(number, "assessed")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.bulk(claims, "preapprove", role="finance").done_count, number)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_roles_and_empty_choices(self):
        claims = self.claims(1)
        with self.assertRaises(AccessError):
            self.bulk(claims, "submit", role="finance")
        for role in ("accountant", "contract"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.bulk(claims, "assign", role=role, user_id=self.env.uid)
        with self.assertRaisesRegex(UserError, "Choose the claims"):
            self.bulk(claims.browse(), "submit")
        with self.assertRaisesRegex(UserError, "Choose whom"):
            self.bulk(claims, "assign")

    def test_duplicates_are_explained_for_all(self):
        claims = self.claims(3)
        claims.line_ids.lot = "SAME"
        self.assertEqual(self.bulk(claims, "submit").done_count, 1)
        wizard = self.bulk(claims[1:], "submit", duplicate_reason="Pieces of one lot")
        self.assertEqual(wizard.done_count, 2)

    def statements(self, work):
        """SELECTs and UPDATEs of `work` from a cold cache; rows that are inserted each take their own statement."""
        self.env.flush_all()
        self.env.invalidate_all()
        executed, execute = [], type(self.env.cr).execute

        def counted(cr, query, *args, **kwargs):
            text = " ".join((query.code if isinstance(query, SQL) else str(query)).split())
            if not text.startswith(("INSERT", "SAVEPOINT", "RELEASE")):
                executed.append(text)
            return execute(cr, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", counted):
            work()
            self.env.flush_all()
        return Counter(executed)

    def test_what_the_dialogue_adds_is_the_same_for_any_number(self):
        """R-D15: a step in bulk is one batch: beside the step itself 50 claims take what 5 take."""
        for step, stage, role in (
            ("submit", "draft", "service"),
            ("assess", "submitted", "service2"),
            ("cancel", "draft", "service"),
        ):
            grown = []
            for number in (2, 5, 50):
                alone, in_bulk = self.claims(number, stage), self.claims(number, stage)
                user = self.flow.users[role]
                direct = self.statements(getattr(alone.with_user(user), f"action_{step}"))
                bulk = self.statements(lambda: self.bulk(in_bulk, step, role=role))  # noqa: B023
                self.assertEqual(set(in_bulk.mapped("state")), set(alone.mapped("state")))
                grown.append((direct, bulk))
            _warm, few, many = grown
            more = (many[1] - few[1]) - (many[0] - few[0])
            with self.subTest(step):
                self.assertEqual(more.total(), 0, "\n".join(f"{count} × {text[:200]}" for text, count in more.items()))

    def test_assigning_many_sends_one_message(self):
        """R-D15: one message about all of them, with their numbers."""
        claims = self.claims(25)
        self.bulk(claims, "assign", user_id=self.flow.users["service2"].id)
        told = self.env["mail.message"].search([("partner_ids", "in", self.flow.users["service2"].partner_id.ids)])
        self.assertEqual(len(told), 1)
        self.assertIn("25 claims", told.subject)
        self.assertIn(claims.sorted("id")[0].name, told.body)
        self.assertIn("5 more", told.body)


@tagged("post_install", "-at_install")
class TestRegroupTogether(CommitCase):
    """R-D15: two people at once, in transactions that really commit."""

    @classmethod
    def prepare(cls, flow):
        bills = flow.bill((100.0, 50.0, 30.0))
        flow.split_me = flow.claim([("goods", line, 20.0) for line in bills], "submitted")

    def test_a_claim_split_and_cancelled_at_once(self):
        """R-D15: whoever comes second sees what the first did; nothing is held twice and no line is lost."""

        def split(env):
            claim = self.world(env).split_me.with_user(self.user_ids["service"])
            return claim._split(claim.line_ids[0]).id

        def cancel(env):
            return self.world(env).split_me.with_user(self.user_ids["service2"]).action_cancel()

        results = self.together(split, cancel)
        with self.transaction() as env:
            claim = self.world(env).split_me
            family = claim | claim.split_ids
            self.assertEqual(len(family.line_ids), 3)
            held = sum(
                env["franchise.claim.quota"]
                .search([("invoice_line_id", "in", family.line_ids.invoice_line_id.ids)])
                .mapped("amount_claimed")
            )
            live = sum(family.filtered(lambda one: one.state != "cancelled").mapped("amount_claimed"))
            self.assertEqual(held, live)
            self.assertEqual(claim.state, "cancelled")
        self.assertIsNone(results[1][2])
