from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.notice.mail_message import without_tokens
from .flow import FlowCase
from .flow_notice import make_contract, make_notice, make_terms


@tagged("post_install", "-at_install")
class TestPortalLinks(FlowCase):
    """R-A11, R-B2, R-H5: the link that signs for the other party goes out by mail and is not shown in the chatter."""

    def setUp(self):
        super().setUp()
        self.flow.franchisee.email = "franchisee@partner.example.com"

    def check(self, document):
        """The mail carries the token; what any colleague reads of it carries the link alone."""
        token = document.sudo().access_token
        self.assertTrue(token)
        link = f"/my/franchise/{'notices' if document._name == 'franchise.notice' else 'contracts'}/{document.id}"
        mails = self.env["mail.mail"].sudo().search([("model", "=", document._name), ("res_id", "=", document.id)])
        self.assertTrue(mails)
        for mail in mails:
            if link in mail.body_html:
                self.assertIn(f"{link}?access_token={token}", mail.body_html)
        for role in ("contract", "service", "manager"):
            mine = document.with_user(self.flow.users[role])
            bodies = "".join(mine.message_ids.mapped("body"))
            self.assertIn(f'{link}"', bodies, "the link itself stays")
            self.assertNotIn(token, bodies)
            with self.subTest(role=role), mute_logger("odoo.models"), self.assertRaises(AccessError):
                mails.with_user(self.flow.users[role]).read(["body_html"])

    def test_an_offered_contract(self):
        contract = make_contract(self.flow)
        contract.with_user(self.flow.users["contract"]).action_offer()
        self.check(contract)

    def test_a_notice_its_reminder_and_its_repetition(self):
        make_terms(self.flow, acknowledge_days=7)
        notice = make_notice(self.flow, reason="<p>We move</p>", channel="mail")
        notice.action_send()
        notice._remind()
        notice.action_send_again()
        self.check(notice)
        self.assertEqual(len(notice.message_ids.filtered(lambda row: row.message_type == "email_outgoing")), 3)

    def test_an_answer_that_quotes_the_letter(self):
        notice = make_notice(self.flow, reason="<p>We move</p>", channel="mail")
        notice.action_send()
        url = notice.sudo().get_portal_url()
        message = notice.sudo().message_post(body=f"Thanks! > http://x{url}", message_type="email")
        self.assertNotIn(notice.sudo().access_token, message.body)
        self.assertIn("Thanks!", message.body)

    def test_only_tokens_are_taken_out(self):
        for before, after in (
            ('<a href="/my/x/1?access_token=ab-1">x</a>', '<a href="/my/x/1">x</a>'),
            ('<a href="/my/x/1?access_token=ab-1&amp;page=2#a">x</a>', '<a href="/my/x/1?page=2#a">x</a>'),
            ('<a href="/my/x/1?page=2&amp;access_token=ab-1">x</a>', '<a href="/my/x/1?page=2">x</a>'),
            ('<a href="/my/x/1?page=2&access_token=ab&b=1">x</a>', '<a href="/my/x/1?page=2&b=1">x</a>'),
            ('<a href="/rate/0123456789abcdef0123/5">x</a>', '<a href="/rate/5">x</a>'),
            ("<p>no link, 100% access</p>", "<p>no link, 100% access</p>"),
        ):
            with self.subTest(before=before):
                self.assertEqual(without_tokens(before), after)
