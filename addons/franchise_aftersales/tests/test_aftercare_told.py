from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .flow import FlowCase
from .flow_resolution import Resolutions


class AftercareCase(FlowCase):
    """Claims that are decided, told and closed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.franchisee.email = "shop@franchisee.example.com"
        # Of this supplier's goods head office bears everything: nobody else's answer is waited for.
        cls.quiet = cls.flow.partner("Quiet")
        cls.flow.make_agreement(cls.quiet, shares={"franchisor": 100})

    def closable(self, **values):
        """An approved claim of which nothing is owed by others."""
        claim = self.flow.claim(stage="approved", supplier=self.quiet, **values)
        Resolutions(self.flow).resolve(claim)
        return claim

    def closed(self, **values):
        claim = self.closable(**values)
        self.service(claim)._tell("call", self.flow.today, "Told on the phone")
        self.service(claim).action_close()
        return claim

    def service(self, records):
        return self.as_role(records, "service")

    def refuse(self, message, work):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            work()
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestClaimTold(AftercareCase):
    """R-D11: a claim can't close before the claimant was told the result."""

    def test_not_told_not_closed(self):
        claim = self.closable()
        self.refuse("was not told the result", self.service(claim).action_close)
        self.assertIn("was not told", claim.obstacle_html)
        self.service(claim)._tell("call", self.flow.today, "Approved in full")
        self.assertFalse(claim.obstacle_count)
        self.service(claim).action_close()
        self.assertEqual((claim.state, claim.closed_on), ("closed", self.flow.today))
        self.assertEqual((claim.told_by_id, claim.told_channel), (self.flow.users["service"], "call"))

    def test_by_mail_in_the_language_of_the_franchisee(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("franchise_aftersales.mail_template_claim_result")
        template.with_context(lang="fr_FR").subject = "Votre réclamation {{ object.name }}"
        self.flow.franchisee.lang = "fr_FR"
        claims = self.closable() + self.closable()
        dialogue = self.service(self.env["franchise.claim.tell"]).create({"claim_ids": [(6, 0, claims.ids)]})
        dialogue.action_tell()
        for claim in claims:
            message = claim.message_ids[:1]
            self.assertEqual(message.subject, f"Votre réclamation {claim.name}")
            self.assertEqual(message.notified_partner_ids, self.flow.franchisee)
            self.assertIn(claim.name, message.body)
            self.assertIn("100,00", message.body)
            self.assertEqual((claim.told_channel, claim.told_on), ("mail", self.flow.today))

    def test_a_rejection_is_told_with_its_reason(self):
        claim = self.flow.claim(stage="submitted")
        claim.reject_reason = "Worn out"
        self.service(claim).action_reject()
        self.assertEqual(claim.activity_ids.user_id, claim.user_id, "nothing else would wait for it")
        self.assertIn("tell", claim.activity_ids.summary)
        self.service(claim)._tell("mail", None)
        self.assertIn("Worn out", claim.message_ids[:1].body)
        self.assertFalse(claim.activity_ids)

    def test_what_is_missing_is_refused(self):
        draft, claim = self.flow.claim(), self.closable()
        service = self.service(claim)
        self.refuse("once it is approved or rejected", lambda: self.service(draft)._tell("call", self.flow.today, "x"))
        self.refuse("Say what was told", lambda: service._tell("visit", self.flow.today, " "))
        self.refuse("the day on which", lambda: service._tell("call", self.flow.day(1), "x"))
        self.refuse("the day on which", lambda: service._tell("call", self.flow.day(-3), "x"))
        self.flow.franchisee.email = False
        self.refuse("no mail address", lambda: service._tell("mail", None))
        self.refuse("Choose the claims", self.service(self.env["franchise.claim.tell"]).create({}).action_tell)
        with self.assertRaises(AccessError):
            self.as_role(claim, "contract")._tell("call", self.flow.today, "x")


@tagged("post_install", "-at_install")
class TestClaimReopening(AftercareCase):
    """R-D11: re-open, with a reason, by service, logged; the quota is reserved and coverage decided again."""

    def test_a_closed_claim_is_taken_up_again(self):
        claim = self.closed()
        service = self.service(claim)
        self.refuse("say why it is taken up again", service.action_resume)
        service.reopen_reason = "The repair didn't hold"
        service.action_resume()
        self.assertEqual((claim.state, claim.reopen_count, claim.told_on), ("approved", 1, False))
        self.assertIn("The repair didn", claim.message_ids[:1].body)
        self.assertFalse(claim.reopen_reason, "the next time needs a reason of its own")
        self.assertEqual(set(claim.followup_ids.mapped("state")), {"dropped"})
        self.refuse("was not told", service.action_close)

    def test_a_rejected_claim_is_considered_again(self):
        bill = self.flow.bill()
        claim = self.flow.claim([("goods", bill, 100.0)], "assessed")
        claim.reject_reason = "Too late"
        self.service(claim).action_reject()
        quota = self.env["franchise.claim.quota"].search([("invoice_line_id", "=", bill.id)])
        self.assertEqual(quota.amount_claimed, 0)
        claim.line_ids._trusted_write({"amount_assessed": 1})
        claim._trusted().write({"coverage_state": False, "version_id": False})
        service = self.service(claim)
        service.reopen_reason = "The carrier's report"
        service.action_reconsider()
        self.env.invalidate_all()
        self.assertEqual((claim.state, claim.coverage_state), ("submitted", "covered"))
        self.assertEqual((claim.version_id, claim.line_ids.amount_assessed), (self.flow.version, 100))
        self.assertEqual(quota.amount_claimed, 100)
        self.assertFalse(claim.assessed_by_id or claim.reject_reason)
        self.assertIn("Too late", claim.message_ids[:1].body)

    def test_what_was_claimed_meanwhile_is_not_claimed_twice(self):
        bill = self.flow.bill(quantity=1)
        claim = self.flow.claim([("goods", bill, 100.0)], "submitted")
        claim.reject_reason = "Too late"
        self.service(claim).action_reject()
        self.flow.claim([("goods", bill, 100.0)], "submitted")
        claim.reopen_reason = "New facts"
        self.refuse("invoiced", self.service(claim).action_reconsider)

    def test_the_franchisee_asks_and_staff_decides(self):
        claim = self.closed()
        self.refuse("Please say why", lambda: claim._portal_reopen(" "))
        claim._portal_reopen("It leaks again")
        self.assertEqual((claim.state, claim.reopen_requested_on), ("closed", self.flow.today))
        activity = claim.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, claim.user_id))
        self.refuse("you asked on", lambda: claim._portal_reopen("Again"))
        service = self.service(claim)
        self.refuse("say why it is not", service.action_decline_reopen)
        service.reopen_reason = "Was repaired yesterday"
        service.action_decline_reopen()
        self.assertEqual((claim.state, claim.reopen_requested_on, len(claim.activity_ids)), ("closed", False, 0))
        self.refuse("nobody asked", service.action_decline_reopen)
        claim._portal_reopen("It leaks still")
        service.reopen_reason = "True"
        service.action_resume()
        self.assertFalse(claim.reopen_requested_on or claim.activity_ids)
        self.assertIn("It leaks still", claim.message_ids[:1].body)
        self.refuse("being worked on", lambda: claim._portal_reopen("And more"))

    def test_a_request_from_the_portal_goes_to_staff(self):
        claim = self.closed()
        claim.user_id = False
        portal = claim.with_user(self.flow.users["portal_franchisee"]).sudo()
        portal._portal_reopen("<b>It leaks</b>")
        self.assertEqual(claim.activity_ids.user_id, claim.approved_by_id)
        self.assertEqual(claim.reopen_request, "<b>It leaks</b>")
        self.assertNotIn("<b>It leaks", claim.message_ids[:1].body)
        self.assertNotIn("<b>It leaks", claim.activity_ids.note)


