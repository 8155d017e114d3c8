from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .flow import FlowCase
from .flow_notice import make_notice, make_terms

RENDER = "odoo.addons.base.models.ir_actions_report.IrActionsReport._render_qweb_pdf"


@tagged("post_install", "-at_install")
class TestArchivePrint(FlowCase):
    """R-B2, R-H6: what can't be printed isn't sent, except while the demo story is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.franchisee.email = "franchisee@partner.example.com"
        make_terms(cls.flow, notice_days=90, acknowledge_days=7, cure_days=30)

    def broken_printer(self):
        return patch(RENDER, side_effect=UserError("Unable to find Wkhtmltopdf on this system."))

    def test_a_letter_that_can_not_be_printed_is_not_sent(self):
        notice = make_notice(self.flow)
        with self.broken_printer(), self.assertRaisesRegex(UserError, "Wkhtmltopdf"), self.env.cr.savepoint():
            notice.action_send()
        self.assertEqual((notice.state, notice.archive_id.id), ("draft", False))

    def test_an_empty_print_is_no_letter(self):
        notice = make_notice(self.flow)
        with patch(RENDER, return_value=(b"", "pdf")), self.assertRaisesRegex(UserError, "gave an empty one"):
            notice.action_send()

    def test_while_modules_are_installed_the_story_goes_on_without_the_file(self):
        notice = make_notice(self.flow)
        self.patch(self.env.registry, "ready", False)
        with self.broken_printer(), self.assertLogs("odoo.addons.franchise_aftersales", "WARNING") as said:
            notice.action_send()
        self.assertEqual((notice.state, notice.archive_id.id, notice.archive_sha256), ("sent", False, False))
        self.assertIn("can't be printed", said.output[0])
        self.assertIn("SHA-256 of the letter: not printed", "".join(notice.message_ids.mapped("body")))
