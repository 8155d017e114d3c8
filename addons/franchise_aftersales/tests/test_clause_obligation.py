from datetime import date

import psycopg2
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_clause import agreement_with, clause_values, signed_contract

SECRECY = {"name": "Keep secrets", "is_lasting": True, "every_months": 6}
MONTHLY = {"name": "Report sales", "anchor": "start", "every_months": 1}


class ObligationCase(FlowCase):
    def setUp(self):
        super().setUp()
        self.user = self.flow.users["contract"]

    def owed(self, document, name):
        """The document's obligation of that name, as the contract manager."""
        rows = document.obligation_ids.filtered(lambda row: row.name == name)
        return rows.with_user(self.user)


@tagged("post_install", "-at_install")
class TestObligation(ObligationCase):
    """R-A4, R-B9: what clauses make owed, its due days, repetitions and ends."""

    def test_the_signature_creates_what_is_counted_from_known_days(self):
        contract = signed_contract(
            self.flow,
            clause_values(
                duties=[
                    {"name": "training", "debtor": "franchisor", "offset_value": 30},
                    {"name": "first month", "anchor": "start", "offset_value": 1, "offset_unit": "months"},
                    {
                        "name": "talks",
                        "anchor": "end",
                        "offset_value": 6,
                        "offset_unit": "months",
                        "offset_side": "before",
                    },
                    {"name": "return", "anchor": "end", "offset_value": 15},
                    {"name": "fair", "anchor": "fixed", "date_fixed": "2026-10-01"},
                    {"name": "cure", "anchor": "notice", "offset_value": 30},
                    {"name": "accounts", "anchor": "termination", "offset_value": 10},
                ]
            ),
        )
        days = {row.name: row.date_due for row in contract.obligation_ids}
        self.assertEqual(
            days,
            {
                "training": date(2026, 2, 14),
                "first month": date(2026, 2, 28),
                "talks": date(2028, 2, 29),
                "fair": date(2026, 10, 1),
            },
        )
        training = self.owed(contract, "training")
        self.assertEqual(
            (training.debtor, training.partner_id, training.user_id, training.clause_id),
            ("franchisor", self.flow.franchisee, self.user, contract.clause_ids),
        )
        self.assertEqual(training.deadline_date, training.date_due)

    def test_who_is_responsible_is_the_dutys_or_the_documents(self):
        other = self.flow.users["service"]
        contract = signed_contract(self.flow, clause_values(duties=[{"name": "x", "user_id": other.id}]))
        self.assertEqual(contract.obligation_ids.user_id, other)

    def test_asked_twice_nothing_is_doubled(self):
        contract = signed_contract(self.flow, clause_values(duties=[{"anchor": "termination", "offset_value": 10}]))
        made = contract._create_obligations("termination", date(2026, 12, 31))
        self.assertEqual(made.date_due, date(2027, 1, 10))
        self.assertFalse(contract._create_obligations("termination", date(2026, 12, 31)))
        copied = made._trusted().copy_data()[0]
        values = {name: made[name].id for name in ("duty_id", "clause_id", "contract_id")}
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            made._trusted().create({**copied, **values, "anchor": "termination", "occurrence": 0})

    def test_the_next_repetition_follows_until_the_end(self):
        contract = signed_contract(self.flow, clause_values(duties=[MONTHLY]), date_end="2026-04-15")
        row = self.owed(contract, "Report sales")
        days = []
        while row:
            days.append(row.date_due.isoformat())
            row.action_fulfil()
            row = self.owed(contract, "Report sales").filtered(lambda duty: duty.state == "open")
            self.assertLessEqual(len(row), 1)
        self.assertEqual(days, ["2026-01-31", "2026-02-28", "2026-03-31"], "counted from the first; none after the end")

    def test_a_repetition_follows_a_breach_or_a_waiver_too_but_once(self):
        contract = signed_contract(self.flow, clause_values(duties=[MONTHLY]))
        row = self.owed(contract, "Report sales")
        row.breach_consequence = "Warned"
        row.action_breach()
        row.action_cure()
        row.action_fulfil()
        self.assertEqual(sorted(self.owed(contract, "Report sales").mapped("occurrence")), [0, 1])

    def test_lasting_duties_outlive_the_contract_by_the_clauses_rule(self):
        """R-B9: secrecy, non-compete, intellectual property and the return of materials after the end."""
        contract = signed_contract(
            self.flow,
            clause_values("1", duties=[{**SECRECY, "name": "with"}]),
            clause_values("2", duties=[SECRECY], end_rule="months_after", end_months=6),
            clause_values("3", duties=[{**SECRECY, "name": "marks"}], end_rule="forever"),
            clause_values("4", duties=[{"name": "return", "anchor": "end", "offset_value": 15}]),
            date_end=fields.Date.to_string(self.flow.day(100)),
        )
        ends = {row.name: row.date_end for row in contract.obligation_ids}
        end = contract.date_end
        self.assertEqual(ends, {"with": end, "Keep secrets": fields.Date.add(end, months=6), "marks": False})
        self.assertEqual(self.owed(contract, "Keep secrets").date_due, date(2026, 7, 15), "its first check")
        contract.with_user(self.user).action_end()  # earlier than planned
        today = self.flow.today
        self.assertEqual(self.owed(contract, "with").date_end, today)
        self.assertEqual(self.owed(contract, "Keep secrets").date_end, fields.Date.add(today, months=6))
        self.assertFalse(self.owed(contract, "marks").date_end)
        self.assertEqual(self.owed(contract, "return").date_due, self.flow.day(15))
        survive = contract.obligation_ids.filtered("survives")
        self.assertEqual(set(survive.mapped("name")), {"Keep secrets", "marks", "return"})
        with self.assertRaisesRegex(UserError, "still runs"):
            self.owed(contract, "Keep secrets").action_fulfil()
        self.owed(contract, "with")._trusted().write({"date_document_end": self.flow.day(-1)})
        self.owed(contract, "with").action_fulfil()

    def test_what_would_fall_due_after_the_end_lapses(self):
        contract = signed_contract(
            self.flow,
            clause_values("1", duties=[{"name": "later", "anchor": "fixed", "date_fixed": self.flow.day(50)}]),
            clause_values(
                "2",
                duties=[{"name": "after all", "anchor": "fixed", "date_fixed": self.flow.day(50)}],
                end_rule="forever",
            ),
        )
        contract.with_user(self.user).action_end()
        self.assertEqual(
            (self.owed(contract, "later").state, self.owed(contract, "later").waive_kind), ("waived", "ended")
        )
        self.assertEqual(self.owed(contract, "after all").state, "open")

    def test_a_withdrawn_end_is_taken_back_and_can_come_again(self):
        contract = signed_contract(
            self.flow,
            clause_values("1", duties=[{"name": "later", "anchor": "fixed", "date_fixed": self.flow.day(50)}]),
            clause_values("2", duties=[SECRECY, {"name": "accounts", "anchor": "termination"}]),
        )
        planned = self.owed(contract, "Keep secrets").date_end
        contract._create_obligations("termination", self.flow.today)
        self.assertEqual(self.owed(contract, "Keep secrets").date_end, self.flow.today)
        contract._withdraw_end()
        self.assertEqual(self.owed(contract, "later").state, "open")
        self.assertEqual(self.owed(contract, "Keep secrets").date_end, planned)
        accounts = self.owed(contract, "accounts")
        self.assertEqual((accounts.state, accounts.waive_kind), ("waived", "withdrawn"))
        with self.assertRaisesRegex(UserError, "stays waived"):
            accounts.action_reopen()
        contract._create_obligations("termination", self.flow.day(5))
        self.assertEqual(sorted(self.owed(contract, "accounts").mapped("state")), ["open", "waived"])

    def test_a_moved_end_moves_what_is_due_before_it(self):
        duty = {"name": "talks", "anchor": "end", "offset_value": 6, "offset_unit": "months", "offset_side": "before"}
        contract = signed_contract(self.flow, clause_values(duties=[duty, SECRECY]))
        contract._trusted().write({"date_end": "2030-08-31"})
        self.assertEqual(self.owed(contract, "talks").date_due, date(2030, 2, 28))
        self.assertEqual(self.owed(contract, "Keep secrets").date_end, date(2030, 8, 31))

    def test_an_amended_clause_replaces_its_obligations(self):
        contract = signed_contract(self.flow, clause_values(duties=[SECRECY, MONTHLY]))
        row = self.owed(contract, "Report sales")
        amendment = self.env["franchise.clause"].browse(contract.clause_ids.action_amend()["res_id"])
        amendment.duty_ids.filtered("is_lasting").every_months = 12
        amendment.date_from = "2026-05-10"
        amendment.with_user(self.user).action_confirm()
        secrets = {duty.state: duty for duty in self.owed(contract, "Keep secrets")}
        self.assertEqual(secrets["waived"].waive_kind, "replaced")
        self.assertEqual((secrets["open"].clause_id, secrets["open"].every_months), (amendment, 12))
        self.assertEqual(row.state, "open", "it fell due under the earlier text")
        new = self.owed(contract, "Report sales") - row
        self.assertEqual((new.date_due, new.occurrence), (date(2026, 5, 31), 4))

    def test_a_delivered_notice_starts_what_is_counted_from_it(self):
        duty = {"name": "cure", "anchor": "notice", "offset_value": 30, "notice_kind": "default"}
        contract = signed_contract(self.flow, clause_values(duties=[duty]))
        notices = self.env["franchise.notice"].create(
            [
                {
                    "name": kind,
                    "kind": kind,
                    "contract_id": contract.id,
                    "partner_id": self.flow.franchisee.id,
                    "company_id": self.flow.company.id,
                }
                for kind in ("default", "other", "default")
            ]
        )
        notices._trusted().write({"delivered_on": self.flow.today})
        for _again in range(2):
            notices._after_delivered()
        self.assertEqual(self.owed(contract, "cure").mapped("date_due"), [self.flow.day(30)] * 2)
        self.assertEqual(contract.obligation_ids.notice_id, notices[0] | notices[2])

    def test_many_duties_cost_as_many_queries_as_few(self):
        def cost(number):
            contract = signed_contract(
                self.flow, clause_values(duties=[{"name": f"D{i}", "anchor": "termination"} for i in range(number)])
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contract._create_obligations("termination", self.flow.today)
            self.env.flush_all()
            self.assertEqual(len(contract.obligation_ids), number)
            return self.env.cr.sql_log_count - before

        cost(2)
        self.assertEqual(cost(5), cost(50))

    def test_entered_by_hand_in_the_form(self):
        with Form(self.env["franchise.obligation"].with_user(self.user)) as form:
            form.name = "Send the photos"
            form.contract_id = self.flow.contract
            form.date_due = self.flow.day(3)
        row = form.save()
        self.assertEqual((row.partner_id, row.deadline_date), (self.flow.franchisee, self.flow.day(3)))
        with self.assertRaises(UserError):
            row.write({"anchor": "end"})


@tagged("post_install", "-at_install")
class TestObligationRegister(ObligationCase):
    """R-B9, R-C7: checks, breaches, waivers; nothing is deleted; our own duties to suppliers."""

    def check(self, row, **values):
        return self.env["franchise.obligation.check"].with_user(self.user).create({"obligation_id": row.id, **values})

    def test_a_check_is_recorded_once_and_sets_the_next(self):
        contract = signed_contract(self.flow, clause_values(duties=[SECRECY]))
        row = self.owed(contract, "Keep secrets")
        self.assertEqual(row.date_due, date(2026, 7, 15))
        other = self.flow.users["manager"]
        check = self.check(row, date="2026-07-20", note="Web search, nothing found", user_id=other.id)
        self.assertEqual((check.user_id, row.check_date), (self.user, date(2026, 7, 20)), "who is logged in checked")
        self.assertEqual(row.date_due, date(2027, 1, 15))
        for change in (lambda: check.write({"result": "breached"}), check.unlink, check.sudo().unlink):
            with self.assertRaisesRegex(UserError, "stays as it was"), self.env.cr.savepoint():
                change()
        with self.assertRaisesRegex(UserError, "is to come"), self.env.cr.savepoint():
            self.check(row, date=self.flow.day(1))
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            check.with_user(self.flow.users["service"]).create({"obligation_id": row.id})

    def test_the_last_check_is_before_the_last_day(self):
        contract = signed_contract(self.flow, clause_values(duties=[SECRECY]), date_end="2026-09-01")
        row = self.owed(contract, "Keep secrets")
        self.check(row, date="2026-07-20")
        self.assertFalse(row.date_due)
        self.assertEqual(row.deadline_date, date(2026, 9, 1), "then the end is what people are told of")

    def test_evidence_is_read_by_whoever_reads_the_check_and_stays(self):
        row = self.owed(signed_contract(self.flow, clause_values(duties=[SECRECY])), "Keep secrets")
        file = self.env["ir.attachment"].with_user(self.user).create({"name": "photo.txt", "raw": b"photo"})
        theirs = (
            self.env["ir.attachment"].with_user(self.flow.users["finance"]).create({"name": "f", "raw": b"private"})
        )
        check = self.check(row, evidence_ids=[(6, 0, file.ids)])
        self.assertEqual(check.with_user(self.flow.users["service"]).evidence_ids.raw, b"photo")
        for change in (lambda: file.write({"raw": b"forged"}), file.unlink):
            with self.assertRaisesRegex(UserError, "evidence"), self.env.cr.savepoint():
                change()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.check(row, evidence_ids=[(6, 0, theirs.ids)])
            theirs.with_user(self.user).read(["raw"])

    def test_a_breach_has_a_consequence_and_an_amount_at_stake(self):
        row = self.owed(signed_contract(self.flow, clause_values(duties=[SECRECY])), "Keep secrets")
        with self.assertRaisesRegex(UserError, "Enter what follows"), self.env.cr.savepoint():
            row.action_breach()
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.check(row, result="breached")
        self.check(row, result="breached", consequence="Penalty of clause 8", amount=5000)
        self.assertEqual(
            (row.state, row.breach_amount, row.breach_consequence, row.breach_date),
            ("breached", 5000, "Penalty of clause 8", self.flow.today),
        )
        self.assertEqual(row.currency_id, self.flow.currency)
        self.assertFalse(row.deadline_date)
        with self.assertRaisesRegex(UserError, "isn't open"), self.env.cr.savepoint():
            self.check(row)
        row.action_cure()
        self.assertEqual(row.state, "open")

    def test_waiving_needs_a_reason_and_deleting_is_refused(self):
        row = self.owed(signed_contract(self.flow, clause_values(duties=[{"name": "x"}])), "x")
        with self.assertRaisesRegex(UserError, "Enter the reason"), self.env.cr.savepoint():
            row.action_waive()
        row.waive_reason = "Agreed by letter"
        row.action_waive()
        self.assertEqual((row.state, row.waive_kind), ("waived", "agreed"))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            row.waive_reason = "Other"
        row.action_reopen()
        self.assertEqual((row.state, row.waive_kind), ("open", False))
        for records in (row, row.sudo()):
            with self.assertRaisesRegex(UserError, "stays in the register"), self.env.cr.savepoint():
                records.unlink()

    def test_another_companys_register_is_not_mixed(self):
        """R-H2: an obligation can't name a contract of another company."""
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(UserError):
            self.env["franchise.obligation"].create(
                {"name": "x", "contract_id": self.flow.contract.id, "company_id": other.id}
            )

    def test_our_duties_to_a_supplier_are_in_the_same_register(self):
        """R-C2, R-C7: with the debtor franchisor and the agreement; evidence and payment in time."""
        agreement = agreement_with(self.flow, activate=False).with_user(self.user)
        agreement.action_take_clauses()
        agreement.action_activate()
        ours = agreement.obligation_ids.filtered(lambda row: row.debtor == "franchisor")
        self.assertEqual(
            set(ours.mapped("name")), {"Give evidence of claims in time", "Pay the supplier's bills in time"}
        )
        self.assertEqual(ours.partner_id, agreement.supplier_id)
        action = agreement.action_view_obligations()
        self.assertEqual(self.env["franchise.obligation"].search(action["domain"]), agreement.obligation_ids)
        self.assertEqual(agreement.obligation_count, len(agreement.obligation_ids))
        agreement.action_end()
        self.assertIn(fields.Date.add(self.flow.today, months=24), agreement.obligation_ids.mapped("date_end"))

    def test_overdue_bills_of_the_supplier_are_seen_by_the_contract_manager(self):
        """R-C7: pay in time, against the ledger; a duty to pay isn't kept while bills are overdue."""
        supplier = self.flow.partner("Unpaid")
        paying = {"name": "pay", "debtor": "franchisor", "is_lasting": True, "is_payment": True, "every_months": 1}
        agreement = agreement_with(self.flow, clause_values(duties=[paying]), supplier=supplier).with_user(self.user)
        self.assertEqual((agreement.overdue_bill_count, agreement.overdue_bill_amount), (0, 0))
        row = self.owed(agreement, "pay")
        self.check(row)
        for line, days in zip(self.flow.bill((100.0, 50.0), supplier=supplier), (10, 10), strict=True):
            line.move_id.invoice_date_due = self.flow.day(-days)
        self.flow.bill((70.0,), supplier=supplier, days_ago=0).move_id.invoice_date_due = self.flow.day(9)
        self.flow.bill((30.0,))  # of another supplier
        draft = self.flow.bill((20.0,), supplier=supplier).move_id
        draft.button_draft()
        agreement.invalidate_recordset()
        self.assertEqual((agreement.overdue_bill_count, agreement.overdue_bill_amount), (1, 1500))
        with self.assertRaisesRegex(UserError, "1 bills of Unpaid.*overdue.*1,500"), self.env.cr.savepoint():
            self.check(row)
        self.check(row, result="breached", consequence="Interest", amount=15)
        bills = self.env["account.move"].search(agreement.action_view_overdue_bills()["domain"])
        self.assertEqual(bills.amount_total, 1500)

    def test_overdue_bills_of_many_agreements_cost_one_query(self):
        agreements = self.env["franchise.service.agreement"].union(
            *(agreement_with(self.flow, activate=False) for _number in range(12))
        )

        def cost(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("overdue_bill_count")
            return self.env.cr.sql_log_count - before

        cost(agreements)
        self.assertEqual(cost(agreements[:3]), cost(agreements))


@tagged("post_install", "-at_install")
class TestObligationTogether(CommitCase):
    """R-B9: two people end the same contract at the same moment; each duty is in the register once."""

    @classmethod
    def prepare(cls, flow):
        duties = [{"name": f"D{number}", "anchor": "termination"} for number in range(3)]
        flow.ending = signed_contract(flow, clause_values(duties=duties))

    def test_each_duty_is_registered_once(self):
        def terminate(env):
            world = self.world(env)
            return len(world.ending._create_obligations("termination", world.today))

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(terminate, terminate)
        self.assertEqual([error for _made, _tries, error in results], [None, None])
        self.assertEqual(sorted(made for made, _tries, _error in results), [0, 3])
        with self.transaction(commit=False) as env:
            names = self.world(env).ending.obligation_ids.mapped("name")
            self.assertEqual(sorted(names), ["D0", "D1", "D2"])
