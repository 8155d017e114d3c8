import csv
import io
import json

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import file_open
from odoo.tools.misc import file_path

from .flow import Flow, FlowCase

OPTIONS = {
    "has_headers": True,
    "quoting": '"',
    "separator": ",",
    "encoding": "utf-8",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "date_format": "%Y-%m-%d",
    "datetime_format": "",
    "keep_matches": False,
}
COLUMNS = [
    "contract_id",
    "outlet_id",
    "supplier_id",
    "cause_id",
    "event_date",
    "discovery_date",
    "reported_date",
    "description",
    "line_ids/kind",
    "line_ids/invoice_line_id",
    "line_ids/name",
    "line_ids/lot",
    "line_ids/quantity",
    "line_ids/amount_claimed",
]


class ImportCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.supplier.ref = f"S-{cls.flow.key}"

    def row(self, bill_line="", kind="labour", amount="5", **values):
        flow = self.flow
        row = {
            "contract_id": flow.contract.name,
            "outlet_id": flow.outlet.code,
            "supplier_id": flow.supplier.ref,
            "cause_id": "quality.material",
            "event_date": str(flow.day(-20)),
            "discovery_date": str(flow.day(-15)),
            "reported_date": str(flow.day(-10)),
            "description": "Broken 破损",
            "line_ids/kind": kind,
            "line_ids/invoice_line_id": bill_line,
            "line_ids/name": "x",
            "line_ids/lot": "",
            "line_ids/quantity": "1",
            "line_ids/amount_claimed": amount,
            **values,
        }
        return [row[name] for name in COLUMNS]

    def load(self, rows, fields=COLUMNS, role="service", **context):
        claims = self.env["franchise.claim"].with_user(self.flow.users[role]).with_context(**context)
        return claims.load(list(fields), rows)


