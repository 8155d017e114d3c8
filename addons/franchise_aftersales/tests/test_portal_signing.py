from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException

from odoo.addons.portal.controllers.portal import CustomerPortal

from .flow import Flow
from .flow_notice import make_contract, make_notice, make_terms, picture

PASSWORD = "portal-Password-1"
SVG = "PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+"


class PortalCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env
        cls.flow.franchisee.email = "franchisee@partner.example.com"
        make_terms(cls.flow, notice_days=10)
        for role in ("portal", "portal_franchisee", "portal_supplier", "contract", "service"):
            cls.flow.users[role].password = PASSWORD

    def notice(self, send=True, **values):
        notice = make_notice(self.flow, channel="mail", body="<p>Please read this</p>", **values)
        if send:
            notice.action_send()
        return notice.with_env(self.env)

    def contract(self, offer=True):
        contract = make_contract(self.flow)
        if offer:
            contract.with_user(self.flow.users["contract"]).action_offer()
        return contract

    def login(self, role):
        self.authenticate(self.flow.users[role].login if role else None, PASSWORD if role else None)

    def page(self, record, token=None, role=None, **query):
        """(status, text or bytes) of the record's page, redirects not followed."""
        self.login(role)
        params = {**({"access_token": token} if token is not None else {}), **query}
        return self.url_open(record.access_url, params=params, allow_redirects=False)

    def accept(self, record, token=None, role=None, name="Li Wei", signature=None):
        self.login(role)
        values = {"name": name, "signature": picture() if signature is None else signature}
        if token is not None:
            values["access_token"] = token
        return self.make_jsonrpc_request(f"{record.access_url}/accept", values)


