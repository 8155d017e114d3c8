import uuid

from odoo.tests import tagged

from .flow_portal_claim import PortalClaimCase
from .flow_resolution import Resolutions


@tagged("post_install", "-at_install")
class TestPortalOffer(PortalClaimCase):
    """R-D6: the claimant reads our offer in the portal, accepts it by signature or declines with a reason."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.resolutions = Resolutions(cls.flow)

    def offer(self, claim=None, **values):
        return self.resolutions.offer(claim, kind="goodwill", amount=0, **values)

    def decline(self, offer, reason, **data):
        return self.post(f"{offer.access_url}/decline", {"reason": reason, **data}, page=offer.get_portal_url())

    def test_accepting_by_signature(self):
        """R-D6: accepted with name, picture, time and address; twice is once; the claim and the list say so."""
        offer = self.offer()
        claim = offer.claim_id
        self.login("portal_franchisee")
        self.assertIn(offer.access_url, self.get(f"/my/franchise/claims/{claim.id}").text)
        self.assertIn("An offer waits for you", self.get("/my/franchise/claims?filterby=waiting").text)
        page = self.get(offer.access_url).text
        for text in ("We make it good", "Apology or Goodwill", "portal.signature_form", "Decline this offer"):
            self.assertIn(text, page)
        answer = self.accept(offer, role="portal_franchisee")
        self.assertIn("message=accepted", answer["redirect_url"])
        self.assertEqual((offer.state, offer.signed_name, offer.signed_method), ("accepted", "Li Wei", "drawn"))
        self.assertTrue(offer.signed_image and offer.signed_ip)
        self.assertEqual(offer.signed_by_id, self.flow.users["portal_franchisee"])
        self.assertEqual((claim.resolution_offer_id, claim.resolution_kind), (offer, "goodwill"))
        again = self.accept(offer, role="portal_franchisee", name="Somebody Else")
        self.assertTrue(again.get("force_refresh"))
        self.assertEqual(offer.signed_name, "Li Wei")
        page = self.get(f"{offer.access_url}?message=accepted").text
        self.assertIn("your acceptance is recorded", page)
        self.assertNotIn("Decline this offer", page)

    def test_after_another_offer_was_decided(self):
        """R-D6: a claim has one resolution: what was superseded, withdrawn, expired or declined can't be accepted."""
        claim = self.flow.claim(stage="approved")
        first, second = self.offer(claim), self.offer(claim)
        self.assertTrue(self.accept(second, role="portal_franchisee").get("force_refresh"))
        self.assertIn("error", self.accept(first, role="portal_franchisee"))
        self.assertEqual((first.state, claim.resolution_offer_id), ("withdrawn", second))
        late = self.offer(valid_until=self.flow.today)
        self.env.cr.execute(
            "UPDATE franchise_claim_offer SET valid_until = %s WHERE id = %s", [self.flow.day(-1), late.id]
        )
        late.invalidate_recordset()
        self.assertIn("error", self.accept(late, role="portal_franchisee"))
        self.login("portal_franchisee")
        self.assertNotIn("Accept this offer", self.get(late.access_url).text)

    def test_declining_needs_a_reason(self):
        """R-D6: declined with a reason, once; then it can't be accepted."""
        offer = self.offer()
        self.login("portal_franchisee")
        self.assertIn("alert-danger", self.decline(offer, "  ").text)
        self.assertEqual(offer.state, "made")
        reply = self.decline(offer, "Too little <b>")
        self.assertEqual(reply.status_code, 303)
        self.assertEqual((offer.state, offer.decline_reason), ("declined", "Too little <b>"))
        self.assertIn("error", self.accept(offer, role="portal_franchisee"))
        self.login("portal_franchisee")
        self.assertIn("Your answer is recorded", self.get(f"{offer.access_url}?message=declined").text)

    def test_the_link_of_the_mail_is_enough(self):
        """R-D6: with the token of the letter no account is needed, to accept and to decline."""
        accepted, declined = self.offer(), self.offer()
        self.assertTrue(self.accept(accepted, token=accepted.access_token).get("force_refresh"))
        self.assertEqual(accepted.state, "accepted")
        self.login(None)
        page = self.get(declined.access_url, access_token=declined.access_token)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(f"/my/franchise/claims/{declined.claim_id.id}", page.text, "the claim needs an account")
        reply = self.decline(declined, "No", access_token=declined.access_token)
        self.assertEqual((reply.status_code, declined.state), (303, "declined"))

    def test_strangers_and_wrong_tokens_are_turned_away(self):
        """R-D6, R-H1: others' offers, guessed ids, wrong tokens and bad signatures do nothing; our own people don't answer."""
        offer, other = self.offer(), self.offer()
        for role, token in (
            ("rival", None),
            ("rival", "wrong"),
            ("portal_supplier", None),
            (None, None),
            (None, ""),
            (None, other.access_token),
            (None, uuid.uuid4().hex),
        ):
            with self.subTest(role=role, token=token):
                self.assertEqual(self.page(offer, token=token, role=role).status_code, 303)
                self.assertIn("error", self.accept(offer, token=token, role=role))
        for name, signature in (("", None), ("  ", None), ("x" * 500, None), ("Li", ""), ("Li", "PHN2Zz4="), (7, None)):
            with self.subTest(name=name, signature=signature):
                self.assertIn("error", self.accept(offer, role="portal_franchisee", name=name, signature=signature))
        self.assertIn("error", self.accept(offer, role="service"), "staff don't accept for the franchisee")
        draft = self.resolutions.offer(stage="draft", kind="goodwill", amount=0)
        token = draft._portal_ensure_token()
        self.assertEqual(self.page(draft, token=token).status_code, 303)
        supplier = self.resolutions.offer(offered_to="supplier", kind="goodwill", amount=0)
        self.assertEqual(self.page(supplier, token=supplier.access_token).status_code, 303)
        self.assertIn("error", self.accept(supplier, token=supplier.access_token))
        self.login("portal_franchisee")
        self.assertEqual(
            self.url_open(f"{offer.access_url}/decline", data={"reason": "x"}).status_code, 400, "no token"
        )
        self.assertIn(self.get(f"{offer.access_url}/decline", reason="x").status_code, (404, 405))
        self.assertEqual((offer.state, draft.state, supplier.state), ("made", "draft", "made"))
