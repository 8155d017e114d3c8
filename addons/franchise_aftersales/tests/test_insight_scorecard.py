from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Date, Datetime
from odoo.tests import tagged

from .flow import Flow
from .flow_contract import customer_invoice
from .flow_insight import InsightCase, mean, summed

SUPPLIER, FRANCHISEE = "franchise.supplier.scorecard", "franchise.franchisee.scorecard"
ANSWERED = ("accepted", "partial", "rejected", "disputed")


@tagged("post_install", "-at_install")
class TestSupplierScorecard(InsightCase):
    """R-F2: recovery rate, answer times, rejection rate, on-time rate, defects a batch and penalties of suppliers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        flow = cls.flow
        cls.maker_endpoint = flow.make_endpoint(cls.maker, "maker")
        cls.big = flow.accepted(1000.0, accept="80.00")
        cls.small = flow.accepted(100.0, accept="80.00")
        cls.refused = flow.recovery(500.0, supplier=cls.maker)
        for hours, clock in zip((2.0, 6.0, 0.0), cls.refused.clock_ids.sudo().sorted("id"), strict=True):
            clock.start_at = Datetime.now() - timedelta(hours=hours)
        cls.refused.clock_ids.sudo()._refresh()
        flow.receive(flow.answer(cls.refused, "rejected", reason="Not ours"), endpoint=cls.maker_endpoint)
        cls.waiting = flow.recovery(300.0, supplier=cls.maker)

    def recoveries(self, supplier):
        return self.env["franchise.claim.recovery"].search(
            [("partner_id", "=", supplier.id), ("party", "=", "supplier"), ("state", "!=", "withdrawn")]
        )

    def test_recovery_rate_is_the_claims_own(self):
        """R-D9: the same definition as the claims' report: recovered ÷ caused; of many the ratio of the sums."""
        found = self.group(SUPPLIER, "supplier_id", ["recovery_rate:avg", "amount_cost:sum", "amount_recovered:sum"])
        claims = self.env["franchise.claim"]._read_group(
            [("company_id", "=", self.flow.company.id), ("state", "in", ("approved", "closed"))],
            ["supplier_id"],
            ["recovery_rate:avg", "amount_supplier_cost:sum", "amount_supplier_recovered:sum"],
        )
        for supplier, rate, cost, recovered in claims:
            self.assertAlmostEqual(found[supplier.id][0] or 0, 100 * float(rate or 0), 7)
            self.assertEqual(found[supplier.id][1:], (cost, recovered))
        self.assertAlmostEqual(found[self.flow.supplier.id][0], 100 * 160 / 880, 9)
        grand = self.group(SUPPLIER, None, ["recovery_rate:avg"])
        self.assertAlmostEqual(grand[0], 100 * 160 / (880 + 400 + 240), 9)
        [row] = self.rows(SUPPLIER, ("kind", "=", "approved"), ("claim_id", "=", self.small.claim_id.id))
        self.assertEqual(row.recovery_rate, 100)

    def test_demanded_accepted_rejected(self):
        found = self.group(
            SUPPLIER,
            "supplier_id",
            ["amount_demanded:sum", "amount_accepted:sum", "amount_rejected:sum", "rejection_rate:avg"],
        )
        for supplier in (self.flow.supplier, self.maker):
            rows = self.recoveries(supplier)
            answered = rows.filtered(lambda row: row.state in ANSWERED)
            rejected = sum(answered.mapped("amount_rejected")) + sum(answered.mapped("amount_disputed"))
            self.assertEqual(
                found[supplier.id][:3],
                (sum(rows.mapped("amount_demanded")), sum(rows.mapped("amount_accepted")), rejected),
            )
            self.assertAlmostEqual(found[supplier.id][3], 100 * rejected / sum(answered.mapped("amount_demanded")), 9)
        self.assertEqual(found[self.maker.id][3], 100, "what waits for an answer was not rejected")

    def test_in_dispute_is_rejected_so_far(self):
        before = self.group(SUPPLIER, "supplier_id", ["amount_rejected:sum"])[self.maker.id]
        self.refused.with_user(self.flow.users["service"]).action_dispute()
        self.assertEqual(self.group(SUPPLIER, "supplier_id", ["amount_rejected:sum"])[self.maker.id], before)

    def test_hours_and_on_time(self):
        """Means over the clocks: one of 2 hours of 4 in time, the answer of 6 of 24 in time; the resolution too."""
        found = self.group(SUPPLIER, "supplier_id", ["acknowledge_hours:avg", "answer_hours:avg", "on_time_rate:avg"])
        clocks = self.env["franchise.claim.clock"].search(
            [("partner_id", "=", self.maker.id), ("side", "=", "supplier")]
        )
        done = clocks.filtered("done_at")
        hours = {
            kind: mean([clock.used_hours for clock in done if clock.kind == kind]) for kind in ("acknowledge", "answer")
        }
        self.assertAlmostEqual(found[self.maker.id][0], hours["acknowledge"], 6)
        self.assertAlmostEqual(found[self.maker.id][1], hours["answer"], 6)
        self.assertAlmostEqual(found[self.maker.id][2], 100, 9)
        late = self.waiting.clock_ids.filtered(lambda clock: clock.kind == "answer").sudo()
        late.start_at = Datetime.now() - timedelta(hours=30)
        late._refresh()
        decided = len(done) + 1
        rate = self.group(SUPPLIER, "supplier_id", ["on_time_rate:avg"])[self.maker.id][0]
        self.assertAlmostEqual(rate, 100 * (decided - 1) / decided, 9)

    def test_what_is_overdue_counts_before_the_sweep_wrote_it(self):
        clock = self.waiting.clock_ids.filtered(lambda clock: clock.kind == "answer").sudo()
        clock.write({"due_at": Datetime.now() - timedelta(minutes=1), "state": "running"})
        [row] = self.rows(SUPPLIER, ("kind", "=", "clock"), ("id", "=", clock.id * 8 + 3))
        self.assertEqual(row.clock_kind, "answer")
        rate = self.group(SUPPLIER, None, ["on_time_rate:avg"], ("id", "=", row.id))[0]
        self.assertEqual(rate, 0)

    def test_claims_a_lot(self):
        """Batch B-1 in three claims, lot L-9 in one, and another product's B-1: 5 claims of 3 lots."""
        kettle, cup = self.env["product.product"].create([{"name": "Kettle"}, {"name": "Cup"}])
        maker = self.flow.partner("Batches")
        self.flow.make_agreement(maker)
        marks = [
            (kettle, {"batch": "B-1"}),
            (kettle, {"batch": " b-1 ", "lot": "L-1"}),
            (kettle, {"batch": "B-1"}),
            (kettle, {"lot": "L-9"}),
            (cup, {"batch": "B-1"}),
        ]
        for product, mark in marks:
            values = self.flow.claim_values([("labour", None, 10.0)], maker)
            values["line_ids"][0][2].update({"product_id": product.id, **mark})
            claim = self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values)
            self.flow.advance(claim, "submitted")
        names = ["defect_count:sum", "lot_number:count_distinct", "defects_per_lot:avg"]
        by_supplier = self.group(SUPPLIER, "supplier_id", names)[maker.id]
        self.assertEqual(by_supplier[:2], (5, 3))
        self.assertAlmostEqual(by_supplier[2], 5 / 3, 9)
        by_product = self.group(SUPPLIER, "product_id", ["defects_per_lot:avg"], ("supplier_id", "=", maker.id))
        self.assertEqual((by_product[kettle.id], by_product[cup.id]), ((2.0,), (1.0,)))

    def test_penalties(self):
        self.waiting.clock_ids.sudo().filtered(lambda clock: clock.kind == "answer").write(
            {"start_at": Datetime.now() - timedelta(hours=26)}
        )
        self.flow.receive(self.flow.answer(self.waiting), endpoint=self.maker_endpoint)
        charges = self.env["franchise.claim.charge"].search(
            [("kind", "=", "sla_penalty"), ("partner_id", "=", self.maker.id), ("state", "=", "confirmed")]
        )
        self.assertEqual(sum(charges.mapped("amount")), 100, "two hours begun at 50")
        self.assertEqual(self.group(SUPPLIER, "supplier_id", ["amount_penalty:sum"])[self.maker.id], (100,))

    def test_by_month(self):
        """The facts lie in the months of their days."""
        self.env.cr.execute(
            "UPDATE franchise_claim SET approved_at = '2026-01-31 12:00:00' WHERE id = %s", [self.small.claim_id.id]
        )
        self.env.invalidate_all()
        found = self.group(
            SUPPLIER,
            "date:month",
            ["recovery_rate:avg"],
            ("kind", "=", "approved"),
            ("supplier_id", "=", self.flow.supplier.id),
        )
        self.assertEqual(found[Date.to_date("2026-01-01")], (100,))
        self.assertEqual(found[self.flow.today.replace(day=1)], (10,))

    def test_a_foreign_currency_at_the_rate_of_the_approval(self):
        euro = self.flow.active_currency(self.env, "EUR")
        maker = self.flow.partner("Euro")
        self.flow.make_agreement(maker, currency=euro)
        self.rate_of_day(euro, 0.125, self.flow.day(-30))
        claim = self.flow.claim(
            [("goods", self.flow.bill((100.0,), supplier=maker, currency=euro), 100.0)], "approved", supplier=maker
        )
        self.assertEqual(claim.amount_supplier_cost, 80)
        self.assertEqual(self.group(SUPPLIER, "supplier_id", ["amount_cost:sum"])[maker.id], (640,))

    def test_several_companies_currencies_have_no_common_rate(self):
        other = Flow(self.env, currency="EUR")
        other.accepted(100.0)
        both = [("company_id", "in", (self.flow.company | other.company).ids), ("kind", "=", "approved")]
        self.env.flush_all()
        report = self.env[SUPPLIER].sudo()
        self.assertFalse(report._read_group(both, [], ["recovery_rate:avg"])[0][0])
        by_company = dict(report._read_group(both, ["company_id"], ["recovery_rate:avg"]))
        self.assertEqual(by_company[other.company], 100)
        self.assertAlmostEqual(by_company[self.flow.company.sudo()], 100 * 160 / 1520, 9)

    def test_a_row_leads_to_its_document(self):
        [row] = self.rows(SUPPLIER, ("recovery_id", "=", self.big.id), ("kind", "=", "recovery"))
        action = row.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("franchise.claim.recovery", self.big.id))
        action = row.with_user(self.flow.users["contract"]).action_open_document()
        self.assertEqual(action["res_model"], "franchise.claim", "who reads no recoveries gets the claim")
        [row] = self.rows(SUPPLIER, ("claim_id", "=", self.big.claim_id.id), ("kind", "=", "approved"))
        self.assertEqual(row.action_open_document()["res_id"], self.big.claim_id.id)

    def test_the_button_on_the_partner(self):
        """Calm: only on partners with an agreement or a contract in the user's companies."""
        for seen, flags in (
            (self.flow.supplier, (True, False)),
            (self.flow.franchisee, (False, True)),
            (self.flow.carrier, (False, False)),
        ):
            partner = seen.with_user(self.flow.users["service"])
            self.assertEqual((partner.is_franchise_supplier, partner.is_franchise_franchisee), flags)
        action = self.flow.supplier.with_user(self.flow.users["service"]).action_view_supplier_scorecard()
        self.assertEqual(
            self.env[SUPPLIER].with_user(self.flow.users["service"]).search(action["domain"]).supplier_id.ids,
            self.flow.supplier.ids,
        )
        action = self.flow.franchisee.with_user(self.flow.users["service"]).action_view_franchisee_scorecard()
        self.assertEqual(action["res_model"], FRANCHISEE)

    def test_as_many_queries_for_many_as_for_one(self):
        def read():
            self.group(SUPPLIER, "supplier_id", ["recovery_rate:avg", "on_time_rate:avg", "defects_per_lot:avg"])
            self.rows(SUPPLIER).read(["supplier_id", "claim_id", "amount_cost"])

        read()
        few = self.queries(read)
        for _number in range(3):
            self.flow.recovery(40.0)
        self.assertEqual(self.queries(read), few)


