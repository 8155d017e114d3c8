"""R-D1, R-D3: a table that nobody of this project wrote, through the import, in bulk, to the decision on coverage."""

import csv
import os
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice

from odoo.tests import tagged

from odoo.addons.franchise_aftersales.tests.flow import FlowCase

CLAIMS = 1500
WINDOW = 30  # days of the agreement
FIELDS = [
    "id",
    "contract_id",
    "outlet_id",
    "supplier_id",
    "cause_id",
    "event_date",
    "discovery_date",
    "reported_date",
    "description",
    "line_ids/kind",
    "line_ids/name",
    "line_ids/amount_claimed",
]
CAUSES = {"Home": "quality.material", "Auto": "quality.manufacture"}


@tagged("post_install", "-at_install")
class TestRealClaims(FlowCase):
    """R-D1, R-D15: claims of an insurer (prism.csv of chainladder) taken in, submitted and decided without an error."""

    def table(self):
        """The first claims of each of the two lines of business: (row, day of the accident, day of the report)."""
        with open(os.environ["HOUSE_REAL_CLAIMS"], encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for line in CAUSES:
            for row in islice((row for row in rows if row["Line"] == line), CLAIMS // len(CAUSES)):
                reported = datetime.strptime(row["ReportDate"], "%m/%d/%Y").date()  # noqa: DTZ007
                yield row, date.fromisoformat(row["AccidentDate"]), reported

    def test_taken_in_submitted_and_decided(self):
        flow = self.flow
        supplier = flow.partner("Insurer")
        flow.make_agreement(supplier, date_from="2007-01-01", claim_window_days=WINDOW, warranty_months=0)
        table = list(self.table())
        data = [
            [
                f"prism.{row['ClaimNo']}", flow.contract.name, flow.outlet.code, supplier.name, CAUSES[row["Line"]],
                str(accident), str(accident), str(reported), f"{row['Line']} {row['Type']}",
                "penalty", row["Type"], row["Incurred"],
            ]
            for row, accident, reported in table
        ]  # fmt: skip
        claims = self.env["franchise.claim"].with_user(flow.users["service"])
        result = claims.load(FIELDS, data)
        self.assertEqual(result["messages"], [])
        claims = claims.browse(result["ids"])
        self.assertEqual(len(claims), CLAIMS)
        wizard = self.env["franchise.claim.bulk"].with_user(flow.users["service"]).create({"claim_ids": claims.ids})
        wizard.action_run()
        paid = [Decimal(row["Incurred"]) >= Decimal("0.005") for row, _accident, _reported in table]
        self.assertEqual((wizard.done_count, wizard.refused_count), (paid.count(True), paid.count(False)))
        self.assertTrue(all("claims nothing" in row.reason for row in wizard.refusal_ids))
        for claim, is_paid, (row, accident, reported) in zip(claims, paid, table, strict=True):
            number, late = row["ClaimNo"], (reported - accident).days - WINDOW
            self.assertEqual(claim.state, "submitted" if is_paid else "draft", number)
            paid_out = Decimal(row["Incurred"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            self.assertEqual(Decimal(f"{claim.amount_claimed:.2f}"), paid_out, number)
            if is_paid:
                self.assertEqual(claim.coverage_state, "covered" if late <= 0 else "not_covered", number)
                self.assertIn(
                    "Reported in time" if late <= 0 else f"Reported {late} days", claim.coverage_reason, number
                )
        again = claims.browse().load(FIELDS, data)
        self.assertEqual(again["ids"], result["ids"], "sent twice, one claim each")