@tagged("post_install", "-at_install")
class TestPortalNotice(PortalCase):
    """R-B2: acknowledgement in the portal by name, drawn signature, time and IP; nobody else gets in."""

    def test_the_partner_reads_and_acknowledges(self):
        notice = self.notice()
        response = self.page(notice, role="portal_franchisee")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Please read this", response.text)
        self.assertIn("portal.signature_form", response.text)
        self.assertTrue(notice.viewed_at)
        self.assertEqual(notice.delivered_on, self.flow.today, "a login of their own proves the delivery")
        letter = self.page(notice, role="portal_franchisee", report_type="pdf")
        self.assertEqual(letter.content, notice.archive_id.raw)
        answer = self.accept(notice, role="portal_franchisee")
        self.assertTrue(answer.get("force_refresh"), answer)
        self.assertEqual(
            (notice.state, notice.acknowledged_by, notice.acknowledge_method), ("acknowledged", "Li Wei", "portal")
        )
        self.assertTrue(notice.acknowledge_signature and notice.acknowledge_ip and notice.acknowledged_at)
        author = notice.message_ids.filtered(lambda message: "Acknowledged by" in (message.body or "")).author_id
        self.assertEqual(author, self.flow.users["portal_franchisee"].partner_id)
        again = self.accept(notice, role="portal_franchisee", name="Somebody Else")
        self.assertTrue(again.get("force_refresh"))
        self.assertEqual(notice.acknowledged_by, "Li Wei")
        self.assertIn("Thank you", self.page(notice, role="portal_franchisee", message="acknowledged").text)

    def test_the_link_of_the_mail_is_enough(self):
        notice = self.notice()
        token = notice.access_token
        self.assertEqual(self.page(notice, token=token).status_code, 200)
        self.assertFalse(notice.delivered_on, "a link can be opened by a mail scanner")
        self.assertTrue(self.accept(notice, token=token).get("force_refresh"))
        self.assertEqual(notice.state, "acknowledged")

    def test_strangers_wrong_tokens_and_guessed_ids_are_turned_away(self):
        notice = self.notice()
        other = self.notice()
        for role, token in (
            ("portal", None),
            ("portal", "wrong"),
            ("portal_supplier", None),
            (None, None),
            (None, ""),
            (None, "wrong"),
            (None, other.access_token),
        ):
            with self.subTest(role=role, token=token):
                self.assertEqual(self.page(notice, token=token, role=role).status_code, 303)
                self.assertEqual(self.page(notice, token=token, role=role, report_type="pdf").status_code, 303)
                self.assertIn("error", self.accept(notice, token=token, role=role))
        missing = self.env["franchise.notice"].browse(notice.id + 100000)
        self.assertEqual(self.page(missing, token="x").status_code, 303)
        self.assertIn("error", self.accept(missing, token="x"))
        self.assertEqual(notice.state, "sent")

    def test_a_draft_is_not_shown_and_bad_signatures_are_refused(self):
        draft = self.notice(send=False)
        token = draft._portal_ensure_token()
        self.assertEqual(self.page(draft, token=token).status_code, 303)
        self.assertIn("error", self.accept(draft, token=token))
        notice = self.notice()
        for name, signature in (
            ("", None),
            ("   ", None),
            ("x" * 500, None),
            ("Li", ""),
            ("Li", SVG),
            ("Li", "%%%"),
            (7, None),
        ):
            with self.subTest(name=name, signature=signature):
                answer = self.accept(notice, token=notice.access_token, name=name, signature=signature)
                self.assertIn("error", answer)
        self.assertIn("error", self.accept(notice, role="contract"), "our own people don't acknowledge")
        notice.action_revoke()
        self.assertIn("error", self.accept(notice, token=notice.access_token))
        self.assertEqual(notice.state, "revoked")

    def test_lists_and_cards_show_their_own_only(self):
        """R-B2: a supplier sees and acknowledges notices to them; each their own."""
        ours = self.notice(name="To the franchisee")
        self.flow.supplier.email = "supplier@partner.example.com"
        theirs = self.notice(name="To the supplier", kind="other", partner_id=self.flow.supplier.id, contract_id=False)
        self.login("portal_supplier")
        text = self.url_open("/my/franchise/notices").text
        self.assertIn("To the supplier", text)
        self.assertNotIn("To the franchisee", text)
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["franchise_notice_count", "franchise_notice_open_count"]}
        )
        self.assertEqual(counters, {"franchise_notice_count": 1, "franchise_notice_open_count": 1})
        waiting = "/my/franchise/notices?filterby=open"
        self.assertIn("To the supplier", self.url_open(waiting).text)
        self.assertTrue(self.accept(theirs, role="portal_supplier").get("force_refresh"))
        self.assertEqual((theirs.state, ours.state), ("acknowledged", "sent"))
        self.login("portal_supplier")
        self.assertNotIn("To the supplier", self.url_open(waiting).text, "nothing waits any more")
        self.assertIn("To the supplier", self.url_open("/my/franchise/notices?filterby=other").text)
        self.assertEqual(self.url_open("/my").status_code, 200)

    def test_a_long_list_has_pages_that_keep_the_filter(self):
        for index in range(3):
            self.notice(name=f"Letter {index}")
        self.login("portal_franchisee")
        with patch.object(CustomerPortal, "_items_per_page", 2):
            first = self.url_open("/my/franchise/notices?filterby=open").text
            second = self.url_open("/my/franchise/notices/page/2?filterby=open").text
            for page in ("x", "0", "99999999999"):
                with self.subTest(page=page):
                    self.assertIn("Letter 2", self.url_open(f"/my/franchise/notices?page={page}").text)
        self.assertIn("/my/franchise/notices/page/2?filterby=open", first)
        for index, text in ((2, first), (1, first), (0, second)):
            with self.subTest(letter=index):
                self.assertEqual(
                    (f"Letter {index}" in first, f"Letter {index}" in second), (text is first, text is second)
                )

    def test_internal_fields_stay_internal(self):
        """What a portal user may read by RPC of their own notice is a list of fields; the rest is refused."""
        notice = self.notice()
        self.login("portal_franchisee")
        call = "/web/dataset/call_kw/franchise.notice/read"

        def read(*names):
            params = {"model": "franchise.notice", "method": "read", "args": [[notice.id], list(names)], "kwargs": {}}
            return self.make_jsonrpc_request(call, params)

        self.assertEqual(read("name")[0]["name"], notice.name)
        for name in ("user_id", "access_token", "sent_by_id", "acknowledge_ip", "message_ids", "shortening_reason"):
            with self.subTest(field=name), self.assertRaises(JsonRpcException):
                read(name)


