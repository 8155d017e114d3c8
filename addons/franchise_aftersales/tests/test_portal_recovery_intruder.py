from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from .flow_evidence import HTML, PDF, SVG, kind, photo
from .flow_portal_recovery import URL, RecoveryPortalCase

MODEL = "franchise.claim.recovery"


@tagged("post_install", "-at_install")
class TestPortalRecoveryIntruder(RecoveryPortalCase):
    """R-D9, R-H5: demands, files and money are safe from strangers, from neighbours and from forged forms."""

    def snapshot(self, *recoveries):
        """What an intruder would like to change."""
        self.env.invalidate_all()
        names = (
            "state",
            "amount_accepted",
            "answer_reason",
            "partner_reference",
            "credit_note_number",
            "answer_letter",
        )
        return [
            ([row[name] for name in names], row.line_ids.mapped("amount_accepted"), row.claim_id.counter_ids.ids)
            for row in recoveries
        ]

    def test_only_the_partys_own_people_come_in(self):
        recovery = self.demand()
        before = self.snapshot(recovery)
        forms = (
            ("answer", {"way": "accept"}),
            ("dispute", {"dispute_reason": "x"}),
            ("counter", {"counter_amount": "5", "counter_reason": "x"}),
            ("evidence", {"evidence_type": kind(self.flow, "carrier_report").id, "evidence_text": "x"}),
        )
        for role in ("portal", "portal_supplier", "portal_franchisee", "carrier", "service", "finance", None):
            self.login(role)
            with self.subTest(role=role):
                self.assertEqual(self.get(recovery).status_code, 303)
                self.assertNotIn(f'{URL}/{recovery.id}"', self.url_open(f"{URL}?filterby=all").text)
                self.assertIn(self.get(recovery, "/letter").status_code, (303, 404))
                for path, data in forms:
                    self.assertEqual(self.post(recovery, path, data).status_code, 303)
                self.post(None, "answer", {"ids": [recovery.id], "step": "accept"})
                missing = recovery.browse(recovery.id + 10**6)
                self.assertEqual(self.get(missing).status_code, 303)
        self.assertEqual(self.snapshot(recovery), before)
        self.assertFalse(recovery.claim_id.evidence_ids.filtered(lambda row: row.given_by != "staff"))

    def test_a_form_without_its_token_is_refused(self):
        recovery = self.demand()
        before = self.snapshot(recovery)
        self.login("supplier")
        for path in ("answer", "dispute", "counter", "evidence"):
            with self.subTest(path=path), self.assertLogs("odoo.http", "WARNING"):
                data = {"way": "accept", "dispute_reason": "x", "counter_amount": "5", "counter_reason": "x"}
                self.assertEqual(self.post(recovery, path, data, token=False).status_code, 400)
        with self.assertLogs("odoo.http", "WARNING"):
            sent = self.post(None, "answer", {"ids": [recovery.id], "step": "accept"}, token=False)
        self.assertEqual(sent.status_code, 400)
        self.assertEqual(self.snapshot(recovery), before)

    def test_reading_changes_nothing(self):
        recovery = self.demand()
        before, written = self.snapshot(recovery), recovery.write_date
        self.login("supplier")
        messages = recovery.message_ids
        for path, query in (
            ("", {}),
            ("", {"said": "answered", "way": "accept", "step": "accept"}),
            ("/answer", {"way": "accept"}),
            ("/dispute", {"dispute_reason": "x"}),
            ("/counter", {"counter_amount": "5", "counter_reason": "x"}),
        ):
            self.get(recovery, path, **query)
        self.get(path="/answer", ids=recovery.id, step="accept")
        self.assertEqual(self.snapshot(recovery), before)
        self.assertEqual((recovery.write_date, recovery.message_ids), (written, messages))

    def test_forged_amounts_and_lines(self):
        """Negative, more than demanded, no numbers, too fine for the currency, another demand's lines."""
        recovery, other = self.demand(), self.demand()
        first, second = recovery.line_ids
        foreign = other.line_ids[0]
        right = {f"amount_{first.id}": "80.00", f"amount_{second.id}": "40.00", f"refusal_{second.id}": "amount"}
        before = self.snapshot(recovery, other)
        self.login("supplier")
        for amount in (
            "-1",
            "40.01",
            "NaN",
            "Infinity",
            "1e1",
            "39.999",
            "",
            " ",
            "４０",
            "0x10",
            "1,5",
            "1" * 40,
            "--",
        ):
            with self.subTest(amount=amount):
                values = {**right, f"amount_{second.id}": amount}
                self.assertTrue(self.said(self.answer(recovery, "lines", **values)))
        for values in (
            {f"amount_{first.id}": "80.00"},
            {**right, f"amount_{foreign.id}": "80.00"},
            {**right, "amount_": "1"},
            {**right, "amount_x": "1"},
            {f"amount_{first.id}": "80", f"amount_0{second.id}x": "40"},
            {f"amount_{foreign.id}": "80", f"amount_{second.id}": "40"},
        ):
            with self.subTest(values=values):
                self.assertIn("for no other", self.said(self.answer(recovery, "lines", **values)))
        self.assertEqual(self.snapshot(recovery, other), before)
        self.answer(recovery, "lines", **right)
        self.assertEqual((recovery.state, recovery.amount_accepted), ("accepted", 120))

    def test_amounts_follow_the_currency(self):
        """Currencies without decimals and with three of them."""
        for name, wrong, right in (("JPY", "50.5", "50"), ("KWD", "50.0005", "50.005")):
            currency = self.flow.active_currency(self.env, name)
            partner = self.flow.partner(f"In {name}")
            self.flow.make_agreement(partner, currency)
            bill = self.flow.bill((100.0,), supplier=partner, currency=currency)
            claim = self.flow.claim([("goods", bill, 100.0)], "approved", supplier=partner)
            recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
            self.users["supplier"].partner_id.parent_id = partner
            self.login("supplier")
            line = recovery.line_ids
            values = {f"refusal_{line.id}": "amount"}
            with self.subTest(currency=name):
                said = self.said(self.answer(recovery, "lines", **{f"amount_{line.id}": wrong, **values}))
                self.assertIn("smallest unit", said)
                self.answer(recovery, "lines", **{f"amount_{line.id}": right, **values})
                self.assertEqual((recovery.state, recovery.amount_accepted), ("partial", float(right)))

    def test_files_of_other_claims_and_rooms(self):
        recovery, other = self.demand(), self.flow.recovery()
        rows = self.env["franchise.claim.evidence"]
        theirs = rows.create(
            {
                "claim_id": other.claim_id.id,
                "type_id": kind(self.flow, "damage_photos").id,
                "file_ids": [Command.create({"name": "theirs.jpg", "raw": photo()})],
            }
        )
        internal = self.env["ir.attachment"].create(
            {"name": "salary.pdf", "raw": PDF, "res_model": MODEL, "res_id": recovery.id}
        )
        on_claim = self.env["ir.attachment"].create(
            {"name": "price.pdf", "raw": PDF, "res_model": "franchise.claim", "res_id": recovery.claim_id.id}
        )
        self.login("supplier")
        for file in (theirs.file_ids, internal, on_claim):
            for path in (f"{URL}/{recovery.id}/file/{file.id}", f"/web/content/{file.id}"):
                with self.subTest(file=file.name, path=path):
                    self.assertEqual(self.url_open(path).status_code, 404)
        with self.assertRaises(AccessError):
            internal.with_user(self.users["supplier"]).read(["name"])
        self.assertFalse(internal.with_user(self.users["supplier"]).search([("id", "=", internal.id)]))

    def test_markup_is_only_ever_saved(self):
        recovery = self.demand()
        row = self.env["franchise.claim.evidence"].create(
            {
                "claim_id": recovery.claim_id.id,
                "type_id": kind(self.flow, "damage_photos").id,
                "file_ids": [Command.create({"name": "a.jpg", "raw": photo()})],
            }
        )
        file = row.file_ids
        self.login("supplier")
        for content, mimetype in ((HTML, "text/html"), (SVG, "image/svg+xml")):
            # As if it had come in before its content was looked at.
            self.env.cr.execute(
                "UPDATE ir_attachment SET mimetype = %s, db_datas = %s, store_fname = NULL WHERE id = %s",
                [mimetype, content, file.id],
            )
            self.env.invalidate_all()
            for query in ({}, {"thumbnail": 1}):
                with self.subTest(mimetype=mimetype, query=query):
                    got = self.get(recovery, f"/file/{file.id}", **query)
                    self.assertIn("attachment", got.headers.get("Content-Disposition", ""))
                    self.assertEqual(got.headers["X-Content-Type-Options"], "nosniff")
                    self.assertNotIn(mimetype, got.headers["Content-Type"])

    def test_uploads_are_taken_by_their_content(self):
        recovery = self.demand()
        self.login("supplier")
        for name, content in (("a.pdf", HTML), ("a.svg", SVG), ("a.html", PDF), ("a.png", b"x")):
            with self.subTest(name=name):
                said = self.said(self.answer(recovery, "accept", {"letter": (name, content, "application/pdf")}))
                self.assertIn("be read here", said)
                self.assertEqual(recovery.state, "demanded", "all or nothing")
        values = {"evidence_type": kind(self.flow, "damage_photos").id}
        said = self.said(self.post(recovery, "evidence", values, [("evidence_files", ("a.jpg", HTML, "image/jpeg"))]))
        self.assertTrue(said)
        for evidence_type in ("", "0", "x", "-1", "9" * 30):
            self.assertTrue(self.said(self.post(recovery, "evidence", {"evidence_type": evidence_type})))
        self.assertFalse(recovery.claim_id.evidence_ids.file_ids)

    def test_rpc_reads_what_is_named_and_nothing_else(self):
        recovery = self.demand()
        recovery.message_post(body="Between us: be tough", subtype_xmlid="mail.mt_comment")
        user = self.users["supplier"]
        own, line = recovery.with_user(user), recovery.line_ids[0].with_user(user)
        self.assertEqual(own.read(["number", "amount_demanded"])[0]["amount_demanded"], 120)
        self.assertEqual(own.search([("number", "=", recovery.number)]), own)
        self.assertFalse(own.search([("id", "=", self.flow.recovery().id)]))
        self.assertEqual(line.read(["amount_demanded"])[0]["amount_demanded"], 80)
        hidden = {"claim_id", "amount_rerouted", "amount_own", "route_ids", "message_ids", "clock_ids", "dispute_ids"}
        self.assertLessEqual(hidden, set(own._fields))
        for name in sorted(set(own._fields) - own._portal_fields - {"id", "display_name"}):
            with self.subTest(field=name), self.assertRaises(AccessError):
                own.read([name])
        for name in ("claim_line_id", "amount_rerouted", "amount_own"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                line.read([name])
        for domain in ([("claim_id.claimant_id.name", "ilike", "a")], [("amount_own", ">", 0)]):
            with self.subTest(domain=domain), self.assertRaises(AccessError):
                own.search(domain)
        # Claims are their franchisees' to read: none is a supplier's.
        self.assertFalse(self.env["franchise.claim"].with_user(user).search([]))
        with self.assertRaises(AccessError):
            recovery.claim_id.with_user(user).read(["display_name"])
        for model in ("franchise.claim.line", "franchise.claim.evidence", "franchise.claim.counter"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(user).search([])
        message = recovery.message_ids.filtered(lambda message: "tough" in message.body).with_user(user)
        with self.assertRaises(AccessError):
            message.read(["body"])
        self.assertFalse(message.search([("id", "=", message.id)]))

    def test_rpc_takes_no_step(self):
        recovery = self.demand()
        before = self.snapshot(recovery)
        own = recovery.with_user(self.users["supplier"])
        calls = [(f"action_{name}", []) for name in ("acknowledge", "accept", "reject", "dispute", "withdraw", "route")]
        calls += [(name, [{}]) for name in ("_portal_take", "_portal_answer", "_answer_by_hand", "_sync_apply_answer")]
        calls += [("unlink", []), ("message_post", [])]
        for name, args in calls:
            with self.subTest(call=name), self.assertRaises(AccessError), self.env.cr.savepoint():
                call_kw(own, name, [own.ids, *args], {"body": "x"} if name == "message_post" else {})
        for records, values in ((own, {"partner_reference": "x"}), (own, {}), (own.line_ids, {"amount_accepted": 1})):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                records.write(values)
        self.assertEqual(self.snapshot(recovery), before)
