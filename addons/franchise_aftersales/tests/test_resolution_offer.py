import psycopg2
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_resolution import PNG, Resolutions


class ResolutionCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Resolutions(cls.flow)
        cls.make.accounts()

    def refused(self, text, call, *args, **values):
        with self.assertRaisesRegex(UserError, text), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            call(*args, **values)
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestOffer(ResolutionCase):
    """R-D6: offers to and from each party are logged; the accepted one becomes the resolution."""

    def test_the_log_of_a_negotiation(self):
        """R-D6: ours, declined; theirs in return, accepted by us; in the order in which they were made."""
        claim = self.flow.claim(stage="approved")
        first = self.make.offer(claim, kind="compensation", amount=40)
        first.decline_reason = "Too little"
        self.as_role(first, "service").action_decline()
        supplier = self.make.offer(claim, kind="replace", offered_by="supplier")
        counter = self.make.offer(claim, kind="compensation", amount=90, offered_by="claimant")
        self.make.accept(counter)
        self.assertEqual(claim.offer_ids.sorted("number").mapped("number"), [1, 2, 3])
        self.assertEqual(claim.offer_ids.sorted("number").mapped("state"), ["declined", "made", "accepted"])
        self.assertEqual((counter.offered_to, supplier.with_party), ("franchisor", "supplier"))
        self.assertEqual((claim.resolution_kind, claim.resolution_offer_id), ("compensation", counter))
        told = " ".join(claim.message_ids.mapped("body"))
        for text in ("Offer 1 is made", "Offer 1 is declined: Too little", "Offer 3 is accepted"):
            self.assertIn(text, told)

    def test_a_suppliers_offer_is_accepted_beside_the_claimants(self):
        claim = self.flow.claim(stage="approved")
        self.make.offer(claim, "accepted", offered_by="supplier", kind="replace")
        self.assertFalse(claim.resolution_kind)
        self.assertFalse(claim.execution_ids)
        self.make.offer(claim, "accepted", kind="repair")
        self.assertEqual(claim.resolution_kind, "repair")

    def test_only_one_is_accepted(self):
        """R-D6: the others with the franchisee are withdrawn; the database refuses a second one."""
        claim = self.flow.claim(stage="approved")
        other = self.make.offer(claim, kind="repair")
        accepted = self.make.offer(claim, "accepted", kind="replace")
        self.assertEqual((other.state, other.decline_reason), ("withdrawn", f"{accepted.display_name} was accepted."))
        late = self.make.offer(claim, kind="repair", offered_by="claimant")
        self.refused("one resolution", late.with_user(self.flow.users["service"]).action_accept)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE franchise_claim_offer SET state = 'accepted' WHERE id = %s", [late.id])

    def test_what_binds_us_needs_the_claims_approval(self):
        claim = self.flow.claim(stage="assessed")
        ours = self.make.offer(claim, "draft", kind="compensation", amount=10)
        self.refused("has to be approved first", self.as_role(ours, "service").action_make)
        theirs = self.make.offer(claim, kind="compensation", amount=10, offered_by="claimant")
        self.refused("has to be approved first", self.as_role(theirs, "service").action_accept)
        self.flow.advance(self.env["franchise.claim"], "draft")
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.as_role(theirs, "service").action_accept()
        self.assertEqual(claim.resolution_offer_id, theirs)

    def test_nothing_is_offered_on_a_draft(self):
        offer = self.make.offer(self.flow.claim(), "draft", offered_by="claimant")
        self.refused("submitted, assessed or approved", self.as_role(offer, "service").action_make)

    def test_more_than_was_approved_needs_a_second_person_and_a_reason(self):
        """R-D6: finance or a manager, never who entered or made the offer; in the model and in the database."""
        offer = self.make.offer(stage="draft", kind="goodwill", amount=150)
        self.assertEqual(offer.amount_excess, 50)
        self.refused("more than the", self.as_role(offer, "service").action_make)
        self.refused("needs the role", self.as_role(offer, "service2").action_approve_excess)
        self.refused("say why", self.as_role(offer, "finance").action_approve_excess)
        self.as_role(offer, "service").excess_reason = "A loyal partner"
        self.as_role(offer, "finance").action_approve_excess()
        self.as_role(offer, "service").action_make()
        self.assertEqual((offer.state, offer.excess_approved_by_id), ("made", self.flow.users["finance"]))
        self.refused("was approved and stays", self.as_role(offer, "service").write, {"excess_reason": "Other"})
        own = self.make.offer(stage="draft", user="manager", kind="goodwill", amount=150, excess_reason="Loyal")
        self.refused("their own offer", self.as_role(own, "manager").action_approve_excess)
        for sql in ("excess_approved_by_id = entered_by_id", "excess_reason = NULL", "amount_excess = 51"):
            with (
                self.subTest(sql),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"UPDATE franchise_claim_offer SET {sql} WHERE id = %s", [offer.id])

    def test_an_approved_excess_covers_no_more(self):
        offer = self.make.offer(stage="draft", kind="goodwill", amount=150, excess_reason="Loyal")
        self.as_role(offer, "finance").action_approve_excess()
        self.as_role(offer, "service").amount = 160
        self.refused("more than the", self.as_role(offer, "service").action_make)

    def test_a_counter_offer_beyond_the_approval(self):
        offer = self.make.offer(kind="compensation", amount=120, offered_by="claimant")
        self.refused("more than the", self.as_role(offer, "service").action_accept)
        self.as_role(offer, "service").excess_reason = "Our own late answer"
        self.as_role(offer, "finance").action_approve_excess()
        self.as_role(offer, "service").action_accept()
        self.assertEqual(offer.claim_id.execution_ids.amount, 120)

    def test_the_amount_is_worked_out(self):
        """R-D6: from the percentage, from the goods; entered only where there is neither."""
        offer = self.make.offer(kind="discount", percent=33.335)
        self.assertEqual(offer.amount, 33.34)
        sold = self.make.invoice((200 / 3, 50.0))
        offer = self.make.offer(
            kind="refund",
            amount=1,
            lines=[
                {"purpose": "refund", "invoice_line_id": sold[0].id, "quantity": 1, "amount": 5},
                {"purpose": "discount", "invoice_line_id": sold[1].id, "quantity": 2, "percent": 25},
            ],
        )
        self.assertEqual(offer.line_ids.mapped("amount"), [66.67, 25.0])
        self.assertEqual(offer.amount, 91.67)
        self.assertEqual(offer.line_ids.mapped("comes_back"), [True, False])
        self.assertFalse(self.make.offer(kind="repair", amount=70).amount, "a repair is no money")

    def test_incomplete_offers(self):
        claim = self.flow.claim(stage="approved")
        tries = {
            "says nothing": {"kind": "goodwill", "terms": False},
            "offers no money": {"kind": "compensation"},
            "its last day": {"kind": "repair", "valid_until": self.flow.day(-1)},
        }
        for text, values in tries.items():
            with self.subTest(text):
                offer = self.make.offer(claim, "draft", **values)
                self.refused(text, self.as_role(offer, "service").action_make)
        for values in ({"percent": 101}, {"amount": -1, "kind": "goodwill"}, {"offered_to": "franchisor"}):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.make.offer(claim, "draft", **values)
                self.env.flush_all()

    def test_goods_of_others(self):
        """R-D6: bought by somebody else, a bill instead of an invoice, more pieces than invoiced, another claim's loss."""
        claim = self.flow.claim(stage="approved")
        stranger = self.make.invoice()
        stranger.move_id.button_draft()
        stranger.move_id.partner_id = self.flow.partner("Stranger")
        stranger.move_id.action_post()
        lines = {
            "bought by somebody else": {"invoice_line_id": stranger.id},
            "posted customer invoice": {"invoice_line_id": self.flow.bill().id},
            "not a line of a posted": {"invoice_line_id": self.make.invoice(post=False).id},
            "smaller quantity": {"invoice_line_id": self.make.invoice().id, "quantity": 4},
            "names goods of": {"claim_line_id": self.flow.claim().line_ids.id},
        }
        for text, line in lines.items():
            with self.subTest(text), self.assertRaisesRegex(ValidationError, text), self.env.cr.savepoint():
                self.make.offer(claim, "draft", kind="refund", lines=[{"purpose": "refund", **line}])

    def test_what_was_offered_stays(self):
        offer = self.make.offer(kind="goodwill", amount=10, lines=[{"purpose": "gift", "name": "Cup"}])
        service = self.as_role(offer, "service")
        tries = {
            "amount": lambda: service.write({"amount": 20}),
            "terms": lambda: service.write({"terms": "Other"}),
            "goods": lambda: service.line_ids.write({"quantity": 5}),
            "more goods": lambda: service.write({"line_ids": [Command.create({"name": "x", "purpose": "gift"})]}),
            "goods away": service.line_ids.unlink,
            "deleted": service.unlink,
        }
        for name, attempt in tries.items():
            with self.subTest(name):
                self.refused("", attempt)

    def test_a_change_past_the_model_shows(self):
        """R-D6: what is accepted is what was offered: the hash says so."""
        offer = self.make.offer(kind="goodwill", amount=10)
        self.env.cr.execute("UPDATE franchise_claim_offer SET terms = 'forged' WHERE id = %s", [offer.id])
        offer.invalidate_recordset()
        self.refused("has changed since", offer._accept_signed, "Li Lei", PNG, "10.0.0.1")

    def test_outside_the_agreements_types_is_warned_of(self):
        version = self.flow.claim(stage="approved").version_id
        version._trusted().write({"covers_repair": False})
        repair, replace = self.make.offer(kind="repair"), self.make.offer(kind="replace")
        self.assertIn("isn't among what", repair.scope_warning)
        self.assertFalse(replace.scope_warning)
        version._trusted().write({"covers_return": False, "covers_repair": True})
        refund = self.make.offer(stage="draft", kind="refund")
        self.assertIn(version.display_name, refund.scope_warning)

    def test_declining_and_withdrawing_need_a_reason(self):
        for action in ("action_decline", "action_withdraw"):
            with self.subTest(action):
                offer = self.as_role(self.make.offer(), "service")
                self.refused("say why", getattr(offer, action))
                offer.decline_reason = "Changed our mind"
                getattr(offer, action)()
                self.refused("is answered", offer.write, {"decline_reason": "Other"})

    def test_the_last_day(self):
        """R-D6: on it the offer can be accepted, after it not; the nightly run notes that it expired and tells."""
        offer = self.make.offer(valid_until=self.flow.today)
        self.assertEqual(offer.deadline_date, self.flow.today)
        expired = self.make.offer(valid_until=self.flow.today)
        expired._trusted().valid_until = self.flow.day(-1)
        expired._remember_terms()
        self.refused("could be accepted until", expired._accept_signed, "Li Lei", PNG, "10.0.0.1")
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(self.flow.today, commit=False)
        self.assertEqual((offer.state, expired.state), ("made", "expired"))
        self.assertIn("nobody accepted it", " ".join(expired.activity_ids.mapped("summary")))
        self.assertTrue(offer._accept_signed("Li Lei", PNG, "10.0.0.1"))

    def test_a_rejected_claim_says_so(self):
        claim = self.flow.claim(stage="submitted")
        offer = self.make.offer(claim, offered_by="claimant", kind="repair")
        claim.reject_reason = "Worn out, not broken"
        self.as_role(claim, "service").action_reject()
        self.assertEqual((claim.resolution_kind, offer.state), ("rejected", "withdrawn"))
        cancelled = self.flow.claim(stage="submitted")
        draft = self.make.offer(cancelled, "draft")
        self.as_role(cancelled, "service").action_cancel()
        self.assertEqual(draft.state, "withdrawn")

    def test_who_may(self):
        """R-H1: accountants read; contract managers don't make offers; steps are service's."""
        offer = self.make.offer(stage="draft")
        self.assertTrue(self.as_role(offer, "accountant").read(["kind"]))
        for role in ("accountant", "contract", "finance"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(offer, role).action_make()
        for role in ("portal_franchisee", "public"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(offer, role).read(["kind"])

    def test_many_offers_take_as_many_queries_as_few(self):
        def queries(count):
            claims = self.env["franchise.claim"].union(*(self.flow.claim(stage="submitted") for _ in range(count)))
            for claim in claims:
                self.make.offer(claim, offered_by="claimant", kind="repair")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims.offer_ids.read(["display_name", "amount", "scope_warning", "amount_excess", "deadline_date"])
            claims._obstacles("close")
            return self.env.cr.sql_log_count - before

        self.assertEqual(queries(2), queries(12))


@tagged("post_install", "-at_install")
class TestOfferSignature(ResolutionCase):
    """R-D6: the claimant accepts by signature, in the portal or on paper; what was signed stays."""

    def test_signed_in_the_portal(self):
        offer = self.make.offer(kind="replace", lines=[{"purpose": "replace", "name": "Cup"}])
        portal = self.flow.users["portal_franchisee"]
        seen = offer.with_user(portal)
        self.assertEqual(seen.read(["state", "terms"])[0]["terms"], "We make it good")
        self.assertTrue(seen._accept_signed(" Li Lei ", PNG, "10.0.0.1"))
        self.assertEqual((offer.state, offer.claim_id.resolution_kind), ("accepted", "replace"))
        self.assertEqual(
            (offer.signed_name, offer.signed_ip, offer.signed_method, offer.signed_by_id),
            ("Li Lei", "10.0.0.1", "drawn", portal),
        )
        self.assertFalse(seen._accept_signed("Li Lei", PNG, "10.0.0.1"), "a second click does nothing")
        image = self.env["ir.attachment"].search(
            [("res_model", "=", offer._name), ("res_id", "=", offer.id), ("res_field", "=", "signed_image")]
        )
        self.assertTrue(image.franchise_frozen)
        self.assertTrue(image._franchise_intact())
        self.refused("evidence", image.write, {"raw": b"other"})
        self.refused("can't be entered", offer.write, {"signed_name": "Other"})
        self.assertIn("was signed by Li Lei", " ".join(offer.claim_id.message_ids.mapped("body")))

    def test_a_signature_needs_name_and_drawing(self):
        offer = self.make.offer()
        for name, image in (("", PNG), (" ", PNG), ("Li Lei", ""), (None, None)):
            with self.subTest(name=name):
                self.refused("draw your signature", offer._accept_signed, name, image, "10.0.0.1")
        self.assertEqual(offer.state, "made")

    def test_only_our_offers_are_signed(self):
        for values in ({"offered_by": "claimant"}, {"offered_by": "supplier"}, {"offered_to": "supplier"}):
            with self.subTest(values=values):
                self.refused("no offer to you", self.make.offer(**values)._accept_signed, "Li", PNG, "10.0.0.1")
        self.refused("", self.make.offer(stage="draft")._accept_signed, "Li", PNG, "10.0.0.1")

    def test_the_portal_declines_with_a_reason(self):
        offer = self.make.offer().with_user(self.flow.users["portal_franchisee"])
        self.refused("say why", offer._decline_in_portal, " ")
        offer._decline_in_portal("Too little")
        self.assertEqual((offer.sudo().state, offer.sudo().decline_reason), ("declined", "Too little"))

    def test_on_paper_with_the_scan(self):
        offer = self.as_role(self.make.offer(), "service")
        self.refused("attach the scan", offer.action_accept)
        offer.write({"paper_name": "Li Lei", "paper_date": self.flow.day(1)})
        self.refused("attach the scan", offer.action_accept)
        scan = self.make.scan()
        offer.scan_ids = scan
        self.refused("not in the future", offer.action_accept)
        offer.paper_date = self.flow.today
        offer.action_accept()
        self.assertEqual((offer.signed_method, offer.signed_name), ("paper", "Li Lei"))
        self.assertTrue(scan.franchise_frozen)
        self.refused("is answered", offer.write, {"paper_name": "Other"})
        self.refused("is answered", offer.write, {"scan_ids": [Command.clear()]})
        self.refused("evidence", scan.write, {"raw": b"other"})

    def test_portal_users_see_their_own_made_offers(self):
        made, draft = self.make.offer(), self.make.offer(stage="draft")
        supplier = self.make.offer(offered_by="supplier")
        offers = made | draft | supplier
        seen = self.env["franchise.claim.offer"].with_user(self.flow.users["portal_franchisee"])
        self.assertEqual(seen.search([("id", "in", offers.ids)]), made)
        for role in ("portal", "portal_supplier"):
            self.assertFalse(seen.with_user(self.flow.users[role]).search([("id", "in", offers.ids)]), role)
        with self.assertRaises(AccessError):
            seen.browse(made.id).read(["excess_reason"])
        self.assertEqual(made.access_url, f"/my/franchise/offers/{made.id}")
        self.assertIn("access_token", made.sudo().get_portal_url())