@tagged("post_install", "-at_install")
class TestFranchiseeScorecard(InsightCase):
    """R-F2: claims to sales, approvals, evidence, payment, satisfaction and sales reports of franchisees."""

    def figure(self, *names, domain=(), role="manager"):
        """The figures of our franchisee."""
        return self.group(FRANCHISEE, "franchisee_id", list(names), *domain, role=role)[self.flow.franchisee.id]

    def test_claims_approvals_and_satisfaction(self):
        claims = self.env["franchise.claim"].union(
            *(self.flow.claim(stage=stage) for stage in ("submitted", "approved", "approved", "assessed"))
        )
        self.flow.claim()
        rejected = self.flow.claim(stage="submitted")
        rejected.reject_reason = "Worn out"
        rejected.with_user(self.flow.users["service"]).action_reject()
        self.env.flush_all()
        for claim, stars in zip(claims, (5, 2, 0, 0), strict=True):
            self.env.cr.execute("UPDATE franchise_claim SET rating_last_value = %s WHERE id = %s", [stars, claim.id])
        found = self.figure("claim_count:sum", "approval_rate:avg", "amount_approved:sum", "satisfaction:avg")
        self.assertEqual(found[0], 5, "a draft isn't handed in")
        self.assertAlmostEqual(found[1], 200 / 3, 9)
        self.assertEqual(found[2], sum(claims.mapped("amount_approved")))
        self.assertAlmostEqual(found[3], 3.5, 9)

    def test_evidence(self):
        claim = self.flow.claim()
        kinds = self.env["franchise.evidence.type"].search([], limit=4)
        rows = self.env["franchise.claim.evidence"].create(
            [{"claim_id": claim.id, "type_id": kind.id} for kind in kinds]
        )
        for row, requirement, state in zip(
            rows,
            ("mandatory", "mandatory", "mandatory", "extra"),
            ("waived", "missing", "accepted", "missing"),
            strict=True,
        ):
            self.env.cr.execute(
                "UPDATE franchise_claim_evidence SET requirement = %s, state = %s, waive_reason = 'x',"
                " decided_by_id = 1, given_at = now(), given_by = 'staff' WHERE id = %s",
                [requirement, state, row.id],
            )
        self.env.cr.execute("UPDATE franchise_claim SET state = 'submitted' WHERE id = %s", [claim.id])
        self.env.invalidate_all()
        self.assertAlmostEqual(self.figure("evidence_rate:avg")[0], 200 / 3, 9)

    def test_invoices_paid_late_or_overdue(self):
        """One paid in time, one paid late, one overdue, one not due yet: 1 of 3, and what is open of the third."""
        due = {"early": 10, "late": 20, "overdue": 5, "open": -10}
        moves = {}
        for name, days in due.items():
            move = customer_invoice(self.flow, (100.0,), 1, day=self.flow.day(-40), post=False).move_id
            move.invoice_date_due = self.flow.day(-days)
            move.action_post()
            moves[name] = move
        bank = self.env["account.journal"].create(
            {
                "name": "Bank",
                "code": "BNKX",
                "type": "bank",
                "company_id": self.flow.company.id,
                "default_account_id": self.flow.account["expense"].id,
            }
        )
        for name, days in (("early", 15), ("late", 12)):
            payment = self.env["account.move"].create(
                {
                    "move_type": "entry",
                    "journal_id": bank.id,
                    "date": self.flow.day(-days),
                    "line_ids": [
                        (0, 0, {"account_id": self.flow.account["expense"].id, "debit": 100.0}),
                        (
                            0,
                            0,
                            {
                                "account_id": self.flow.account["receivable"].id,
                                "credit": 100.0,
                                "partner_id": self.flow.franchisee.id,
                            },
                        ),
                    ],
                }
            )
            payment.action_post()
            lines = (payment | moves[name]).line_ids
            lines.filtered(lambda line: line.account_id == self.flow.account["receivable"]).reconcile()
        rate, overdue = self.figure("paid_on_time_rate:avg", "amount_overdue:sum")
        self.assertAlmostEqual(rate, 100 / 3, 9)
        self.assertEqual(overdue, 100)
        [row] = self.rows(FRANCHISEE, ("move_id", "=", moves["overdue"].id))
        self.assertEqual(row.action_open_document()["res_id"], moves["overdue"].id)

    def test_how_they_pay_is_for_those_who_work_with_it(self):
        customer_invoice(self.flow)
        self.assertTrue(self.figure("amount_overdue:sum", role="contract"))
        with self.assertRaises(AccessError):
            self.figure("amount_overdue:sum", role="service")
        self.assertNotIn("amount_overdue", self.rows(FRANCHISEE, role="service").fields_get())

    def test_sales_reported_in_time_and_claims_to_sales(self):
        """Contract of 700 days: months that are over, by hand; one report in time, one late, one estimated, the rest missing."""
        contract, version = self.flow.contract, self.flow.contract.version_ids
        days = version.report_days if version else 0
        first = contract.date_start.replace(day=1)
        months = []
        while first < self.flow.today.replace(day=1):
            months.append(first)
            first = (first + timedelta(days=32)).replace(day=1)
        last = [(month + timedelta(days=32)).replace(day=1) - timedelta(days=1) for month in months]
        reports = self.env["franchise.sales.report"]
        for number, offset in ((0, days), (1, days + 1)):
            reports |= reports.create(
                {
                    "contract_id": contract.id,
                    "month": months[number],
                    "net_sales": 1000,
                    "reported_on": last[number] + timedelta(days=offset),
                }
            )
        estimate = reports.create(
            {"contract_id": contract.id, "month": months[2], "net_sales": 0, "reported_on": False}
        )
        estimate._trusted().write({"is_estimate": True})
        self.env.cr.execute(
            "UPDATE franchise_sales_report SET state = 'confirmed' WHERE id IN %s", [tuple(reports.ids)]
        )
        overdue = [day for day in last[2:] if day + timedelta(days=days) < self.flow.today]
        rate, sales = self.figure(
            "sales_on_time_rate:avg", "amount_sales:sum", domain=[("contract_id", "=", contract.id)]
        )
        self.assertAlmostEqual(rate, 100 / (2 + len(overdue)), 9)
        self.assertEqual(sales, 2000)
        self.flow.claim(stage="approved")
        approved, ratio = self.figure("amount_approved:sum", "claims_to_sales:avg")
        self.assertAlmostEqual(ratio, 100 * approved / 2000, 9)
        self.assertEqual(approved, 100)
        rows = self.rows(FRANCHISEE, ("kind", "=", "sales"), ("contract_id", "=", contract.id))
        self.assertEqual(sorted(rows.mapped("date")), months)
        self.assertEqual(rows[:1].action_open_document()["res_model"], "franchise.contract")

    def test_by_brand(self):
        self.flow.claim(stage="submitted")
        self.assertEqual(
            {
                brand: count
                for brand, (count,) in self.group(FRANCHISEE, "brand_id", ["claim_count:sum"]).items()
                if count
            },
            summed([self.flow.brand], lambda brand: brand.id, lambda _brand: 1),
        )
