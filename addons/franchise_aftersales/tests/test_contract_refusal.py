from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_contract import amended, signed_contract
from .flow_notice import acknowledge
from .flow_renewal import received, refusal, refuse, today

AUTOMATIC = {"renewal_mode": "automatic", "renewal_months": 12, "notice_days": 90, "acknowledge_days": 9}


@tagged("post_install", "-at_install")
class TestRefusal(FlowCase):
    """R-A5: either party refuses the renewal by a written notice, in time by the contract's terms."""

    def contract(self, terms=None, **values):
        values = {"date_start": "2024-01-01", "date_end": "2026-12-31", **values}
        contract = signed_contract(self.flow, {**AUTOMATIC, **(terms or {})}, **values)
        return contract.with_user(self.flow.users["contract"])

    def recorded(self, contract):
        return (contract.renewal_refused_by, str(contract.renewal_refused_on), contract.renewal_refusal_reason)

    def test_our_notice_is_sent_from_its_template_and_acknowledged(self):
        """R-A5: kind, template in the partner's language, period, delivery and acknowledgement as with every notice."""
        contract = self.contract()
        self.env["res.lang"]._activate_lang("zh_CN")
        self.flow.franchisee.lang = "zh_CN"
        with today("2026-10-02"):
            notice = refusal(contract, channel="hand")
            self.assertEqual((notice.kind, str(notice.date_effective)), ("renewal", "2026-12-31"))
            self.assertEqual((notice.period_days, notice.acknowledge_days), (90, 9))
            self.assertEqual(notice.template_id, self.env.ref("franchise_aftersales.letter_renewal"))
            notice.action_send()
        self.assertEqual(notice.state, "sent")
        self.assertTrue(notice.archive_id, "the letter is kept")
        self.assertIn(contract.name, notice.body)
        self.assertEqual(self.recorded(contract), ("franchisor", "2026-10-02", "Too few sales"))
        self.assertEqual(contract.renewal_notice_id, notice)
        self.assertTrue(notice.deadline_date, "its acknowledgement is waited for")
        acknowledge(notice)
        self.assertEqual(notice.state, "acknowledged")
        self.env["franchise.contract"]._run_renewals(Date.to_date("2026-11-01"), commit=False)
        self.assertFalse(contract.successor_id)

    def test_a_late_notice_is_refused_unless_both_agree(self):
        """R-A5: the period is that of the terms in force on the last day."""
        contract = self.contract()
        amended(contract, "2026-07-01", notice_days=100)
        self.assertEqual(str(contract.deadline_date), "2026-09-22")
        with today("2026-09-23"):
            late = refusal(contract, channel="hand")
            self.assertEqual(late.period_days, 100)
            with self.assertRaisesRegex(UserError, "had to be given by 2026-09-22; 2026-09-23 is too late"):
                late.action_send()
            late.write({"shortening": "cause", "shortening_reason": "They owe us"})
            with self.assertRaisesRegex(UserError, "too late"):
                late.action_send()
            late.write({"shortening": "agreed", "shortening_reason": "Both want it, mail of yesterday"})
            late.action_send()
        self.assertEqual(str(contract.renewal_refused_on), "2026-09-23")

    def test_without_automatic_renewal_there_is_no_period(self):
        contract = self.contract({"renewal_mode": "agreement"})
        with today("2026-12-20"):
            notice = refusal(contract, channel="hand")
            self.assertFalse(notice.period_days)
            notice.action_send()
        self.assertEqual(self.recorded(contract)[0], "franchisor")

    def test_the_franchisees_notice_is_received_with_its_letter(self):
        """R-A5: the franchisee's notice is recorded with the day on which it reached us, and counts by that."""
        contract = self.contract()
        with today("2026-10-20"):
            notice = received(contract, "2026-10-03")
            with self.assertRaisesRegex(UserError, "2026-10-03 is too late"):
                notice.action_receive()
            notice.received_on = "2026-10-21"
            with self.assertRaisesRegex(UserError, "lies in the future"):
                notice.action_receive()
            notice.received_on = "2026-10-02"
            with self.assertRaisesRegex(UserError, "isn't sent, record it as received"):
                notice.action_send()
            files, notice.received_file_ids = notice.received_file_ids, False
            with self.assertRaisesRegex(UserError, "attach the letter"):
                notice.action_receive()
            notice.received_file_ids = files
            notice.action_receive()
        self.assertEqual((notice.state, notice._is_received()), ("received", True))
        self.assertEqual(self.recorded(contract), ("franchisee", "2026-10-02", "Too few sales"))
        self.assertTrue(files.franchise_frozen, "the letter is evidence")
        with self.assertRaises(UserError):
            notice.received_on = "2026-09-01"
        self.assertFalse(notice.sent_at)

    def test_what_we_give_is_not_received(self):
        contract = self.contract()
        with today("2026-10-01"), self.assertRaisesRegex(UserError, "no notice of the franchisee's"):
            refusal(contract, channel="hand").action_receive()

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_the_directions_apart(self):
        notice = received(self.contract(), "2026-10-01")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            notice._trusted().write({"kind": "other"})
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            notice._trusted().write({"state": "sent", "sent_at": "2026-01-01 00:00:00"})
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            notice._trusted().write({"state": "received", "received_on": False})

    def test_what_a_refusal_needs(self):
        contract, other = self.contract(), self.contract()
        with today("2026-10-01"):
            notice = refusal(contract, channel="hand", reason=False)
            with self.assertRaisesRegex(UserError, "say why the renewal is refused"):
                notice.action_send()
            notice.write({"reason": "<p>x</p>", "date_effective": "2026-11-30"})
            with self.assertRaisesRegex(UserError, "ends on its last day, 2026-12-31"):
                notice.action_send()
            notice.write({"date_effective": "2026-12-31", "partner_id": self.flow.supplier.id})
            with self.assertRaisesRegex(UserError, "and its franchisee"):
                notice.action_send()
            refuse(other, "2026-10-01")
            with self.assertRaisesRegex(UserError, "was refused on 2026-10-01"):
                other.action_refuse_renewal()
        with self.assertRaisesRegex(UserError, "isn't renewed by its terms"):
            self.contract({"renewal_mode": "none"}).action_refuse_renewal()

    def test_taking_it_back_lets_the_contract_be_renewed(self):
        contract = self.contract()
        notice = refuse(contract, "2026-10-02")
        self.assertFalse(contract.deadline_date)
        mails = self.env["mail.mail"].search_count([])
        contract.action_withdraw_refusal()
        self.assertEqual((notice.state, contract.renewal_refused_on), ("revoked", False))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails, "their own notice isn't taken back by our mail")
        self.assertTrue(contract.deadline_date)
        ours = refusal(contract, channel="hand")
        with today("2026-10-01"):
            ours.action_send()
        ours.action_revoke()
        self.assertFalse(contract.renewal_notice_id)
        with today("2026-10-01"):
            again = refuse(contract, "2026-10-01")
        contract.action_end()
        with self.assertRaisesRegex(UserError, "isn't running any more"):
            again.action_revoke()

    def test_roles(self):
        contract = self.contract()
        notice = received(contract, "2026-01-01")
        for role in ("service", "finance", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                notice.with_user(self.flow.users[role]).action_receive()
        with self.assertRaises(UserError):
            contract.renewal_notice_id = notice