@tagged("post_install", "-at_install")
class TestPortalContract(PortalCase):
    """R-A11: both parties sign on the contract's page; wrong links, people, states and pictures are refused."""

    def test_both_parties_sign_in_the_portal(self):
        contract = self.contract()
        token = contract.access_token
        response = self.page(contract, token=token)
        self.assertEqual(response.status_code, 200)
        for text in (contract.name, "Notice Outlet", "Sign this contract", "Not signed yet", "portal.signature_form"):
            self.assertIn(text, response.text)
        self.assertTrue(self.accept(contract, token=token).get("force_refresh"))
        self.assertEqual(contract.state, "offered")
        self.assertEqual(contract.signature_ids.user_id, self.env.ref("base.public_user"))
        self.assertTrue(self.accept(contract, token=token, name="Somebody Else").get("force_refresh"))
        self.assertEqual(contract.signature_ids.mapped("name"), ["Li Wei"])
        self.assertIn("Sign this contract", self.page(contract, role="contract").text)
        self.assertTrue(self.accept(contract, role="contract", name="Head Office").get("force_refresh"))
        self.assertEqual(contract.state, "signed")
        by_party = {signature.party: signature for signature in contract.signature_ids}
        self.assertEqual(by_party["franchisor"].user_id, self.flow.users["contract"])
        self.assertTrue(by_party["franchisee"].ip)
        pdf = self.page(contract, role="portal_franchisee", report_type="pdf")
        self.assertEqual(pdf.content, contract.archive_id.raw)
        self.assertNotIn("Sign this contract", self.page(contract, token=token).text)

    def test_strangers_wrong_tokens_and_wrong_states_are_turned_away(self):
        contract, other = self.contract(), self.contract()
        for role, token in (
            ("portal", None),
            ("portal_supplier", "wrong"),
            (None, None),
            (None, ""),
            (None, other.access_token),
        ):
            with self.subTest(role=role, token=token):
                self.assertEqual(self.page(contract, token=token, role=role).status_code, 303)
                self.assertIn("error", self.accept(contract, token=token, role=role))
        self.assertIn("error", self.accept(contract, role="service"), "signing for us needs the role")
        for name, signature in (("", None), ("Li", SVG), ("Li", "")):
            self.assertIn("error", self.accept(contract, token=contract.access_token, name=name, signature=signature))
        draft = self.contract(offer=False)
        token = draft._portal_ensure_token()
        self.assertEqual(self.page(draft, token=token).status_code, 303)
        self.assertIn("error", self.accept(draft, token=token))
        contract.with_user(self.flow.users["contract"]).action_recall()
        self.assertIn("error", self.accept(contract, token=contract.access_token))
        self.assertFalse((contract | other | draft).signature_ids)

    def test_a_signature_that_is_refused_leaves_nothing(self):
        contract = self.contract()
        contract.outlet_ids.name = "Changed"
        answer = self.accept(contract, token=contract.access_token)
        self.assertIn("changed since", answer["error"])
        self.assertFalse(contract.signature_ids)

    def test_the_list_shows_their_own_only(self):
        contract = self.contract()
        draft = self.contract(offer=False)
        self.login("portal_franchisee")
        text = self.url_open("/my/franchise/contracts").text
        self.assertIn(contract.name, text)
        self.assertIn(self.flow.contract.name, text)
        self.assertNotIn(draft.name, text)
        self.login("portal")
        self.assertNotIn(contract.name, self.url_open("/my/franchise/contracts").text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["franchise_contract_count"]})
        self.assertEqual(counters, {"franchise_contract_count": 0})
