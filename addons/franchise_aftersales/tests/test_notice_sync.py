import json
from unittest.mock import patch

from odoo.exceptions import ConcurrencyError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .outbox_case import OutboxCase


def notice_of(flow, supplier=None, **values):
    """A draft notice to a supplier about the end of the flow's contract."""
    return flow.env["franchise.notice"].create(
        {
            "name": "End of the franchise contract 特许合同终止",
            "kind": "supplier",
            "company_id": flow.company.id,
            "contract_id": flow.contract.id,
            "agreement_id": flow.agreement.id,
            "partner_id": (supplier or flow.supplier).id,
            "date_effective": flow.day(90),
            "supplier_decision": "end",
            "run_off_until": flow.day(270),
            "body": "<p>The contract <b>ends</b> &amp; goods sold before are served.</p>",
            **values,
        }
    )


class NoticeCase(OutboxCase):
    def sent(self, **values):
        notice = notice_of(self.flow, **values)
        notice.with_user(self.flow.users["contract"]).action_send()
        return notice

    def told(self, document):
        return self.env["franchise.sync.message"].search(
            [("res_model", "=", document._name), ("res_id", "=", document.id)], order="seq"
        )

    def answer_to(self, message, state="acknowledged", uid="answer-1"):
        [reply] = self.flow.api().receive(
            self.flow.endpoint.code,
            [{"message_id": uid, "uuid": message.uuid, "state": state, "currency": "", "amount": ""}],
        )
        return reply


