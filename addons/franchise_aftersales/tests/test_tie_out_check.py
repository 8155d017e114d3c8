from odoo.service.model import call_kw
from odoo.tests import tagged

from .flow import FlowCase

# Behind the model's back: a kind of finding, and how it comes about.
LOOSE = {
    "no_line": "UPDATE franchise_claim_recovery_line SET is_settled = TRUE WHERE id = %(free)s",
    "not_flagged": "UPDATE franchise_claim_recovery_line SET is_settled = FALSE WHERE id = %(source)s",
    "stray_entry": "UPDATE account_move SET franchise_settlement_id = %(confirmed)s WHERE id = %(move)s",
}


@tagged("post_install", "-at_install")
class TestTieOutCheck(FlowCase):
    """R-E6: a scheduled check per company and currency says whether everything ties out, and if not, where."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checks = cls.env["franchise.tie.out.check"]
        cls.posted = cls.flow.settlement(state="posted")
        cls.confirmed = cls.flow.settlement(state="confirmed")
        cls.yen = cls.flow.active_currency(cls.env, "JPY")
        supplier = cls.flow.partner("Yen")
        cls.flow.make_agreement(supplier, cls.yen)
        cls.flow.make_endpoint(supplier, "yen")
        bill = cls.flow.bill((777.0,), supplier=supplier, currency=cls.yen)
        claim = cls.flow.claim([("goods", bill[0], 101.0)], "approved", supplier=supplier)
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        cls.flow.receive(cls.flow.answer(recovery), endpoint=cls.flow.message(recovery).endpoint_id)
        cls.in_yen = cls.flow.generate()
        cls.in_yen.with_user(cls.flow.users["finance"]).action_confirm()
        cls.free = cls.flow.recovery(50.0).line_ids

    def check(self):
        """{currency: check} of our company, read anew."""
        self.env.flush_all()
        self.env.invalidate_all()
        return {check.currency_id: check for check in self.checks._check(self.flow.company)}

    def test_one_line_a_company_and_currency(self):
        """R-E6: sums per currency, never added up over currencies."""
        found = self.check()
        self.assertEqual(set(found), {self.flow.currency, self.yen})
        own = found[self.flow.currency]
        self.assertTrue(own.is_tied and found[self.yen].is_tied)
        amount = self.posted.amount_total + self.confirmed.amount_total
        self.assertEqual((own.settlement_count, own.lines_total, own.sources_total), (2, amount, amount))
        self.assertEqual(own.ledger_total, self.posted.amount_total)
        self.assertEqual(found[self.yen].lines_total, self.in_yen.amount_total)

    def test_what_differs_is_named(self):
        """R-E6: which settlement, in which figure, by how much; a check of the other currency is untouched."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE franchise_settlement_line SET amount = amount + 1 WHERE settlement_id = %s", [self.in_yen.id]
        )
        found = self.check()
        bad = found[self.yen]
        self.assertFalse(bad.is_tied)
        self.assertTrue(found[self.flow.currency].is_tied)
        [finding] = bad.finding_ids
        self.assertEqual((finding.kind, finding.res_id, finding.difference), ("figures", self.in_yen.id, 1.0))
        self.assertEqual(finding.lines_total - finding.sources_total, 1.0)
        self.assertEqual(finding.action_open()["res_id"], self.in_yen.id)

    def test_loose_ends(self):
        """R-E6: what no settlement shows is found as well, of each kind."""
        line = self.posted.line_ids[0]
        values = {
            "free": self.free[0].id,
            "source": line.source_id,
            "confirmed": self.confirmed.id,
            "move": self.posted.move_id.id,
        }
        places = {"no_line": self.free[0].id, "not_flagged": line.source_id, "stray_entry": self.posted.move_id.id}
        for kind, statement in LOOSE.items():
            with self.subTest(kind), self.env.cr.savepoint() as savepoint:
                self.env.flush_all()
                self.env.cr.execute(statement, values)
                findings = self.check()[self.flow.currency].finding_ids
                self.assertIn((kind, places[kind]), findings.mapped(lambda found: (found.kind, found.res_id)))
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
        self.assertTrue(self.check()[self.flow.currency].is_tied)

    def test_who_answers_for_the_books_is_told(self):
        """R-E6: at night, and only when something differs."""
        todo = [("res_model", "=", "franchise.tie.out.check")]
        self.checks._cron_check()
        mine = self.checks.search([("company_id", "=", self.flow.company.id)])
        self.assertFalse(mine.activity_ids)
        self.env.cr.execute("UPDATE franchise_settlement SET amount_total = 1 WHERE id = %s", [self.posted.id])
        self.env.invalidate_all()
        self.checks._cron_check()
        bad = self.checks.search([("company_id", "=", self.flow.company.id), ("is_tied", "=", False)])
        self.assertEqual(len(bad), 1)
        users = bad.activity_ids.user_id
        self.assertIn(self.flow.users["finance"], users)
        self.assertNotIn(self.flow.users["service"], users)
        self.assertNotIn(self.flow.users["portal"], users)
        self.assertTrue(self.env["mail.activity"].search_count(todo))

    def test_on_demand_for_who_may_see_it(self):
        # As the list's button calls it, which stands above no record.
        action = call_kw(self.checks.with_user(self.flow.users["accountant"]), "action_check", [[]], {})
        shown = self.checks.with_user(self.flow.users["accountant"]).search(action["domain"])
        self.assertEqual(shown.company_id, self.flow.company)
        self.assertFalse(self.checks.with_user(self.flow.users["service"]).has_access("read"))

    def test_old_checks_go(self):
        old = self.check()[self.yen]
        self.env.cr.execute(
            "UPDATE franchise_tie_out_check SET checked_at = checked_at - interval '401 days' WHERE id = %s", [old.id]
        )
        self.env.invalidate_all()
        self.checks._cron_check()
        self.assertFalse(old.exists())
