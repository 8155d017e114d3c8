import base64

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.portal.controllers.portal import CustomerPortal

from .flow_clock import level
from .flow_evidence import PDF, kind, photo
from .flow_portal_recovery import URL, RecoveryPortalCase


@tagged("post_install", "-at_install")
class TestPortalRecoveryAnswer(RecoveryPortalCase):
    """R-D9, R-D16: the liable party's own people answer what is demanded of it, through the steps of staff and sync."""

    def test_accepts_in_part_by_line_with_reasons_reference_credit_note_and_document(self):
        recovery = self.demand()
        first, second = recovery.line_ids
        self.login("supplier")
        response = self.answer(
            recovery,
            "lines",
            **{
                f"amount_{first.id}": "80.00",
                f"amount_{second.id}": "15.5",
                f"refusal_{second.id}": "amount",
                f"note_{second.id}": "Two of three pieces",
                "partner_reference": "RMA-7",
                "credit_note_number": "CN-9",
                "credit_note_date": str(self.flow.day(-1)),
            },
            files={"letter": ("note.pdf", PDF, "application/pdf")},
        )
        self.assertEqual(response.status_code, 303, self.said(response))
        self.assertEqual(recovery.state, "partial")
        self.assertEqual(recovery.line_ids.mapped("amount_accepted"), [80, 15.5])
        self.assertEqual((second.refusal, second.refusal_note), ("amount", "Two of three pieces"))
        self.assertFalse(first.refusal)
        self.assertEqual(recovery.answer_reason, "Amount is too high: Two of three pieces")
        self.assertEqual((recovery.partner_reference, recovery.credit_note_number), ("RMA-7", "CN-9"))
        self.assertEqual((recovery.credit_note_amount, recovery.credit_note_date), (95.5, self.flow.day(-1)))
        self.assertEqual((base64.b64decode(recovery.answer_letter), recovery.answer_letter_name), (PDF, "note.pdf"))
        self.assertEqual(recovery.answered_on, self.flow.today)
        note = recovery.message_ids[0]
        self.assertEqual(note.author_id, self.users["supplier"].partner_id)
        self.assertIn("CN-9", note.body)
        self.assertNotIn(self.users["supplier"].partner_id, recovery.message_partner_ids)
        letter = self.get(recovery, "/letter")
        self.assertEqual(letter.content, PDF)
        self.assertIn("attachment", letter.headers["Content-Disposition"])

    def test_acknowledges_then_accepts_in_full(self):
        recovery = self.demand()
        self.login("supplier")
        self.assertEqual(self.answer(recovery, "acknowledge", partner_reference="RMA-1").status_code, 303)
        self.assertEqual((recovery.state, recovery.partner_reference), ("acknowledged", "RMA-1"))
        self.assertEqual(self.answer(recovery, "accept").status_code, 303)
        self.assertEqual((recovery.state, recovery.amount_accepted), ("accepted", 120))
        self.assertEqual(recovery.partner_reference, "RMA-1", "an answer without a reference keeps it")

    def test_rejects_all_with_a_reason(self):
        recovery = self.demand()
        self.login("supplier")
        for values in ({}, {"refusal": "other"}, {"refusal": "invented", "answer_reason": "x"}):
            with self.subTest(values=values):
                self.assertIn("choose why", self.said(self.answer(recovery, "reject", **values)))
                self.assertEqual(recovery.state, "demanded")
        self.answer(recovery, "reject", refusal="terms", answer_reason="Delivered in March")
        self.assertEqual((recovery.state, recovery.answer_reason), ("rejected", "Delivered in March"))
        self.assertEqual(set(recovery.line_ids.mapped("refusal")), {"terms"})
        self.assertIn("Delivered in March", self.get(recovery).text)

    def test_a_late_or_repeated_answer_changes_nothing_and_says_so(self):
        recovery = self.demand()
        self.login("supplier")
        self.answer(recovery, "accept", credit_note_number="CN-1", credit_note_date=str(self.flow.today))
        for way, values in (("accept", {}), ("reject", {"refusal": "terms"}), ("acknowledge", {})):
            with self.subTest(way=way):
                said = self.said(self.answer(recovery, way, **values))
                self.assertIn("was answered before and is “Accepted”: nothing was changed", said)
                self.assertEqual((recovery.state, recovery.credit_note_number), ("accepted", "CN-1"))
        self.assertIn("answered before", self.said(self.post(recovery, "dispute", {"dispute_reason": "x"})))
        taken_back = self.demand()
        taken_back._withdraw("own", "Entered twice")
        self.assertIn("was taken back", self.said(self.answer(taken_back, "accept")))
        self.assertEqual((taken_back.state, taken_back.amount_accepted), ("withdrawn", 0))

    def test_what_staff_entered_first_counts(self):
        recovery = self.demand()
        recovery.with_user(self.users["service"])._answer_by_hand({}, answer_reason="By letter")
        self.login("supplier")
        self.assertIn("Rejected", self.said(self.answer(recovery, "accept")))
        self.assertEqual((recovery.state, recovery.answer_reason), ("rejected", "By letter"))

    def test_a_dispute_and_the_answer_after_it(self):
        """R-C7: disputes raised in the portal open a dispute, for suppliers, carriers and franchisees."""
        recovery = self.demand()
        self.login("supplier")
        self.assertIn("say why", self.said(self.post(recovery, "dispute", {"dispute_reason": " "})))
        self.assertEqual(self.post(recovery, "dispute", {"dispute_reason": "Wrong batch"}).status_code, 303)
        self.assertEqual((recovery.state, recovery.amount_disputed), ("disputed", 120))
        dispute = recovery.dispute_ids
        self.assertEqual((dispute.description, dispute.raised_by), ("Wrong batch", "supplier"))
        self.assertEqual(dispute.partner_id, self.partner)
        self.assertIn(dispute.subject, self.url_open("/my/disputes").text)
        self.answer(recovery, "accept")
        self.assertEqual((recovery.state, len(recovery.dispute_ids)), ("accepted", 1))
        carried = self.demand(party="carrier")
        self.login("carrier")
        self.post(carried, "dispute", {"dispute_reason": "Not our truck"})
        self.assertEqual((carried.state, carried.dispute_ids.partner_id), ("disputed", self.flow.carrier))
        page = self.url_open(carried.dispute_ids.access_url).text
        self.assertNotIn("Contract</strong>", page, "whose contract it is doesn't concern a carrier")

    def test_a_counter_claim_waits_for_finance(self):
        recovery = self.demand()
        self.login("supplier")
        for amount, reason, said in (("0", "x", "more than nothing"), ("1.005", "x", "unit"), ("5", " ", "for what")):
            with self.subTest(amount=amount):
                response = self.post(recovery, "counter", {"counter_amount": amount, "counter_reason": reason})
                self.assertIn(said, self.said(response))
        values = {"counter_amount": "12.5", "counter_reason": "Freight back", "counter_reference": "F-3"}
        self.assertEqual(self.post(recovery, "counter", values).status_code, 303)
        counter = recovery.claim_id.counter_ids
        self.assertEqual((counter.amount, counter.state, counter.recovery_id), (12.5, "raised", recovery))
        self.assertEqual((counter.entered_by_id, counter.partner_id), (self.users["supplier"], self.partner))
        self.assertFalse(counter.message_partner_ids)
        self.assertIn("Freight back", self.get(recovery).text)
        for _turn in range(4):
            self.post(recovery, "counter", values)
        self.assertIn("wait for our decision", self.said(self.post(recovery, "counter", values)))
        counter.decision_reason = "Agreed"
        counter.with_user(self.users["finance"]).action_accept()
        self.assertIn("Agreed", self.get(recovery).text)

    def test_who_has_a_system_answers_there_and_disputes_here(self):
        """R-C7: the model knows one channel for answers; a dispute can be raised in both."""
        recovery = self.flow.recovery()
        self.login("portal_supplier")
        self.assertIn("through your own system", self.get(recovery).text)
        for way in ("acknowledge", "accept"):
            self.assertIn("your own system", self.said(self.answer(recovery, way)))
        self.post(None, "answer", {"ids": [recovery.id], "step": "accept"})
        self.assertIn("your own system", self.get().text)
        self.assertEqual((recovery.state, recovery.amount_accepted), ("demanded", 0))
        self.post(recovery, "dispute", {"dispute_reason": "Not ours"})
        self.assertEqual(recovery.state, "disputed")
        self.assertEqual(self.flow.receive(self.flow.answer(recovery)), ["applied"])
        self.assertEqual(recovery.state, "accepted")

    def test_an_answer_of_the_system_replaces_the_reasons_of_the_one_before(self):
        recovery = self.flow.recovery(party="supplier")
        line = recovery.line_ids
        line._trusted_write({"refusal": "terms", "refusal_note": "x"})
        self.flow.receive(self.flow.answer(recovery))
        self.assertEqual((line.refusal, line.refusal_note), (False, False))

    def test_what_is_wrong_with_an_answer_is_said_and_kept_in_the_form(self):
        recovery = self.demand()
        first, second = recovery.line_ids
        self.login("supplier")
        right = {f"amount_{first.id}": "80.00", f"amount_{second.id}": "40.00"}
        for values, said in (
            ({f"amount_{second.id}": "39"}, "choose why"),
            ({"credit_note_number": "CN-1"}, "date of your credit note"),
            ({"credit_note_number": "CN-1", "credit_note_date": "soon"}, "date of your credit note"),
        ):
            with self.subTest(values=values):
                response = self.answer(recovery, "lines", **{**right, "partner_reference": "KEPT-1", **values})
                self.assertIn(said, self.said(response))
                self.assertIn("KEPT-1", response.text)
        self.assertIn("Choose what", self.said(self.answer(recovery, "perhaps")))
        self.assertEqual(recovery.state, "demanded")