@tagged("post_install", "-at_install")
class TestNoticeSync(NoticeCase):
    """R-B4, R-G1: suppliers with a system learn of a termination through the outbox, and delivery is the proof."""

    def test_sending_writes_one_message_that_says_everything(self):
        notice = self.sent()
        message = self.told(notice)
        payload = json.loads(message.payload)
        self.assertEqual((message.kind, message.state, message.awaits_answer), ("termination_notice", "pending", False))
        self.assertEqual(payload["status"], "given")
        self.assertEqual(payload["ends_on"], str(self.flow.day(90)))
        self.assertEqual(payload["run_off_until"], str(self.flow.day(270)))
        self.assertEqual(payload["agreement"], {"number": self.flow.agreement.name, "decision": "end"})
        self.assertEqual(payload["decision_text"], "Ends")
        self.assertEqual(payload["contract"]["number"], self.flow.contract.name)
        self.assertEqual(payload["outlets"], [{"code": self.flow.outlet.code, "name": "Outlet"}])
        self.assertNotIn("<", payload["text"])
        self.assertIn("& goods sold before", payload["text"])
        self.assertEqual(notice.sync_state, "pending")

    def test_who_has_no_system_and_other_kinds_get_no_row(self):
        self.assertFalse(self.told(self.sent(partner_id=self.flow.partner("No system").id)))
        self.assertFalse(self.told(self.sent(kind="other")))

    def test_nothing_is_sent_for_what_was_rolled_back(self):
        notice = notice_of(self.flow)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            notice.with_user(self.flow.users["contract"]).action_send()
            self.assertEqual(len(self.told(notice)), 1)
            raise ZeroDivisionError
        self.assertFalse(self.told(notice))
        self.assertEqual(notice.state, "draft")

    def test_delivery_dates_the_notice_once(self):
        notice = self.sent()
        self.flow.finish(self.flow.lease())
        self.assertEqual((notice.delivered_on, notice.state, notice.sync_state), (self.flow.today, "sent", "delivered"))
        self.assertIn("The supplier's system has the notice", notice.message_ids[0].body)
        noted = len(notice.message_ids)
        notice.sudo()._sync_on_delivered()
        self.assertEqual(len(notice.message_ids), noted)

    def test_what_is_only_told_owes_no_answer(self):
        """The worker doesn't go on asking for it, and the monitor doesn't count it."""
        self.sent()
        self.flow.finish(self.flow.lease())
        own = [row for row in self.flow.api().pending() if row["code"] == self.flow.endpoint.code]
        self.assertEqual([row["awaiting_answer"] for row in own], [0])
        status = [row for row in self.flow.api().status()["endpoints"] if row["code"] == self.flow.endpoint.code]
        self.assertEqual([(row["delivered"], row["awaiting_answer"]) for row in status], [(1, 0)])
        [row] = self.flow.api().reconcile_page(self.flow.endpoint.code)["rows"]
        self.assertEqual((row["answer_state"], row["amount"]), ("sent", ""))

    def test_an_acknowledgement_moves_it_once(self):
        notice = self.sent()
        self.flow.finish(self.flow.lease())
        message = self.told(notice)
        self.assertEqual(self.answer_to(message)["status"], "applied")
        self.assertEqual((notice.state, notice.acknowledge_method), ("acknowledged", "system"))
        self.assertEqual(notice.acknowledged_by, self.flow.supplier.display_name)
        self.assertEqual(self.answer_to(message)["status"], "duplicate")
        self.assertEqual(self.answer_to(message, uid="answer-2")["status"], "applied")
        self.assertEqual(notice.state, "acknowledged")

    def test_an_acknowledgement_before_our_delivery_is_recorded_counts(self):
        notice = self.sent()
        self.answer_to(self.told(notice))
        self.assertEqual((notice.state, notice.delivered_on), ("acknowledged", self.flow.today))

    def test_any_other_answer_is_refused_with_a_sentence(self):
        message = self.told(self.sent())
        for state in ("accepted", "rejected", "disputed"):
            with self.subTest(state):
                reply = self.answer_to(message, state, uid=state)
                self.assertEqual(reply["status"], "refused")
                self.assertIn("can be acknowledged, neither accepted nor refused", reply["reason"])

    def test_taking_it_back_is_told_after_it_under_a_key_of_its_own(self):
        notice = self.sent()
        notice.sudo()._move("revoke")
        first, second = self.told(notice)
        self.assertEqual(
            [(m.seq, m.revision, json.loads(m.payload)["status"]) for m in first + second],
            [(1, 1, "given"), (2, 2, "withdrawn")],
        )
        self.assertNotEqual(first.uuid, second.uuid)
        self.answer_to(first)
        self.assertEqual(notice.state, "revoked")

    def test_taking_back_what_nobody_was_told_tells_nothing(self):
        self.flow.endpoint.active = False
        notice = self.sent()
        self.flow.endpoint.active = True
        notice.sudo()._move("revoke")
        self.assertFalse(self.told(notice))

    def test_notices_and_amendments_of_an_agreement_go_in_order(self):
        """R-G4: one line per agreement; a replay keeps the key and the place."""
        notice = self.sent()
        version = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(1))
        version.with_user(self.flow.users["contract"]).action_confirm()
        first, second = self.told(notice), self.told(version)
        self.assertEqual(first.aggregate, second.aggregate)
        self.assertEqual((first.seq, second.seq), (1, 2))
        reply = self.flow.lease()
        self.assertEqual([message["id"] for message in reply["messages"]], first.ids)
        self.flow.finish(reply, "unknown")
        self.assertEqual(self.leased(), [])
        key = first.uuid
        first.with_user(self.flow.users["operator"]).action_replay()
        reply = self.flow.lease()
        self.assertEqual([message["uuid"] for message in reply["messages"]], [key])
        self.flow.finish(reply)
        self.assertEqual(self.leased(), second.ids)

    def test_what_the_supplier_reads_is_frozen_when_sent(self):
        notice = self.sent()
        for name, value in (
            ("supplier_decision", "keep"),
            ("run_off_until", "2030-01-01"),
            ("delivered_on", "2030-01-01"),
        ):
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                notice.with_user(self.flow.users["contract"]).write({name: value})

    def test_many_notices_are_told_in_few_queries(self):
        def tell(number):
            notices = self.env["franchise.notice"].union(*(notice_of(self.flow) for _ in range(number)))
            return self.count_queries(lambda: notices._sync_emit("termination_notice"))[0]

        tell(1)  # warm caches
        self.assertEqual(tell(12), tell(3))


