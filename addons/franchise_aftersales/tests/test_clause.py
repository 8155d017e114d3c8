import base64
import hashlib
from datetime import date

import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .flow import Flow, FlowCase
from .flow_clause import agreement_with, annex_values, clause_values, draft_contract, signed_contract


@tagged("post_install", "-at_install")
class TestClause(FlowCase):
    """R-A4: clauses as records, frozen by the signature, amended by dated texts."""

    def setUp(self):
        super().setUp()
        self.user = self.flow.users["contract"]

    def test_a_draft_is_edited_and_a_signed_clause_is_not(self):
        contract = draft_contract(self.flow, clause_values(duties=[{"offset_value": 3}]))
        clause = contract.clause_ids.with_user(self.user)
        clause.write({"text": "<p>Keep secrets</p>", "name": "Secrets"})
        contract.sudo().action_sign()
        self.assertEqual(clause.state, "in_force")
        self.assertEqual(clause.date_from, date(2026, 1, 15), "from the signature, which was before the start")
        for values in ({"text": "<p>other</p>"}, {"name": "x"}, {"end_rule": "forever"}, {"number": "9"}):
            with self.subTest(values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                clause.write(values)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            clause.unlink()
        with self.assertRaisesRegex(UserError, "in force"), self.env.cr.savepoint():
            clause.duty_ids.write({"offset_value": 9})
        with self.assertRaisesRegex(UserError, "in force"), self.env.cr.savepoint():
            clause.duty_ids.unlink()
        with self.assertRaisesRegex(UserError, "in force"), self.env.cr.savepoint():
            self.env["franchise.clause.duty"].create({"clause_id": clause.id, "name": "More"})

    def test_which_text_applied_on_a_day(self):
        """An amendment supersedes from its first day; the earlier text ends the day before."""
        contract = signed_contract(self.flow, clause_values(text="<p>old</p>"), clause_values("6", "Venue"))
        clause = contract.clause_ids.filtered(lambda clause: clause.number == "5").with_user(self.user)
        amendment = self.env["franchise.clause"].browse(clause.action_amend()["res_id"]).with_user(self.user)
        self.assertEqual((amendment.state, amendment.supersedes_id), ("draft", clause))
        amendment.write({"text": "<p>new</p>", "date_from": "2027-03-01"})
        amendment.action_confirm()
        self.assertEqual(clause.date_to, date(2027, 2, 28))
        days = [date(2026, 1, 14), date(2026, 6, 1), date(2027, 2, 28), date(2027, 3, 1)]
        found = self.env["franchise.clause"]._in_force_on("contract_id", [(contract.id, day) for day in days])
        texts = [[str(row.text) for row in found[contract.id, day] if row.number == "5"] for day in days]
        self.assertEqual(texts, [[], ["<p>old</p>"], ["<p>old</p>"], ["<p>new</p>"]])
        self.assertEqual(len(found[contract.id, days[3]]), 2, "the other clause goes on")
        with self.assertRaisesRegex(UserError, "latest version"):
            clause.action_amend()

    def test_an_amendment_starts_after_the_text_that_it_supersedes(self):
        contract = signed_contract(self.flow, clause_values())
        amendment = self.env["franchise.clause"].browse(contract.clause_ids.action_amend()["res_id"])
        amendment.date_from = "2026-01-15"
        with self.assertRaisesRegex(UserError, "choose a later day"):
            amendment.with_user(self.user).action_confirm()
        amendment.date_from = False
        with self.assertRaisesRegex(UserError, "Enter the day"):
            amendment.with_user(self.user).action_confirm()

    def test_the_database_refuses_two_texts_of_one_number_on_one_day(self):
        contract = signed_contract(self.flow, clause_values())
        second = self.env["franchise.clause"].create(
            {"contract_id": contract.id, **clause_values(name="Other", date_from="2026-05-01")}
        )
        with self.assertRaises(psycopg2.Error), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            second.action_confirm()
        self.env["franchise.clause"].create(
            {"contract_id": contract.id, **clause_values("5.1", date_from="2026-05-01")}
        ).action_confirm()

    def test_a_draft_waits_for_the_signature(self):
        contract = draft_contract(self.flow, clause_values())
        with self.assertRaisesRegex(UserError, "sign or activate"):
            contract.clause_ids.action_confirm()
        with self.assertRaises(AccessError):
            contract.clause_ids.with_user(self.flow.users["service"]).action_confirm()

    def test_a_clause_belongs_to_one_document(self):
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["franchise.clause"].create(clause_values())
        contract = signed_contract(self.flow)
        contract.with_user(self.user).action_end()
        with self.assertRaisesRegex(UserError, "has ended"):
            self.env["franchise.clause"].create({"contract_id": contract.id, **clause_values()})

    def test_the_screens_of_a_contract_manager(self):
        """Clause, annex and library in their forms, with what a draft and a signed contract allow there."""
        contract = draft_contract(self.flow)
        clauses = self.env["franchise.clause"].with_user(self.user).with_context(default_contract_id=contract.id)
        with Form(clauses) as form:
            form.number, form.name, form.end_rule, form.end_months = "7", "Secrets", "months_after", 12
            with form.duty_ids.new() as duty:
                duty.name, duty.anchor, duty.offset_value = "Return the manual", "end", 10
        annexes = self.env["franchise.annex"].with_user(self.user).with_context(default_contract_id=contract.id)
        with Form(annexes) as form:
            form.name, form.kind, form.file = "Rules", "management_rules", base64.b64encode(b"rules")
        self.assertTrue(form.record.sha256)
        with Form(self.env["franchise.clause.template"].with_user(self.user)) as form:
            form.number, form.name = f"L-{self.flow.key}", "Own"
        self.assertEqual((contract.clause_ids.end_months, contract.clause_count), (12, 1))
        contract.sudo().action_sign()
        signed = Form(contract.clause_ids.with_user(self.user))
        with self.assertRaisesRegex(AssertionError, "readonly"):
            signed.name = "Other"
        action = contract.action_view_clauses()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), contract.clause_ids)

    def test_the_end_rule_is_whole(self):
        for values in ({"end_rule": "months_after"}, {"end_rule": "forever", "end_months": 3}):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                draft_contract(self.flow, clause_values(**values))

    def test_the_library_fills_a_draft_once_in_the_partners_language(self):
        """R-A4, R-C2: standard clauses with their duties; numbers that are there stay the user's."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.ref("franchise_aftersales.clause_contract_dispute").with_context(lang="zh_CN").name = "争议解决与管辖"
        self.flow.franchisee.lang = "zh_CN"
        contract = draft_contract(self.flow, clause_values("5", "My own secrecy")).with_user(self.user)
        for _again in range(2):
            contract.action_take_clauses()
            kinds = set(contract.clause_ids.mapped("kind"))
        expected = {
            "responsibility",
            "breach",
            "change",
            "non_compete",
            "ip",
            "dispute",
            "renewal",
            "price",
            "after_sales",
        }
        self.assertTrue(kinds >= expected, expected - kinds)
        self.assertEqual(len(contract.clause_ids), 10)
        self.assertEqual(contract.clause_ids.filtered(lambda row: row.number == "5").name, "My own secrecy")
        self.assertEqual(contract.clause_ids.filtered(lambda row: row.number == "10").name, "争议解决与管辖")
        rights = contract.clause_ids.filtered(lambda row: row.kind == "ip")
        self.assertEqual(len(rights.duty_ids), 3)
        self.assertEqual(rights.end_rule, "forever")
        agreement = agreement_with(self.flow, activate=False).with_user(self.user)
        agreement.action_take_clauses()
        self.assertEqual(set(agreement.clause_ids.duty_ids.mapped("debtor")), {"franchisor", "supplier"})
        contract.annex_ids = [Command.create(annex_values())]
        contract.sudo().action_sign()
        with self.assertRaisesRegex(UserError, "amend"):
            contract.action_take_clauses()

    def test_a_brands_text_goes_before_the_companys_and_the_common_one(self):
        template = self.env["franchise.clause.template"]
        company = {"number": "10", "name": "Company's venue", "company_id": self.flow.company.id}
        template.create([company, {**company, "name": "Brand's venue", "brand_id": self.flow.brand.id}])
        other = self.env["franchise.brand"].create({"name": "Other", "company_id": self.flow.company.id})
        for brand, expected in ((self.flow.brand, "Brand's venue"), (other, "Company's venue")):
            contract = draft_contract(self.flow, brand_id=brand.id)
            contract.with_user(self.user).action_take_clauses()
            venue = contract.clause_ids.filtered(lambda row: row.number == "10")
            self.assertEqual(venue.name, expected)

    def test_another_companys_texts_and_duties_are_not_seen(self):
        """R-H2: the library is shared but for what names a company."""
        other = Flow(self.env)
        theirs = self.env["franchise.clause.template"].create(
            {
                "number": "1",
                "name": "Theirs",
                "company_id": other.company.id,
                "duty_ids": [Command.create({"name": "Secret duty"})],
            }
        )
        duties = theirs.duty_ids
        for role in ("contract", "manager", "service"):
            seen = theirs.with_user(self.flow.users[role]).with_context(allowed_company_ids=self.flow.company.ids)
            self.assertFalse(seen.search([("id", "=", theirs.id)]))
            self.assertFalse(duties.with_env(seen.env).search([("template_id", "=", theirs.id)]))
            self.assertTrue(seen.search([("company_id", "=", False)]))
            with self.assertRaises(AccessError):
                seen.read(["name"])
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["franchise.clause.template"].with_user(self.flow.users["service"]).create(
                {"number": "77", "name": "No"}
            )

    def test_copies_for_a_successor_are_the_texts_in_force(self):
        contract = signed_contract(self.flow, clause_values(text="<p>old</p>", duties=[{}]), clause_values("6"))
        amendment = self.env["franchise.clause"].browse(
            contract.clause_ids.filtered(lambda row: row.number == "5").action_amend()["res_id"]
        )
        amendment.write({"text": "<p>new</p>", "date_from": "2026-03-01"})
        amendment.action_confirm()
        successor = draft_contract(self.flow, clause_values("6", "Negotiated"))
        contract._copy_clauses_to(successor)
        self.assertEqual(
            [(row.number, row.name, row.state) for row in successor.clause_ids.sorted("number")],
            [("5", "Confidentiality", "draft"), ("6", "Negotiated", "draft")],
        )
        self.assertEqual(str(successor.clause_ids.sorted("number")[0].text), "<p>new</p>")
        self.assertEqual(len(successor.clause_ids.duty_ids), 1)


@tagged("post_install", "-at_install")
class TestAnnex(FlowCase):
    """R-A4: annexes are attached and versioned; the management rules that a clause refers to must be attached."""

    def setUp(self):
        super().setUp()
        self.user = self.flow.users["contract"]

    def annex(self, contract, **values):
        return self.env["franchise.annex"].create({"contract_id": contract.id, **annex_values(**values)})

    def test_signing_needs_the_rules_that_a_clause_refers_to(self):
        contract = draft_contract(self.flow, clause_values("1.4", "Way of working", refers_to_rules=True))
        signing = contract.sudo()
        with self.assertRaisesRegex(UserError, "1.4 “Way of working”.*management rules"), self.env.cr.savepoint():
            signing.action_sign()
        self.assertEqual(contract.state, "draft")
        empty = self.env["franchise.annex"].create(
            {"contract_id": contract.id, "name": "Rules", "kind": "management_rules"}
        )
        with self.assertRaisesRegex(UserError, "1.4"), self.env.cr.savepoint():
            signing.action_sign()
        self.annex(contract, kind="manual", name="Manual")
        with self.assertRaisesRegex(UserError, "1.4"), self.env.cr.savepoint():
            signing.action_sign()
        empty.write({"file": base64.b64encode(b"our rules"), "file_name": "rules.txt"})
        signing.action_sign()
        self.assertEqual(set(contract.annex_ids.mapped("state")), {"in_force"})

    def test_an_agreement_needs_them_too(self):
        agreement = agreement_with(self.flow, clause_values(refers_to_rules=True), activate=False)
        with self.assertRaisesRegex(UserError, "management rules"):
            agreement.with_user(self.user).action_activate()

    def test_the_digest_is_that_of_the_file(self):
        annex = self.annex(draft_contract(self.flow), content=b"rules of 2026")
        self.assertEqual(annex.sha256, hashlib.sha256(b"rules of 2026").hexdigest())
        annex.file = base64.b64encode("规则".encode())
        self.assertEqual(annex.sha256, hashlib.sha256("规则".encode()).hexdigest())

    def test_a_signed_file_neither_changes_nor_goes(self):
        """Nor by way of the attachment behind it, the administrator's included."""
        contract = draft_contract(self.flow)
        annex = self.annex(contract)
        annex.file = base64.b64encode(b"corrected")
        contract.sudo().action_sign()
        self.env.flush_all()
        file = self.env["ir.attachment"].search(
            [("res_model", "=", annex._name), ("res_id", "=", annex.id), ("res_field", "=", "file")]
        )
        self.assertEqual(file.raw, b"corrected")
        for records in (annex, annex.with_user(self.user)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                records.write({"file": base64.b64encode(b"forged")})
            with self.assertRaises(UserError), self.env.cr.savepoint():
                records.unlink()
        for change in (
            {"raw": b"forged"},
            {"datas": base64.b64encode(b"x")},
            {"res_id": 0},
            {"type": "url", "url": "x"},
        ):
            for records in (file, file.with_user(self.user), file.sudo()):
                with self.subTest(change=change), self.assertRaises(UserError), self.env.cr.savepoint():
                    records.write(change)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            file.unlink()
        self.assertEqual(annex.action_check_file()["params"]["type"], "success")

    def test_a_damaged_file_is_found_out(self):
        annex = self.annex(draft_contract(self.flow))
        self.env.flush_all()
        self.env.cr.execute("UPDATE franchise_annex SET sha256 = 'x' WHERE id = %s", [annex.id])
        annex.invalidate_recordset()
        self.assertEqual(annex.action_check_file()["params"]["type"], "danger")

    def test_a_new_version_supersedes_with_its_own_file(self):
        contract = draft_contract(self.flow)
        first = self.annex(contract)
        contract.sudo().action_sign()
        second = self.env["franchise.annex"].browse(first.with_user(self.user).action_amend()["res_id"])
        self.assertEqual((second.version, second.supersedes_id, second.sha256), (2, first, False))
        second.date_from = "2026-07-01"
        with self.assertRaisesRegex(UserError, "no file"), self.env.cr.savepoint():
            second.with_user(self.user).action_confirm()
        second.write({"file": base64.b64encode(b"second"), "file_name": "2.pdf"})
        second.with_user(self.user).action_confirm()
        self.assertEqual(first.date_to, date(2026, 6, 30))
        found = self.env["franchise.annex"]._in_force_on("contract_id", [(contract.id, date(2026, 6, 30))])
        self.assertEqual(found[contract.id, date(2026, 6, 30)], first)
        with self.assertRaises(psycopg2.Error), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.annex(contract, date_from="2026-08-01").action_confirm()