@tagged("post_install", "-at_install")
class TestPortalRecoveryFacts(RecoveryPortalCase):
    """R-D9, R-D16, R-D4, R-H5: what the party reads of the demand and of the claim behind it."""

    @classmethod
    def make_agreement(cls, **terms):
        terms = {"handling_percent": 5, "labour_rate": 30, "claim_ceiling": 400, **terms}
        levels = [level("acknowledge", 2, "days"), level("answer", 10, "days")]
        return super().make_agreement(level_ids=levels, **terms)

    def test_how_each_amount_came_about_is_said_in_words(self):
        bill = self.flow.bill((100.0,), supplier=self.partner)
        claim = self.flow.claim([("goods", bill, 100.0), ("labour", None, 90.0)], "approved", supplier=self.partner)
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        words = [line["words"] for line in recovery._portal_facts()["lines"]]
        money = recovery.currency_id.format
        goods = f"plus 5 % for handling: {money(5)} → your share 80 %: {money(84)}"
        self.assertTrue(words[0].startswith(f"approved loss {money(100)} → 100 % of it by the agreed terms"), words[0])
        self.assertIn(goods, words[0])
        self.assertIn(f"at most the agreed hourly rate: {money(30)}", words[1])
        large = self.demand((1000.0,))
        [line] = large._portal_facts()["lines"]
        self.assertEqual(large.amount_demanded, 320)
        self.assertTrue(line["words"].endswith(f"lowered by the agreed ceiling to {money(320)}"), line["words"])

    def test_a_part_that_is_passed_on_or_borne_by_us_is_said_without_by_whom(self):
        recovery = self.demand((100.0,))
        line = recovery.line_ids
        recovery.with_user(self.users["finance"])._route({line: 20}, "carrier", "Their driver")
        [told] = recovery._portal_facts()["lines"]
        self.assertTrue(told["words"].endswith(f"no longer asked of you: {recovery.currency_id.format(20)}"))
        self.assertEqual(told["asked"], 64)
        self.login("supplier")
        page = self.get(recovery).text
        self.assertNotIn("Their driver", page)
        self.assertNotIn(self.flow.carrier.name, page)
        further = recovery.claim_id.recovery_ids.filtered(lambda row: row.round == 2)
        self.login("carrier")
        page = self.get(further).text
        self.assertIn("passed on to you", page)
        self.assertIn(f"{recovery.claim_id.name}-2", page)
        for secret in ("Their driver", self.partner.name, self.agreement.name, "INV-"):
            self.assertNotIn(secret, page)

    def test_the_page_hides_the_franchisee_the_customer_and_other_parties(self):
        recovery = self.demand(
            description="Leaks, call 138 1234 5678", invoice_reference="SECRET-PRICE", delivery_reference="WB-77"
        )
        recovery.claim_id.customer_id = self.flow.partner("Wang Xiaoming")
        self.login("supplier")
        page = self.get(recovery).text
        for shown in ("138****5678", "WB-77", self.flow.outlet.code, self.agreement.name, "Item 1"):
            self.assertIn(shown, page)
        claim = recovery.claim_id
        for secret in (
            "1234 5678",
            "SECRET-PRICE",
            "Wang Xiaoming",
            self.flow.franchisee.name,
            f">{self.flow.contract.name}<",
            self.flow.carrier.name,
            claim.user_id.name,
        ):
            self.assertNotIn(secret, page)

    def test_days_left_by_the_suppliers_clock(self):
        recovery = self.demand()
        self.assertEqual([row["days_left"] for row in recovery._portal_facts()["deadlines"]], [2, 10])
        self.assertEqual(recovery.answer_due_at, min(recovery.clock_ids.mapped("due_at")))
        self.login("supplier")
        self.assertIn("2 days left", self.get(recovery).text)
        self.answer(recovery, "acknowledge")
        answer = recovery.clock_ids.filtered(lambda clock: clock.kind == "answer")
        self.assertEqual((recovery.answer_due_at, recovery._portal_days_left()), (answer.due_at, 10))
        answer.sudo().start_at = self.flow.day(-13)
        answer.sudo()._refresh()
        self.assertIn("overdue by 3 days", self.get().text)
        self.answer(recovery, "accept")
        self.assertFalse(recovery.answer_due_at)
        self.assertEqual((answer.state, bool(answer.done_at)), ("broken", True))

    def test_evidence_that_the_party_sees_and_adds(self):
        """R-D4: proof without personal data, none of another party; what it adds reaches the claim."""
        recovery = self.demand()
        claim, rows = recovery.claim_id, self.env["franchise.claim.evidence"]
        told = rows.create(
            {"claim_id": claim.id, "type_id": kind(self.flow, "problem_record").id, "text": "Call 139 0000 1111"}
        )
        faces = rows.create(
            {
                "claim_id": claim.id,
                "type_id": kind(self.flow, "damage_photos").id,
                "has_personal_data": True,
                "file_ids": [Command.create({"name": "faces.jpg", "raw": photo()})],
            }
        )
        self.assertEqual((told.state, faces.state), ("given", "given"))
        self.login("supplier")
        page = self.get(recovery).text
        self.assertIn("139****1111", page)
        self.assertNotIn("faces.jpg", page)
        self.assertIn("1 files are not shown", page)
        self.assertEqual(self.get(recovery, f"/file/{faces.file_ids.id}").status_code, 404)
        values = {"evidence_type": kind(self.flow, "carrier_report").id, "evidence_text": "Seal was whole"}
        response = self.post(recovery, "evidence", values, [("evidence_files", ("seal.jpg", photo(), "image/jpeg"))])
        self.assertEqual(response.status_code, 303, self.said(response))
        own = claim.evidence_ids.filtered(lambda row: row.given_by == "supplier")
        self.assertEqual((own.given_by_partner_id, own.is_addition), (self.users["supplier"].partner_id, True))
        self.assertEqual(self.get(recovery, f"/file/{own.file_ids.id}").status_code, 200)
        self.assertEqual(self.get(recovery, f"/file/{own.file_ids.id}", thumbnail=1).status_code, 200)
        self.assertIn("given by you", self.get(recovery).text)
        self.assertIn(
            "send a file or write", self.said(self.post(recovery, "evidence", {**values, "evidence_text": ""}))
        )
        carried = claim.recovery_ids - recovery
        self.login("carrier")
        self.assertNotIn("Seal was whole", self.get(carried).text, "what the supplier gave isn't the carrier's")
        self.assertEqual(self.get(carried, f"/file/{own.file_ids.id}").status_code, 404)