@tagged("post_install", "-at_install")
class TestClaimImport(ImportCase):
    """R-D1: claims from CSV and XLSX; all or none, with sentences and row numbers."""

    def test_names_numbers_and_codes(self):
        first, second = self.flow.bill((100.0, 30.0)), self.flow.bill((7.0,))
        quality = self.env.ref("franchise_aftersales.cause_quality_material")
        rows = [
            self.row(f"{first.move_id.name}#2", "goods", "30", **{"line_ids/lot": "SN1"}),
            [""] * 8 + ["labour", "", "On-site repair", "", "2", "12.50"],
            self.row(
                second.move_id.ref,
                "goods",
                "7",
                supplier_id=self.flow.supplier.name,
                cause_id=quality.complete_name,
            ),
        ]
        result = self.load(rows, import_file=True)
        self.assertFalse(result["messages"])
        claims = self.env["franchise.claim"].browse(result["ids"])
        self.assertEqual([len(claim.line_ids) for claim in claims], [2, 1])
        self.assertEqual(claims[0].line_ids[0].invoice_line_id, first[1])
        self.assertEqual(claims[0].line_ids[0].lot, "SN1")
        self.assertEqual(claims[1].line_ids.invoice_line_id, second)
        self.assertEqual(claims.mapped("amount_claimed"), [42.5, 7])
        self.assertEqual(set(claims.mapped("source")), {"import"})
        self.assertEqual(claims.cause_id, quality)
        self.flow.advance(claims, "submitted")

    def test_bad_rows_are_named_and_nothing_is_written(self):
        bill = self.flow.bill((1.0, 2.0))
        before = self.env["franchise.claim"].search_count([])
        rows = [
            self.row(),
            self.row(outlet_id="NOWHERE"),
            self.row(bill.move_id.name, "goods"),
            self.row(f"{bill.move_id.name}#9", "goods"),
            self.row(cause_id="quality.colour"),
            self.row(supplier_id="Unknown Ltd"),
            self.row(contract_id="FC/0"),
        ]
        result = self.load(rows)
        self.assertIs(result["ids"], False)
        found = {message["rows"]["from"]: message["message"] for message in result["messages"]}
        self.assertEqual(sorted(found), [1, 2, 3, 4, 5, 6])
        self.assertIn("“NOWHERE” for “Outlet”", found[1])
        self.assertIn("names 2 records", found[2])
        self.assertIn("#9", found[3])
        self.assertEqual(self.env["franchise.claim"].search_count([]), before)

    def test_rules_of_the_model_name_their_row(self):
        before = self.env["franchise.claim"].search_count([])
        rows = [self.row(), self.row(event_date=str(self.flow.day(-1))), self.row()]
        result = self.load(rows)
        self.assertIs(result["ids"], False)
        self.assertIn("discovered on or after", " ".join(message["message"] for message in result["messages"]))
        self.assertIn(1, [message.get("rows", {}).get("from") for message in result["messages"]])
        self.assertEqual(self.env["franchise.claim"].search_count([]), before)
        result = self.load([self.row(**{"line_ids/kind": "magic"})])
        self.assertIn("magic", result["messages"][0]["message"])

    def test_a_thousand_rows_take_the_queries_of_a_few(self):
        """R-D1: 1,000 claims with a line each are looked up together and written a hundred a statement."""
        counts = []
        bills = self.flow.bill(tuple(range(1, 101)), quantity=1000)
        self.load([self.row(f"{bills.move_id.name}#1", "goods", "1")])
        for number in (100, 1000):
            rows = [self.row(f"{bills.move_id.name}#{1 + index % 100}", "goods", "1") for index in range(number)]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.env["franchise.claim"]._looked_up(COLUMNS, rows)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertFalse(found[2])
        self.assertEqual(*counts)
        before = self.env.cr.sql_log_count
        result = self.load(rows)
        self.assertEqual(len(result["ids"]), 1000)
        # Odoo inserts and updates 100 rows a statement.
        self.assertLess(self.env.cr.sql_log_count - before, 250)

    def test_another_company_s_names_are_unknown(self):
        stranger = Flow(self.env)
        result = self.load([self.row(outlet_id=stranger.outlet.code, contract_id=stranger.contract.name)])
        self.assertEqual({message["field"] for message in result["messages"]}, {"outlet_id", "contract_id"})

    def test_the_template_is_what_the_import_screen_takes(self):
        offered = self.env["franchise.claim"].get_import_templates()[0]["template"]
        with file_open(file_path(offered.removeprefix("/")), "r") as file:
            table = list(csv.reader(file))
        flow, bill = self.flow, self.flow.bill((100.0,))
        replaced = {
            "FC/2026/00001": flow.contract.name,
            "HZ-01": flow.outlet.code,
            "Hangzhou Boiler Works": flow.supplier.name,
            "BILL/2026/05/0001#1": f"{bill.move_id.name}#1",
            "2579.80": "200",
        }
        table = [[replaced.get(cell, cell) for cell in row] for row in table]
        for name, content, kind in (
            ("claims.csv", self.as_csv(table), "text/csv"),
            ("claims.xlsx", self.as_xlsx(table), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ):
            with self.subTest(name):
                record = (
                    self.env["base_import.import"]
                    .with_user(flow.users["service"])
                    .create({"res_model": "franchise.claim", "file": content, "file_name": name, "file_type": kind})
                )
                # Another external id for each file.
                result = record.execute_import(table[0], table[0], dict(OPTIONS))
                self.assertFalse(result["messages"])
                claim = self.env["franchise.claim"].browse(result["ids"])
                self.assertEqual((claim.source, len(claim.line_ids)), ("import", 2))
                self.assertEqual(claim.delivery_reference, "DN-4711")
        self.assertEqual(self.env["franchise.claim"].search_count([("delivery_reference", "=", "DN-4711")]), 1)

    def as_csv(self, table):
        text = io.StringIO()
        csv.writer(text).writerows(table)
        return text.getvalue().encode()

    def as_xlsx(self, table):
        import xlsxwriter

        content = io.BytesIO()
        book = xlsxwriter.Workbook(content, {"in_memory": True})
        sheet = book.add_worksheet()
        for number, row in enumerate(table):
            sheet.write_row(number, 0, row)
        book.close()
        return content.getvalue()


@tagged("post_install", "-at_install")
class TestClaimSentTwice(ImportCase):
    """R-D1: another system may send the same table again; an external id makes one claim."""

    FIELDS = ("id", *COLUMNS)

    def send(self, *rows, fields=FIELDS, **context):
        return self.load([list(row) for row in rows], fields, **context)

    def test_sent_again_nothing_changes(self):
        first = self.send(["erp.1", *self.row()], ["erp.2", *self.row(amount="6")])
        again = self.send(["erp.2", *self.row(amount="60")], ["erp.3", *self.row()], ["erp.1", *self.row()])
        self.assertEqual([again["ids"][0], again["ids"][2]], [first["ids"][1], first["ids"][0]])
        self.assertEqual(len(set(first["ids"] + again["ids"])), 3)
        claims = self.env["franchise.claim"].browse(first["ids"])
        self.assertEqual([len(claim.line_ids) for claim in claims], [1, 1])
        self.assertEqual(claims.mapped("amount_claimed"), [5, 6])
        self.flow.advance(claims, "submitted")
        self.assertEqual(self.send(["erp.1", *self.row()])["ids"], first["ids"][:1])

    def test_with_ids_of_lines_a_draft_is_corrected(self):
        fields = ("id", *COLUMNS[:8], "line_ids/id", *COLUMNS[8:])
        row = self.row()
        made = self.send(["erp.7", *row[:8], "erp.7_1", *row[8:]], fields=fields)
        row = self.row(amount="9")
        again = self.send(["erp.7", *row[:8], "erp.7_1", *row[8:]], fields=fields)
        self.assertEqual(again["ids"], made["ids"])
        claim = self.env["franchise.claim"].browse(made["ids"])
        self.assertEqual((claim.amount_claimed, len(claim.line_ids)), (9, 1))
        self.flow.advance(claim, "submitted")
        row = self.row(amount="99")
        self.assertEqual(self.send(["erp.7", *row[:8], "erp.7_1", *row[8:]], fields=fields)["ids"], made["ids"])
        self.assertEqual(claim.amount_claimed, 9)

    def test_rows_of_errors_count_what_was_sent_before(self):
        self.send(["erp.1", *self.row()])
        result = self.send(["erp.1", *self.row()], ["erp.5", *self.row(outlet_id="NOWHERE")])
        self.assertIs(result["ids"], False)
        self.assertEqual(result["messages"][0]["rows"]["from"], 1)

    def test_a_claim_of_another_company_isn_t_answered(self):
        stranger = Flow(self.env)
        other = stranger.claim()
        self.env["ir.model.data"].create(
            {"module": "erp", "name": "x1", "model": "franchise.claim", "res_id": other.id}
        )
        claims = self.env["franchise.claim"].with_user(self.flow.users["service"])
        self.assertFalse(claims._known_claims({"erp.x1"}))


@tagged("post_install", "-at_install")
class TestClaimRpc(HttpCase):
    """R-D1: a system of the company's own sends a draft and submits it over /jsonrpc, as a service user."""

    def call(self, user, model, method, *args, **kwargs):
        params = {
            "service": "object",
            "method": "execute_kw",
            "args": [self.env.cr.dbname, user.id, user.login, model, method, args, kwargs],
        }
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        answer = self.url_open("/jsonrpc", data=json.dumps(body), headers={"Content-Type": "application/json"}).json()
        if "error" in answer:
            raise UserError(answer["error"]["data"]["message"])
        return answer["result"]

    def test_a_draft_and_its_submission(self):
        flow = Flow(self.env)
        user = flow.users["service"]
        user.password = user.login
        fields = ["id", "contract_id", "outlet_id", "supplier_id", "cause_id", "event_date", "discovery_date",
                  "reported_date", "line_ids/kind", "line_ids/name", "line_ids/amount_claimed"]  # fmt: skip
        days = [str(flow.day(-offset)) for offset in (20, 15, 10)]
        row = ["pos.77", flow.contract.name, flow.outlet.code, flow.supplier.name, "quality.material", *days,
               "labour", "Repair", "12.5"]  # fmt: skip
        first = self.call(user, "franchise.claim", "load", fields, [row])
        self.assertFalse(first["messages"])
        again = self.call(user, "franchise.claim", "load", fields, [row])
        self.assertEqual(first["ids"], again["ids"])
        self.assertTrue(self.call(user, "franchise.claim", "action_submit", first["ids"]))
        seen = self.call(user, "franchise.claim", "read", first["ids"], ["state", "source", "name", "amount_claimed"])
        self.assertEqual(
            (seen[0]["state"], seen[0]["source"], seen[0]["amount_claimed"]), ("submitted", "system", 12.5)
        )
        with self.assertRaisesRegex(UserError, "works out by itself"):
            self.call(user, "franchise.claim", "create", {"source": "portal"})

    def test_the_web_client_is_staff(self):
        flow = Flow(self.env)
        user = flow.users["service"]
        user.password = user.login
        self.authenticate(user.login, user.login)
        values = {**flow.claim_values([("labour", None, 5.0)]), "event_date": str(flow.day(-20))}
        values |= {name: str(values[name]) for name in ("discovery_date", "reported_date")}
        params = {"model": "franchise.claim", "method": "create", "args": [values], "kwargs": {}}
        made = self.make_jsonrpc_request("/web/dataset/call_kw/franchise.claim/create", params)
        self.assertEqual(self.env["franchise.claim"].browse(made).source, "form")
