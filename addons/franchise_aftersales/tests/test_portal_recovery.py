import base64

from odoo.tests import tagged

from .flow_evidence import PDF
from .flow_portal import RecoveryPortalCase


@tagged("post_install", "-at_install")
class TestPortalRecoveryAnswer(RecoveryPortalCase):
    """R-D9, R-D16: the liable party's own people see and answer what is demanded of it."""

    def test_card_list_and_page(self):
        recovery, other = self.demand(), self.flow.recovery()
        self.login("supplier")
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["franchise_recovery_count", "franchise_recovery_waiting_count"]}
        )
        self.assertEqual(counters, {"franchise_recovery_count": 1, "franchise_recovery_waiting_count": 1})
        listed = self.get().text
        self.assertIn(recovery.number, listed)
        self.assertNotIn(other.number, listed)
        page = self.get(recovery)
        self.assertEqual(page.status_code, 200)
        self.assertIn("your share 80 %", page.text)
        self.assertIn("¥", page.text)

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
        self.assertEqual(response.status_code, 303, response.text[-3000:])
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