@tagged("post_install", "-at_install")
class TestFollowup(AftercareCase):
    """R-D11: follow-up after resolution by rule of days, with deadline, result and satisfaction."""

    def test_planned_by_the_rule_when_a_claim_closes(self):
        self.flow.company.write({"franchise_followup_days": 10, "franchise_followup_kind": "visit"})
        followup = self.closed().followup_ids
        self.assertEqual((followup.kind, followup.date_due), ("visit", self.flow.day(10)))
        self.assertEqual((followup.state, followup.user_id), ("planned", followup.claim_id.user_id))
        self.assertEqual(followup.deadline_date, self.flow.day(10))
        self.flow.company.franchise_followup_days = 0
        self.assertFalse(self.closed().followup_ids)

    def test_overdue_ones_are_told_by_the_deadlines(self):
        followup = self.closed().followup_ids
        self.env["franchise.deadline.mixin"]._run_deadlines(followup.date_due + timedelta(days=1), commit=False)
        self.assertIn(followup.claim_id.name, followup.activity_ids.summary)
        followup.write({"satisfied": "yes", "result": "Holds"})
        self.service(followup).action_done()
        self.assertFalse(followup.activity_ids, "what is done is due no more")

    def test_done_says_how_and_dropped_says_why(self):
        followup = self.closed().followup_ids
        service = self.service(followup)
        self.refuse("whether the franchisee is satisfied", service.action_done)
        self.refuse("say why it is dropped", service.action_drop)
        service.write({"satisfied": "no", "result": "Leaks again"})
        service.action_done()
        self.assertEqual((followup.done_by_id, followup.done_on), (self.flow.users["service"], self.flow.today))
        activity = followup.claim_id.activity_ids
        self.assertIn("take it up again", activity.summary)
        self.assertEqual(activity.user_id, followup.claim_id.user_id)

    def test_one_planned_a_claim(self):
        followup = self.closed().followup_ids
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            followup.create({"claim_id": followup.claim_id.id})
        self.assertIn("one_planned", str(caught.exception))


