import hashlib
import io
from datetime import timedelta

import pypdf
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .flow import FlowCase
from .flow_notice import acknowledge, make_file, make_notice, make_terms, picture


class NoticeCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.franchisee = cls.flow.franchisee
        cls.franchisee.email = "franchisee@partner.example.com"
        cls.terms = make_terms(cls.flow, notice_days=90, acknowledge_days=7, cure_days=30)
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.env["ir.module.module"]._load_module_terms(["franchise_aftersales"], ["zh_CN"])

    def notice(self, **values):
        return make_notice(self.flow, **values)

    def mails(self, notice):
        return self.env["mail.mail"].search([("model", "=", notice._name), ("res_id", "=", notice.id)], order="id")

    def pdf_text(self, attachment):
        pages = pypdf.PdfReader(io.BytesIO(attachment.raw)).pages
        return " ".join(" ".join(page.extract_text().split()) for page in pages)


@tagged("post_install", "-at_install")
class TestNotice(NoticeCase):
    """R-B2: written notice from a template, notice period, channel and delivery, acknowledgement, reminders."""

    def test_the_letter_comes_from_the_template_of_the_kind(self):
        """R-B2: termination date, reason, arrangements afterwards, what the other party must do."""
        notice = self.notice(
            kind="termination",
            reason="<p>Quality fell</p>",
            arrangements="<p>Claims go on</p>",
            demands="<p>Return the signs</p>",
        )
        self.assertEqual(notice.date_effective, self.flow.day(90))
        notice.action_write_text()
        day = fields.Date.to_string(notice.date_effective)
        for text in ("Quality fell", "Claims go on", "Return the signs", self.flow.contract.name, "within 7 days"):
            self.assertIn(text, notice.body)
        self.assertIn(day[:4], notice.body)
        self.assertIn(self.flow.contract.name, notice.name)
        kinds = {kind: self.notice(kind=kind).template_id for kind in ("termination", "default", "supplier", "renewal")}
        self.assertEqual(len(set(kinds.values())), 4)

    def test_sending_by_mail_queues_the_letter_with_a_link(self):
        """R-B2: the mail really stands in the queue, with the archived letter and the portal's link."""
        notice = self.notice(kind="termination", channel="mail", reason="<p>Quality fell</p>")
        notice.action_send()
        self.assertEqual((notice.state, notice.sent_by_id), ("sent", self.flow.users["contract"]))
        mail = self.mails(notice)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.franchisee)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.attachment_ids, notice.archive_id)
        self.assertIn(f"/my/franchise/notices/{notice.id}?access_token={notice.sudo().access_token}", mail.body_html)
        text = self.pdf_text(notice.archive_id)
        for expected in (self.flow.company.name, self.franchisee.name, "Quality fell", "Page 1 / 1", notice.name):
            self.assertIn(expected, text)
        self.assertNotIn("Draft", text)
        self.assertIn(notice.archive_sha256, notice.message_ids[0].body + notice.message_ids[1].body)

    def test_the_sent_letter_is_frozen(self):
        """R-B2: nobody changes or deletes the archived letter, the administrator neither; its SHA-256 proves it."""
        notice = self.notice(channel="hand", body="<p>Hello</p>")
        notice.action_send()
        letter = notice.archive_id
        self.assertEqual(notice.archive_sha256, hashlib.sha256(letter.raw).hexdigest())
        self.assertTrue(notice.archive_intact)
        self.env.invalidate_all()
        self.assertTrue(notice.with_context(bin_size=True).archive_intact, "read as the web client does")
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        for attachment in (letter.with_user(admin), letter.sudo()):
            for values in ({"raw": b"x"}, {"datas": "eA=="}, {"name": "x"}, {"res_id": 1}, {"franchise_frozen": False}):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    attachment.write(values)
            with self.assertRaises(UserError), self.env.cr.savepoint():
                attachment.unlink()
        # The web client draws and stores a thumbnail as soon as somebody opens the notice.
        letter.thumbnail = picture()
        self.assertTrue(notice.archive_intact)
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        printed = report._render_qweb_pdf("franchise_aftersales.action_report_notice", notice.ids)[0]
        self.assertIn("Hello", self.pdf_text(letter))
        self.assertEqual(printed, letter.raw, "the print is the archived letter, not a new one")
        with self.assertRaises(UserError):
            notice.body = "<p>Other</p>"

    def test_a_file_that_was_changed_behind_our_back_shows(self):
        notice = self.notice(channel="hand", body="<p>Hello</p>")
        notice.action_send()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s", [b"other", notice.archive_id.id]
        )
        self.env.invalidate_all()
        self.assertFalse(notice.archive_intact)

    def test_nobody_marks_files_as_evidence_by_hand(self):
        file = self.env["ir.attachment"].create({"name": "x", "raw": b"x", "franchise_frozen": True})
        self.assertFalse(file.franchise_frozen)
        with self.assertRaises(UserError):
            file.franchise_sha256 = "x"
        with self.assertRaises(UserError):
            file.with_context(franchise_moving=True).franchise_frozen = True

    def test_a_period_that_is_too_short_is_refused_with_the_earliest_date(self):
        """R-B2: notice period checked against the contract's terms in force."""
        notice = self.notice(kind="termination", date_effective=self.flow.day(89))
        self.assertEqual((notice.period_days, notice.earliest_date), (90, self.flow.day(90)))
        with self.assertRaisesRegex(UserError, f"90 days.*{self.flow.day(90)}"):
            notice.action_send()
        self.assertEqual(notice.state, "draft")
        notice.date_effective = self.flow.day(90)
        notice.action_send()
        self.assertEqual(notice.state, "sent")

    def test_a_shorter_period_needs_a_reason(self):
        notice = self.notice(kind="termination", date_effective=self.flow.day(5))
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            notice.shortening = "agreed"
            notice.flush_recordset()
        notice.write({"shortening": "agreed", "shortening_reason": "Letter of 1 June"})
        notice.action_send()
        self.assertIn("Letter of 1 June", "".join(notice.message_ids.mapped("body")))

    def test_the_terms_of_the_day_count(self):
        """R-B2: after an amendment its period holds, for a default the days to cure."""
        amendment = self.terms.copy({"date_from": self.flow.day(-1), "notice_days": 10, "cure_days": 3})
        amendment.action_confirm()
        self.assertEqual(self.notice(kind="termination").date_effective, self.flow.day(10))
        self.assertEqual(self.notice(kind="default").date_effective, self.flow.day(3))
        with self.assertRaises(UserError):
            self.notice(kind="default", date_effective=self.flow.day(2)).action_send()
        with self.assertRaises(UserError):
            self.notice(kind="other", date_effective=self.flow.day(-1)).action_send()

    def test_who_cannot_be_reached_is_not_written_to(self):
        stranger = self.flow.partner("Silent")
        self.assertEqual(self.notice(partner_id=stranger.id).channel, "post")
        for channel in ("mail", "portal"):
            with self.assertRaises(UserError):
                self.notice(partner_id=stranger.id, channel=channel).action_send()
        with self.assertRaisesRegex(UserError, "date of the termination"):
            self.notice(kind="termination", date_effective=False).action_send()

    def test_the_letter_is_in_the_partners_language(self):
        """R-B2: a Chinese partner gets a Chinese letter and mail, with fonts that show it."""
        self.franchisee.lang = "zh_CN"
        template = self.env.ref("franchise_aftersales.letter_termination")
        english = template.with_context(lang="en_US").body_html
        template.with_context(lang="zh_CN").body_html = english.replace("Yours faithfully,", "此致")
        notice = self.notice(kind="termination", channel="hand")
        notice.action_send()
        self.assertIn("此致", notice.body)
        self.assertIn("此致", self.pdf_text(notice.archive_id))
        pages = pypdf.PdfReader(io.BytesIO(notice.archive_id.raw)).pages
        fonts = [font.get_object()["/BaseFont"] for font in pages[0]["/Resources"]["/Font"].values()]
        self.assertTrue(any("CJK" in font for font in fonts))

    def test_delivery_is_recorded_with_its_proof(self):
        """R-B2: channel, tracking number, proof of delivery; the proof is evidence."""
        notice = self.notice(channel="post")
        with self.assertRaises(UserError):
            notice.action_record_delivery()
        notice.action_send()
        self.assertFalse(self.mails(notice) and notice.mail_id)
        proof = make_file(self.flow)
        dialogue = self.dialogue(notice, "delivery", day=self.flow.today, tracking_number="EM123")
        with self.assertRaises(UserError):
            dialogue.action_record()
        dialogue.file_ids = proof
        dialogue.action_record()
        self.assertEqual((notice.delivered_on, notice.tracking_number), (self.flow.today, "EM123"))
        self.assertEqual(notice.delivery_file_ids, proof)
        with self.assertRaises(UserError):
            proof.unlink()
        for day in (self.flow.day(-1), self.flow.day(1)):
            with self.assertRaises(UserError):
                notice._record_delivery(day)
        with self.assertRaises(AccessError):
            self.as_role(notice, "service").action_record_delivery()

    def dialogue(self, notice, what, **values):
        return notice.env["franchise.notice.record"].create({"notice_id": notice.id, "what": what, **values})

    def test_an_acknowledgement_on_paper_needs_its_copy_and_a_name(self):
        """R-B2: recorded paper: attachment, date, by whom; then frozen."""
        notice = self.notice(channel="hand")
        notice.action_send()
        self.assertEqual(notice.deadline_date, self.flow.day(7))
        self.assertEqual(notice.action_acknowledge()["res_model"], "franchise.notice.record")
        self.assertEqual(notice.state, "sent")
        copy = make_file(self.flow)
        dialogue = self.dialogue(notice, "acknowledgement", day=self.flow.today, file_ids=copy.ids)
        with self.assertRaises(UserError):
            dialogue.action_record()
        dialogue.name = "Li Wei"
        dialogue.action_record()
        self.assertEqual(
            (notice.state, notice.acknowledged_by, notice.acknowledge_method), ("acknowledged", "Li Wei", "paper")
        )
        self.assertFalse(notice.deadline_date)
        self.assertTrue(copy.franchise_frozen)
        with self.assertRaises(UserError):
            notice._acknowledge("Other", "paper", files=make_file(self.flow))
        other = self.notice(channel="hand")
        other.action_send()
        with self.assertRaises(AccessError):
            self.as_role(other, "service")._acknowledge("X", "paper", files=copy)
        with self.assertRaises(UserError):
            other._acknowledge("X", "paper", at=fields.Datetime.now() + timedelta(days=1), files=make_file(self.flow))

    def test_somebody_elses_file_is_no_proof(self):
        notice = self.notice(channel="hand")
        notice.action_send()
        theirs = make_file(self.flow, user=self.flow.users["accountant"])
        with self.assertRaises(AccessError):
            notice._record_delivery(self.flow.today, theirs)

    def test_reminders_before_and_after_then_escalation(self):
        """R-B2: a reminder before and after the day, once each; the escalation goes to the manager named."""
        manager = self.flow.users["manager"]
        self.flow.company.franchise_escalation_user_id = manager
        notice = self.notice(channel="mail")
        notice.action_send()
        run = self.env["franchise.notice"]._run_deadlines
        run(today=self.flow.day(1), commit=False)
        self.assertEqual(notice.reminder_count, 0)
        for _again in range(2):
            run(today=self.flow.day(5), commit=False)
            self.assertEqual(notice.reminder_count, 1)
        self.assertEqual(notice.activity_ids.user_id, self.flow.users["contract"])
        for _again in range(2):
            run(today=self.flow.day(8), commit=False)
            self.assertEqual(notice.reminder_count, 2)
        self.assertIn(manager, notice.activity_ids.user_id)
        self.assertEqual(len(self.mails(notice)), 3)
        acknowledge(notice)
        run(today=self.flow.day(20), commit=False)
        self.assertEqual(notice.reminder_count, 2)
        self.assertFalse(notice.activity_ids)

    def test_a_partner_without_an_address_leaves_the_activity(self):
        notice = self.notice(partner_id=self.flow.partner("Silent").id, channel="hand")
        notice.action_send()
        self.env["franchise.notice"]._run_deadlines(today=self.flow.day(8), commit=False)
        self.assertEqual(notice.reminder_count, 0)
        self.assertTrue(notice.activity_ids)

    def test_deemed_received_is_off_until_the_company_turns_it_on(self):
        """R-B2: legal rule configurable: after N days a delivered notice counts as received; off by default."""
        plain = self.notice(channel="hand")
        plain.action_send()
        plain._record_delivery(self.flow.today)
        self.assertFalse(plain.deemed_received_on)
        self.flow.company.franchise_deemed_received_days = 5
        self.assertFalse(plain.deemed_received_on, "the rule of the day of sending holds")
        notice = self.notice(channel="hand")
        notice.action_send()
        self.assertFalse(notice.deemed_received)
        notice._record_delivery(self.flow.today)
        self.assertEqual(notice.deemed_received_on, self.flow.day(5))
        self.assertFalse(notice._is_received())
        notice._trusted().delivered_on = self.flow.day(-5)
        self.assertTrue(notice._is_received())
        notices = plain | notice
        search = self.env["franchise.notice"].search
        self.assertEqual(search([("id", "in", notices.ids), ("deemed_received", "=", True)]), notice)
        self.assertEqual(search([("id", "in", notices.ids), ("deemed_received", "=", False)]), plain)
        self.env["franchise.notice"]._run_deadlines(today=self.flow.day(8), commit=False)
        self.assertIn("Counts as received", "".join(notice.message_ids.mapped("body")))

    def test_taking_back_tells_the_partner(self):
        notice = self.notice(channel="mail")
        notice.action_send()
        notice.action_send_again()
        self.assertEqual(len(self.mails(notice)), 2)
        notice.action_revoke()
        self.assertIn("take our notice back", self.mails(notice)[-1].body_html)
        with self.assertRaises(UserError):
            notice.action_send_again()

    def test_reminders_cost_the_same_for_many(self):
        """Terms of a list of notices are looked up once, not by notice."""
        notices = self.env["franchise.notice"].create(
            [
                {
                    "name": f"N{number}",
                    "kind": "termination",
                    "contract_id": self.flow.contract.id,
                    "company_id": self.flow.company.id,
                    "partner_id": self.franchisee.id,
                }
                for number in range(50)
            ]
        )
        self.env.flush_all()
        counts = []
        for group in (notices[:5], notices):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            group.mapped("earliest_date")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
