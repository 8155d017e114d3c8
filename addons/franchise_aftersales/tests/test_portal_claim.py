from unittest.mock import patch

from odoo.tests import tagged
from odoo.tests.common import JsonRpcException

from odoo.addons.portal.controllers.portal import CustomerPortal

from .flow_clock import level
from .flow_evidence import DOCX, HTML, PDF, SVG, agreement, kind, photo
from .flow_portal_claim import PortalClaimCase
from .flow_resolution import Resolutions

LIST = "/my/franchise/claims"


@tagged("post_install", "-at_install")
class TestPortalClaim(PortalClaimCase):
    """R-D1, R-D4, R-D10, R-D11: the franchisee follows a claim, gives evidence, is told the result, rates, and asks again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.resolutions = Resolutions(cls.flow)
        cls.proof = agreement(
            cls.flow,
            required=("problem_record", "damage_photos", "agreed_date", "delay_days", "reason"),
            level_ids=[level("first_answer", 4), level("complaint", 24), level("resolution", 30, "days")],
        )

    def setUp(self):
        super().setUp()
        self.login("portal_franchisee")

    def asked(self, stage="submitted", **values):
        """A claim whose terms ask for evidence."""
        return self.claim(stage, supplier=self.proof.supplier_id, **values)

    def url(self, claim, *parts):
        return "/".join([LIST, str(claim.id), *map(str, parts)])

    def act(self, claim, step, data, files=()):
        return self.post(self.url(claim, step), data, files, page=self.url(claim))

    def test_list_filters_search_and_order(self):
        """R-D1: open, waiting for me, settled; search in number, text and lot; order; pages that keep all of it."""
        opened = self.claim("submitted", description="Leaks")
        waiting = self.asked(description="Photos wanted")
        settled = self.claim("submitted", description="Old")
        settled.reject_reason = "Too late"
        settled.with_user(self.flow.users["service"]).action_reject()
        hidden = self.claim(description="Being entered")
        opened.line_ids._trusted_write({"lot": "LOT-77"})
        cases = [
            ({}, {opened, waiting, settled}),
            ({"filterby": "open"}, {opened, waiting}),
            ({"filterby": "waiting"}, {waiting}),
            ({"filterby": "settled"}, {settled}),
            ({"filterby": "nonsense", "sortby": "nonsense"}, {opened, waiting, settled}),
            ({"search": "lot-77"}, {opened}),
            ({"search": waiting.name}, {waiting}),
            ({"search": "Leaks", "filterby": "settled"}, set()),
        ]
        for params, expected in cases:
            with self.subTest(params=params):
                page = self.get(LIST, **params).text
                shown = {claim for claim in (opened, waiting, settled, hidden) if f'href="{self.url(claim)}"' in page}
                self.assertEqual(shown, expected)
        with patch.object(CustomerPortal, "_items_per_page", 1):
            first = self.get(LIST, sortby="status", filterby="open", search="a").text
        self.assertIn("filterby=open&amp;sortby=status&amp;search=a", first)
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["franchise_claim_count", "franchise_claim_waiting_count"]}
        )
        self.assertEqual(counters, {"franchise_claim_count": 3, "franchise_claim_waiting_count": 1})

    def test_list_takes_as_many_queries_for_many_claims(self):
        """R-D1: a page of claims costs the same however many stand on it."""
        self.claim("submitted")
        self.get(LIST)

        def queries():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.get(LIST).status_code, 200)
            return self.env.cr.sql_log_count - before

        few = queries()
        for _number in range(5):
            self.claim("submitted")
        self.assertLessEqual(queries() - few, 3)

    def test_page_says_what_is_theirs_and_no_more(self):
        """R-D3, R-D10, R-H1: status, promises and coverage in words; no price, supplier, terms or message to others."""
        claim = self.asked()
        claim.with_user(self.flow.users["service"]).message_post(
            body="Internal to the supplier",
            partner_ids=self.proof.supplier_id.ids,
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )
        claim.with_user(self.flow.users["service"]).message_post(
            body="To you", partner_ids=self.flow.franchisee.ids, subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        page = self.get(self.url(claim)).text
        for text in (
            "Being assessed",
            "First answer",
            "Resolution",
            "Promised by",
            "Within warranty",
            "Reported in time.",
            "Photos of the damage",
            "To you",
            "Broken 破损",
        ):
            self.assertIn(text, page)
        for text in (
            self.proof.supplier_id.name,
            self.proof.name,
            "Internal to the supplier",
            "100.00",
            "Tell the supplier",
            "Give evidence",
            "liability matrix",
        ):
            self.assertNotIn(text, page)

    def test_evidence_of_every_form(self):
        """R-D4: several photos at once, a file, a text, a date and a number; what is wrong is said and what was typed stays."""
        claim = self.asked()
        page = self.get(self.url(claim)).text
        self.assertIn('capture="environment"', page)
        self.assertIn("Each at most 25 MB", page)
        sent = [
            ("damage_photos", "", [("1.jpg", photo()), ("2.jpg", photo("PNG"))]),
            ("problem_record", "It began on Monday", [("record.pdf", PDF)]),
            ("agreed_date", str(self.flow.day(-30)), []),
            ("delay_days", "12.5", []),
            ("reason", "Snow", []),
        ]
        for name, text, files in sent:
            with self.subTest(kind=name):
                response = self.act(claim, "evidence", {"type_id": kind(self.flow, name).id, "text": text}, files)
                self.assertEqual(response.status_code, 303, response.text[:500])
        rows = {row.type_id: row for row in claim.evidence_ids}
        self.assertEqual(claim.evidence_missing_count, 0)
        self.assertEqual(len(rows[kind(self.flow, "damage_photos")].file_ids), 2)
        self.assertEqual(rows[kind(self.flow, "delay_days")].number, 12.5)
        self.assertEqual(rows[kind(self.flow, "agreed_date")].date, self.flow.day(-30))
        row = rows[kind(self.flow, "reason")].with_user(self.flow.users["service"])
        row.return_reason = "Which road?"
        row.action_send_back()
        self.assertIn("Which road?", self.get(self.url(claim)).text)
        other = kind(self.flow, "carrier_report")
        wrong = [
            ({"type_id": other.id}, [("x.html", HTML)], "by its content"),
            ({"type_id": other.id}, [], "send a file or write something"),
            ({"type_id": kind(self.flow, "reason").id, "text": ""}, [], "send a file or write something"),
            ({"type_id": "0"}, [("x.pdf", PDF)], "Choose what the evidence is."),
            ({"type_id": "x" * 50}, [("x.pdf", PDF)], "Choose what the evidence is."),
            ({"type_id": other.id, "text": "Kept text"}, [], "send a file"),
        ]
        for data, files, words in wrong:
            with self.subTest(data=data):
                page = self.act(claim, "evidence", data, files).text
                self.assertIn(words, page)
        self.flow.company.franchise_evidence_max_mb = 1
        large = [("big.jpg", photo() + bytes(2 * 1024 * 1024))]
        self.assertIn("at most 1 MB", self.act(claim, "evidence", {"type_id": other.id}, large).text)
        self.assertNotIn(other, claim.evidence_ids.filtered("file_ids").type_id)

    def test_files_go_out_to_their_owner_only(self):
        """R-D4, R-H5: own files, shown only where a browser runs nothing of them; those of staff, other claims and rivals never."""
        claim, other = self.asked(), self.asked()
        self.act(claim, "evidence", {"type_id": kind(self.flow, "damage_photos").id}, [("p.jpg", photo())])
        self.act(claim, "evidence", {"type_id": kind(self.flow, "problem_record").id}, [("r.docx", DOCX)])
        files = claim.evidence_ids.file_ids
        image = files.filtered(lambda file: file.mimetype == "image/jpeg")
        paper = files - image
        shown = self.get(self.url(claim, "evidence", image.id))
        self.assertEqual((shown.status_code, shown.headers["Content-Type"]), (200, "image/jpeg"))
        self.assertTrue(shown.headers["Content-Disposition"].startswith("inline"))
        saved = self.get(self.url(claim, "evidence", paper.id))
        self.assertTrue(saved.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(saved.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(saved.headers["X-Content-Type-Options"], "nosniff")
        staff = self.env["ir.attachment"].create(
            {"name": "x.svg", "raw": SVG, "res_model": claim._name, "res_id": claim.id, "mimetype": "image/svg+xml"}
        )
        for path in (
            self.url(other, "evidence", image.id),
            self.url(claim, "evidence", staff.id),
            self.url(claim, "message", staff.id),
            self.url(claim, "evidence", 10**9),
        ):
            with self.subTest(path=path):
                self.assertEqual(self.get(path).status_code, 303)
        self.assertEqual(
            self.get(f"/web/content/{staff.id}").status_code, 404, "what hangs on a claim isn't all theirs"
        )
        self.assertEqual(self.get(f"/web/content/{image.id}").status_code, 404)
        message = claim.with_user(self.flow.users["service"]).message_post(
            body="Read this",
            partner_ids=self.flow.franchisee.ids,
            attachments=[("page.html", HTML), ("letter.pdf", PDF)],
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )
        for file in message.attachment_ids:
            sent = self.get(self.url(claim, "message", file.id))
            self.assertEqual(sent.status_code, 200)
            self.assertEqual(
                sent.headers["Content-Disposition"].split(";")[0],
                "inline" if file.mimetype == "application/pdf" else "attachment",
            )
        for role in ("rival", "portal", "portal_supplier", None):
            with self.subTest(role=role):
                self.login(role)
                self.assertEqual(self.get(self.url(claim, "evidence", image.id)).status_code, 303)

    def test_strangers_see_no_difference_between_forbidden_and_missing(self):
        """R-H1: another franchisee, the supplier and a stranger get the same answer for a claim that is theirs not, or not at all."""
        claim = self.claim("submitted")
        for role in ("rival", "portal", "portal_supplier"):
            self.login(role)
            answers = {(reply.status_code, reply.headers["Location"]) for reply in (
                self.get(self.url(claim)), self.get(f"{LIST}/{10**8}")
            )}  # fmt: skip
            self.assertEqual(len(answers), 1)
            token = self.csrf("/my/disputes/new") if role == "portal_supplier" else self.csrf("/my/account")
            for step, data in (
                ("evidence", {"type_id": kind(self.flow, "problem_record").id, "text": "x"}),
                ("message", {"body": "x"}),
                ("reopen", {"reason": "x"}),
                ("rate", {"stars": "1"}),
            ):
                with self.subTest(role=role, step=step):
                    reply = self.url_open(
                        self.url(claim, step), data={"csrf_token": token, **data}, allow_redirects=False
                    )
                    self.assertEqual((reply.status_code, reply.headers["Location"]), answers.copy().pop())
            self.assertNotIn(claim.name, self.get(LIST).text)
        self.assertFalse(claim.evidence_ids.filtered("text") or claim.reopen_request or claim.rating_ids)
        self.login("service")
        self.assertEqual(self.get(self.url(claim)).status_code, 303, "staff have the claim's form")
        self.login("portal_franchisee")
        draft = self.claim()
        self.assertEqual(self.get(self.url(draft)).status_code, 303, "what staff are entering isn't theirs to see yet")

    def test_nothing_changes_without_a_token_or_by_reading(self):
        """R-H1: POST needs its CSRF token, GET never changes anything."""
        claim = self.claim("submitted")
        self.get(self.url(claim))
        for step, data in (
            ("message", {"body": "unsigned"}),
            ("evidence", {"type_id": kind(self.flow, "problem_record").id, "text": "unsigned"}),
            ("reopen", {"reason": "unsigned"}),
            ("rate", {"stars": "5"}),
        ):
            with self.subTest(step=step):
                self.assertEqual(self.url_open(self.url(claim, step), data=data).status_code, 400)
                self.assertIn(self.get(self.url(claim, step), **data).status_code, (404, 405))
        before = (claim.write_date, claim.message_ids)
        for path in (LIST, self.url(claim), f"{LIST}?search=x&filterby=waiting", f"{LIST}/new"):
            self.get(path)
        self.env.invalidate_all()
        self.assertEqual((claim.write_date, claim.message_ids), before)

    def test_messages_reach_the_responsible_person_only(self):
        """R-D11: what the franchisee writes reaches whoever is responsible, and no supplier that follows the claim."""
        claim = self.claim("submitted")
        claim.user_id = self.flow.users["service2"]
        claim.message_subscribe(partner_ids=self.flow.supplier.ids)
        self.assertEqual(self.act(claim, "message", {"body": "<b>Hello</b> 您好"}).status_code, 303)
        message = claim.message_ids[0]
        self.assertEqual(message.author_id, self.flow.users["portal_franchisee"].partner_id)
        self.assertIn("&lt;b&gt;Hello&lt;/b&gt; 您好", message.body)
        self.assertEqual(message.notified_partner_ids, self.flow.users["service2"].partner_id)
        self.assertIn("您好", self.get(self.url(claim)).text)
        self.assertIn("Write a message first.", self.act(claim, "message", {"body": "  "}).text)

    def closed(self):
        quiet = self.flow.partner("Quiet")
        self.flow.make_agreement(quiet, shares={"franchisor": 100})
        claim = self.claim("approved", supplier=quiet)
        self.resolutions.resolve(claim)
        claim.with_user(self.flow.users["service"])._tell("call", self.flow.today, "All is well")
        claim.with_user(self.flow.users["service"]).action_close()
        return claim

    def test_result_rating_and_taking_up_again(self):
        """R-D11: the result is told in words, rated once (changed by rating again), and taken up again on request."""
        claim = self.closed()
        page = self.get(self.url(claim)).text
        for text in ("Resolved", "Apology or Goodwill", "We told you the result", "How satisfied are you"):
            self.assertIn(text, page)
        self.assertNotIn("All is well", page, "what staff noted of the call is theirs")
        self.assertEqual(self.act(claim, "rate", {"stars": "3", "feedback": "Slow <i>"}).status_code, 303)
        self.assertEqual(self.act(claim, "rate", {"stars": "5", "feedback": "Fine after all"}).status_code, 303)
        rating = claim.rating_ids
        self.assertEqual((len(rating), rating.rating, rating.feedback), (1, 5, "Fine after all"))
        self.assertEqual(rating.partner_id.commercial_partner_id, self.flow.franchisee)
        for stars in ("", "0", "4", "99", "x"):
            self.assertIn("Choose how satisfied you are.", self.act(claim, "rate", {"stars": stars}).text)
        self.assertIn("Please say why", self.act(claim, "reopen", {"reason": " "}).text)
        self.assertEqual(self.act(claim, "reopen", {"reason": "It drips again"}).status_code, 303)
        self.assertEqual(claim.reopen_request, "It drips again")
        self.assertIn("you asked on", self.act(claim, "reopen", {"reason": "Hello?"}).text)
        self.assertIn("we shall answer", self.get(self.url(claim)).text)
        opened = self.claim("submitted")
        self.assertIn("not settled yet", self.act(opened, "rate", {"stars": "5"}).text)
        self.assertIn("is being worked on", self.act(opened, "reopen", {"reason": "x"}).text)

    def test_a_rejection_is_told_with_its_reason(self):
        """R-D6, R-D11: the franchisee reads why, and may ask to look again."""
        claim = self.claim("submitted")
        claim.reject_reason = "Wrong use <em>"
        claim.with_user(self.flow.users["service"]).action_reject()
        page = self.get(self.url(claim)).text
        for text in ("Not accepted", "Wrong use &lt;em&gt;", "Take it up again"):
            self.assertIn(text, page)

    def test_the_record_itself_gives_no_more_than_the_page(self):
        """R-H1: by RPC a portal user reads named fields of their own claims; no other field, message, file, line or method."""
        claim = self.claim("submitted")
        foreign = self.claim(
            "submitted",
            contract_id=self.env["franchise.contract"].search([("franchisee_id", "=", self.rival.id)]).id,
            outlet_id=self.env["franchise.outlet"].search([("franchisee_id", "=", self.rival.id)]).id,
        )
        secret = claim.with_user(self.flow.users["service"]).message_post(
            body="secret", subtype_xmlid="mail.mt_comment", message_type="comment"
        )

        def call(model, method, *args, **kwargs):
            return self.make_jsonrpc_request(
                f"/web/dataset/call_kw/{model}/{method}",
                {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
            )

        self.assertEqual(call("franchise.claim", "read", claim.ids, ["name", "state"])[0]["name"], claim.name)
        self.assertEqual(call("franchise.claim", "search", [("name", "=", foreign.name)]), [])
        named = type(claim)._portal_fields | {"id", "display_name"}
        closed = sorted(name for name in claim._fields if name not in named)
        for name in closed:
            with self.subTest(field=name), self.assertRaises(JsonRpcException):
                call("franchise.claim", "read", claim.ids, [name])
        refused = [
            ("franchise.claim", "write", claim.ids, {"description": "x"}),
            ("franchise.claim", "create", [{"description": "x"}]),
            ("franchise.claim", "unlink", claim.ids),
            ("franchise.claim", "read", foreign.ids, ["name"]),
            ("franchise.claim", "search", [("supplier_id.name", "ilike", "Supplier")]),
            ("franchise.claim", "formatted_read_group", [], ["supplier_id"], ["__count"]),
            ("franchise.claim", "message_post", claim.ids),
            ("franchise.claim", "action_close", claim.ids),
            ("franchise.claim", "action_cancel", claim.ids),
            ("franchise.claim", "_portal_rate", claim.ids, 5, "", 1),
            ("franchise.claim.line", "search_read", []),
            ("franchise.claim.clock", "search_read", []),
            ("franchise.claim.evidence", "search_read", []),
            ("franchise.claim.intake", "search_read", []),
            ("mail.message", "read", secret.ids, ["body"]),
        ]
        for model, method, *args in refused:
            with self.subTest(model=model, method=method), self.assertRaises(JsonRpcException):
                call(model, method, *args)
        self.assertEqual(
            call("mail.message", "search_read", [("res_id", "=", claim.id), ("model", "=", claim._name)], ["body"]), []
        )
        fetched = self.make_jsonrpc_request(
            "/mail/chatter_fetch", {"thread_model": claim._name, "thread_id": claim.id, "fetch_params": {}}
        )
        self.assertEqual(fetched["messages"], [])
        self.assertEqual(claim.state, "submitted")