@tagged("post_install", "-at_install")
class TestAgreementSync(NoticeCase):
    """R-C6, R-G1: a confirmed amendment of an active agreement is told with what it changes."""

    def amended(self, **values):
        version = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(1), **values)
        version.with_user(self.flow.users["contract"]).action_confirm()
        return version

    def test_an_amendment_says_number_dates_and_changes(self):
        version = self.amended(
            warranty_months=12,
            claim_ceiling=5000,
            shares={"supplier": 100},
            amendment_reason="Agreed in writing 书面同意",
        )
        message = self.told(version)
        payload = json.loads(message.payload)
        self.assertEqual((message.kind, message.revision, message.awaits_answer), ("agreement_amended", 1, False))
        self.assertEqual(payload["agreement"], {"number": self.flow.agreement.name, "version": 2})
        self.assertEqual((payload["date_from"], payload["date_to"]), (str(self.flow.day(1)), ""))
        self.assertEqual(payload["reason"], "Agreed in writing 书面同意")
        changes = "\n".join(payload["changes"])
        self.assertIn("Warranty Months: 24 → 12", changes)
        self.assertRegex(changes, r"Ceiling per Claim: .*0\.00.* → .*5,?000\.00")
        self.assertRegex(changes, r"Liability Matrix.*80(.|\n)* → .*100")
        self.assertNotIn("Claim Window", changes)

    def test_first_terms_and_drafts_tell_nothing(self):
        self.assertFalse(self.told(self.flow.version))
        self.assertFalse(self.told(self.flow.make_version(self.flow.agreement, date_from=self.flow.day(1))))
        other = self.flow.make_agreement(self.flow.supplier, activate=False, currency=self.env.ref("base.USD"))
        self.assertFalse(self.told(other.version_ids))

    def test_a_supplier_without_a_system_is_not_told(self):
        supplier = self.flow.partner("No system")
        agreement = self.flow.make_agreement(supplier)
        version = self.flow.make_version(agreement, date_from=self.flow.day(1))
        version.action_confirm()
        self.assertFalse(self.told(version))
        self.assertEqual(version.sync_state, "none")

    def test_nothing_is_sent_for_a_confirmation_that_was_rolled_back(self):
        version = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(1))
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            version.action_confirm()
            self.assertEqual(len(self.told(version)), 1)
            raise ZeroDivisionError
        self.assertFalse(self.told(version))

    def test_delivery_is_dated_and_told_on_the_agreement_once(self):
        version = self.amended()
        self.flow.finish(self.flow.lease())
        self.assertEqual(version.delivered_on, self.flow.today)
        self.assertIn("version 2", self.flow.agreement.message_ids[0].body)
        noted = len(self.flow.agreement.message_ids)
        self.assertEqual(self.answer_to(self.told(version))["status"], "applied")
        self.assertEqual(len(self.flow.agreement.message_ids), noted)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            version.write({"delivered_on": "2030-01-01"})

    def test_no_other_answer_is_taken(self):
        reply = self.answer_to(self.told(self.amended()), "rejected")
        self.assertEqual(reply["status"], "refused")
        self.assertIn("told for information", reply["reason"])

    def test_the_next_amendment_is_not_born_delivered(self):
        version = self.amended()
        self.flow.finish(self.flow.lease())
        self.assertFalse(version.copy({"date_from": self.flow.day(30)}).delivered_on)


@tagged("post_install", "-at_install")
class TestNoticeTogether(CommitCase):
    """R-G4: two people tell the same agreement's supplier at the same moment: both are told, in a line."""

    @classmethod
    def prepare(cls, flow):
        flow.notices = notice_of(flow) | notice_of(flow)

    def test_both_get_a_place_in_the_line(self):
        def send(number):
            return lambda env: self.world(env).notices[number].with_user(self.user_ids["contract"]).action_send()

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(send(0), send(1))
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        with self.transaction() as env:
            notices = self.world(env).notices
            messages = env["franchise.sync.message"].search([("res_model", "=", notices._name)], order="seq")
            self.assertEqual(messages.mapped("seq"), [1, 2])
            self.assertEqual(set(messages.mapped("res_id")), set(notices.ids))

    def test_a_lost_place_is_asked_again(self):
        """The unique index decides; Odoo repeats a request that ends in this error."""
        with self.transaction(commit=False) as env, mute_logger("odoo.sql_db"):
            notices = self.world(env).notices
            notices._sync_emit("termination_notice")
            message = env.registry["franchise.sync.message"]
            with patch.object(message, "_read_group", return_value=[]), self.assertRaises(ConcurrencyError):
                notices._sync_emit("termination_notice")