@tagged("post_install", "-at_install")
class TestPortalRecoveryList(RecoveryPortalCase):
    """R-D9: the party finds its demands, and answers many alike in one request."""

    def test_card_and_filters(self):
        demanded, accepted, disputed, settled = (self.demand((amount,)) for amount in (10.0, 20.0, 30.0, 40.0))
        other = self.flow.recovery()
        for recovery in (accepted, settled):
            recovery.action_accept()
        self.flow.generate()
        (accepted.line_ids | settled.line_ids)._refresh_settled()
        lines = self.env["franchise.settlement.line"].search([("source_id", "in", accepted.line_ids.ids)])
        lines.unlink()
        self.assertEqual((accepted.is_settled, settled.is_settled), (False, True))
        disputed._portal_dispute("Not ours")
        self.login("supplier")
        counters = {"counters": ["franchise_recovery_count", "franchise_recovery_waiting_count"]}
        self.assertEqual(
            self.make_jsonrpc_request("/my/counters", counters),
            {"franchise_recovery_count": 4, "franchise_recovery_waiting_count": 1},
        )
        every = {demanded, accepted, disputed, settled, other}
        for filterby, shown in (
            ("", {demanded}),
            ("waiting", {demanded}),
            ("answered", {accepted}),
            ("disputed", {disputed}),
            ("settled", {settled}),
            ("all", every - {other}),
            ("nonsense", {demanded}),
        ):
            page = self.get(filterby=filterby).text
            with self.subTest(filterby=filterby):
                self.assertEqual({row for row in every if f"{URL}/{row.id}" in page}, shown)
        self.login("portal")
        self.assertEqual(
            self.make_jsonrpc_request("/my/counters", counters),
            {"franchise_recovery_count": 0, "franchise_recovery_waiting_count": 0},
        )

    def test_search_sort_and_pages(self):
        small, large = self.demand((10.0,)), self.demand((20.0,))
        small._trusted().partner_reference = "RMA-100%"
        self.login("supplier")

        def listed(**query):
            page = self.get(**query).text
            places = {row: page.find(f'{URL}/{row.id}"') for row in (small, large)}
            return sorted((row for row, place in places.items() if place >= 0), key=places.get)

        self.assertEqual(listed(sortby="amount"), [large, small])
        self.assertEqual(listed(sortby="number"), [small, large])
        self.assertEqual(listed(sortby="newest"), [large, small])
        self.assertEqual(listed(search=small.number), [small])
        self.assertEqual(listed(search="RMA-100%", search_in="reference"), [small])
        self.assertEqual(listed(search="RMA-100%", search_in="number"), [])
        self.assertEqual(listed(search="%", sortby="x", search_in="x"), [small])
        self.patch(CustomerPortal, "_items_per_page", 1)
        self.assertEqual(listed(sortby="amount"), [large])
        page = self.url_open(f"{URL}/page/2?sortby=amount").text
        self.assertIn(f'{URL}/{small.id}"', page)
        self.assertIn("sortby=amount", page)

    def test_many_are_acknowledged_and_accepted_in_one_request(self):
        recoveries = self.demand((10.0,)) | self.demand((20.0,)) | self.demand((30.0,))
        answered = self.demand((40.0,))
        answered.action_reject()
        foreign = self.flow.recovery()
        ids = (recoveries | answered | foreign).ids
        self.login("supplier")
        self.post(None, "answer", {"ids": ids, "step": "acknowledge"})
        self.assertEqual(set(recoveries.mapped("state")), {"acknowledged"})
        page = self.get().text
        self.assertIn("Demands acknowledged: 3.", page)
        self.assertIn(f"{answered.number} was answered before", page)
        self.assertNotIn(foreign.number, page)
        self.assertNotIn("Demands acknowledged", self.get().text, "it is said once")
        self.post(None, "answer", {"ids": ids, "step": "accept"})
        self.assertEqual(set(recoveries.mapped("state")), {"accepted"})
        self.assertEqual(recoveries.mapped("amount_accepted"), [8, 16, 24])
        self.assertEqual((answered.state, foreign.state), ("rejected", "demanded"))
        for message in recoveries.message_ids.filtered(lambda message: "In the portal" in (message.body or "")):
            self.assertEqual(message.author_id, self.users["supplier"].partner_id)
        for data in (
            {"ids": [], "step": "accept"},
            {"ids": ["x", "-1"], "step": "accept"},
            {"ids": ids, "step": "drop"},
        ):
            self.post(None, "answer", data)
            self.assertIn("Tick the demands", self.get().text)

    def test_as_many_queries_for_fifty_as_for_five(self):
        """R-D9: answering many is one batch; the list reads them together."""
        counts = []
        for number in (1, 5, 50):  # the first one warms the caches up
            recoveries = self.many(number)
            self.env.flush_all()
            self.env.invalidate_all()
            asked = recoveries.with_user(self.users["supplier"])
            before = self.env.cr.sql_log_count
            asked._portal_take("acknowledge")
            self.env.flush_all()
            middle = self.env.cr.sql_log_count
            asked._portal_take("accept")
            self.env.flush_all()
            counts.append((middle - before, self.env.cr.sql_log_count - middle))
            self.assertEqual(set(recoveries.mapped("state")), {"accepted"})
        self.assertEqual(counts[1], counts[2])

    def many(self, number):
        """Demands of one line each, made together."""
        bill = self.flow.bill((1000.0,), quantity=10 * number, supplier=self.partner)
        claims = (
            self.env["franchise.claim"]
            .with_user(self.users["service"])
            .create([self.flow.claim_values([("goods", bill, 10.0)], self.partner) for _number in range(number)])
        )
        self.flow.advance(claims, "approved")
        recoveries = claims.with_env(self.env).recovery_ids
        return recoveries.filtered(lambda recovery: recovery.party == "supplier")