@tagged("post_install", "-at_install")
class TestSatisfaction(AftercareCase):
    """R-D11: the franchisee is asked for a rating after closing; one rating a claim, in averages by supplier and person."""

    def asked(self, claim):
        return self.env["mail.message"].search(
            [("model", "=", claim._name), ("res_id", "=", claim.id), ("message_type", "=", "user_notification")]
        )

    def test_asked_once_closed_and_counted_once(self):
        claim = self.closed()
        rating = self.env["rating.rating"].search([("res_model", "=", claim._name), ("res_id", "=", claim.id)])
        mail = self.asked(claim)
        self.assertIn(f"/rate/{rating.access_token}/5", mail.body)
        self.assertEqual(mail.notified_partner_ids, self.flow.franchisee)
        self.assertEqual((rating.partner_id, rating.rated_partner_id), (self.flow.franchisee, claim.user_id.partner_id))
        self.assertFalse(claim.is_rated)
        claim.rating_apply(5, rating=rating)
        claim.rating_apply(3, rating=rating)
        self.assertEqual((claim.rating_count, claim.rating_avg, claim.rating_last_value), (1, 3, 3))
        service = self.service(claim)
        service.reopen_reason = "Again"
        service.action_resume()
        service._tell("call", self.flow.today, "Done again")
        service.action_close()
        self.assertEqual(len(self.asked(claim)), 2)
        self.assertEqual(
            self.env["rating.rating"].search_count([("res_id", "=", claim.id), ("res_model", "=", claim._name)]), 1
        )

    def test_statistics_by_supplier_and_person(self):
        for stars in (5, 1):
            claim = self.closed()
            rating = self.env["rating.rating"].search([("res_model", "=", claim._name), ("res_id", "=", claim.id)])
            claim.rating_apply(stars, rating=rating)
        self.closed()
        claims = self.env["franchise.claim"]
        for key in ("supplier_id", "outlet_id", "user_id"):
            rows = claims._read_group(
                [("is_rated", "=", True), ("company_id", "=", self.flow.company.id)],
                [key],
                ["rating_last_value:avg", "__count"],
            )
            self.assertEqual([row[1:] for row in rows], [(3.0, 2)])
        not_rated = claims.search([("is_rated", "=", False), ("company_id", "=", self.flow.company.id)])
        self.assertEqual(len(not_rated), 1)

    def test_not_asked_where_the_company_or_the_address_says_so(self):
        self.flow.company.franchise_rating_request = False
        self.assertFalse(self.asked(self.closed()))
        self.flow.company.franchise_rating_request = True
        self.flow.franchisee.email = False
        claim = self.closed()
        self.assertEqual((claim.state, claim.rating_requested_on), ("closed", False))
