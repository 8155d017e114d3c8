from unittest.mock import patch

from odoo.http import Request
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException

from ..controllers import portal_statement
from .rooms.statement import sent
from .test_portal_browser import SIGN
from .test_portal_signing import PortalCase

MODEL = "franchise.statement.confirmation"


class StatementPortalCase(PortalCase):
    def lines(self, statement):
        return statement.settlement_id.line_ids

    def post(self, statement, role="portal_supplier", token=None, **values):
        """Send what was entered for the lines."""
        self.login(role)
        values["csrf_token"] = Request.csrf_token(self)
        if token is not None:
            values["access_token"] = token
        return self.url_open(f"{statement.access_url}/differences", data=values, allow_redirects=False)

    def differ(self, statement, amount="70.00", reason="One item short", **kwargs):
        line = self.lines(statement)[0]
        return self.post(statement, **{f"amount_{line.id}": amount, f"reason_{line.id}": reason, **kwargs})


@tagged("post_install", "-at_install")
class TestPortalStatement(StatementPortalCase):
    """R-E4: the partner agrees to a statement in the portal, or disputes it by line."""

    def test_the_partner_reads_and_agrees(self):
        statement = sent(self.flow)
        page = self.page(statement, role="portal_supplier")
        self.assertEqual(page.status_code, 200)
        for words in (statement.settlement_id.name, "Closing balance", "80.00", "I see this differently"):
            self.assertIn(words, page.text)
        self.assertTrue(statement.viewed_at)
        kept = self.page(statement, role="portal_supplier", report_type="pdf")
        self.assertEqual(kept.content, statement.archive_id.raw)
        self.assertTrue(self.accept(statement, role="portal_supplier").get("force_refresh"))
        self.assertEqual(
            (statement.state, statement.answered_by, statement.answered_how), ("agreed", "Li Wei", "portal")
        )
        self.assertTrue(statement.answer_signature and statement.answer_ip)
        again = self.accept(statement, role="portal_supplier", name="Somebody Else")
        self.assertTrue(again.get("force_refresh"))
        self.assertEqual(statement.answered_by, "Li Wei")

    def test_disputed_by_line(self):
        """R-E4: differences are kept first, sent by signature then; later they may agree after all."""
        statement = sent(self.flow)
        self.assertEqual(self.differ(statement).status_code, 303)
        self.assertEqual(statement.position_ids.mapped("amount_theirs"), [70.0])
        self.assertEqual(statement.state, "sent", "nothing is answered before the signature")
        page = self.page(statement, role="portal_supplier", message="kept").text
        self.assertIn("One item short", page)
        self.assertTrue(self.accept(statement, role="portal_supplier").get("force_refresh"))
        self.assertEqual(statement.state, "disputed")
        page = self.page(statement, role="portal_supplier").text
        self.assertIn("One item short", page)
        self.assertNotIn("I see this differently", page)
        self.assertTrue(self.accept(statement, role="portal_supplier", name="Wang").get("force_refresh"))
        self.assertEqual((statement.state, statement.answered_by), ("agreed", "Wang"))

    def test_taking_a_difference_back(self):
        statement = sent(self.flow)
        self.differ(statement)
        self.differ(statement, amount="", reason="")
        self.assertFalse(statement.position_ids)

    def test_an_amount_that_is_missing(self):
        statement = sent(self.flow)
        values = {"name_missing_0": "Freight of May", "amount_missing_0": "-12.50", "reason_missing_0": "Not paid yet"}
        self.post(statement, **values)
        position = statement.position_ids
        self.assertEqual(
            (position.name, position.amount_theirs, position.amount_difference), ("Freight of May", -12.5, 12.5)
        )

    def test_bad_input_is_shown_again_with_its_reason(self):
        """R-E4: nothing that was typed is lost, nothing is half-kept."""
        statement = sent(self.flow)
        self.differ(statement)
        for values, words in (
            ({"amount": "much"}, "as a number"),
            ({"amount": "NaN"}, "as a number"),
            ({"amount": "-Infinity"}, "as a number"),
            ({"amount": "1e400"}, "as a number"),
            ({"amount": "9" * 19}, "as a number"),
            ({"amount": "80.00"}, "no difference to tell"),
            ({"reason": " "}, "say why"),
            ({"amount_missing_0": "5", "reason_missing_0": "x"}, "what is missing"),
        ):
            with self.subTest(words=words, values=values):
                page = self.differ(statement, **values)
                self.assertEqual(page.status_code, 200)
                self.assertIn(words, page.text)
                self.assertEqual(statement.position_ids.mapped("amount_theirs"), [70.0])
        self.assertIn('value="much"', self.differ(statement, amount="much").text)

    def test_lines_of_other_pages_and_of_others_stay(self):
        """R-E4: a page keeps its own lines' differences; a line of somebody else's statement can't be named."""
        statement = sent(self.flow)
        other = sent(self.flow)
        foreign = self.lines(other)[0]
        self.post(statement, **{f"amount_{foreign.id}": "1", f"reason_{foreign.id}": "x"})
        self.assertFalse(statement.position_ids | other.position_ids)
        self.differ(statement)
        with patch.object(portal_statement, "LINES", 1):
            line = self.lines(statement)[0]
            line.sudo().env.cr.execute(
                "INSERT INTO franchise_settlement_line (settlement_id, company_id, partner_id, currency_id, state, source_model,"
                " source_id, source_line, kind, revision, date, name, amount) SELECT settlement_id, company_id, partner_id,"
                " currency_id, state, source_model, 2000000000, 0, kind, 1, date + 1, 'Second', 5 FROM"
                " franchise_settlement_line WHERE id = %s",
                [line.id],
            )
            self.env.invalidate_all()
            second = self.lines(statement) - line
            page = self.page(statement, role="portal_supplier", lines=2)
            self.assertIn("Second", page.text)
            self.post(statement, lines=2, **{f"amount_{second.id}": "4", f"reason_{second.id}": "Rounded"})
        self.assertEqual(sorted(statement.position_ids.mapped("amount_theirs")), [4.0, 70.0])

    def test_strangers_wrong_tokens_and_guessed_ids_are_turned_away(self):
        """R-H1: whoever isn't the partner learns nothing and changes nothing."""
        statement = sent(self.flow)
        other = sent(self.flow)
        for role, token in (
            ("portal", None),
            ("portal", "wrong"),
            ("portal_franchisee", None),
            (None, None),
            (None, other.access_token or "none"),
        ):
            with self.subTest(role=role, token=token):
                self.assertEqual(self.page(statement, token=token, role=role).status_code, 303)
                self.assertEqual(self.page(statement, token=token, role=role, report_type="pdf").status_code, 303)
                self.differ(statement, role=role, token=token)
                self.assertIn("error", self.accept(statement, token=token, role=role))
        missing = self.env[MODEL].browse(statement.id + 100000)
        self.assertEqual(self.page(missing, token="x").status_code, 303)
        self.assertEqual(statement.state, "sent")
        self.assertFalse(statement.position_ids)

    def test_the_link_of_the_mail_is_enough(self):
        statement = sent(self.flow)
        token = statement.access_token
        self.assertEqual(self.page(statement, token=token).status_code, 200)
        self.differ(statement, role=None, token=token)
        self.assertEqual(len(statement.position_ids), 1)
        self.assertTrue(self.accept(statement, token=token).get("force_refresh"))
        self.assertEqual(statement.state, "disputed")

    def test_drafts_our_own_people_and_answered_ones(self):
        statement = sent(self.flow)
        self.flow.users["finance"].password = "portal-Password-1"
        self.assertIn("error", self.accept(statement, role="finance"), "our own people don't answer")
        self.differ(statement, role="finance")
        self.assertFalse(statement.position_ids)
        self.assertIn("error", self.accept(statement, role="portal_supplier", signature="PHN2Zz4="))
        statement.action_withdraw()
        self.assertIn("error", self.accept(statement, role="portal_supplier"))
        self.assertIn("nothing was changed", self.differ(statement).text)
        self.assertFalse(statement.position_ids)

    def test_the_list_and_cards_show_their_own_only(self):
        statement = sent(self.flow)
        self.login("portal_supplier")
        name = statement.settlement_id.name
        self.assertIn(name, self.url_open("/my/franchise/statements?filterby=open").text)
        counters = {"counters": ["franchise_statement_count", "franchise_statement_open_count"]}
        self.assertEqual(
            self.make_jsonrpc_request("/my/counters", counters),
            {"franchise_statement_count": 1, "franchise_statement_open_count": 1},
        )
        self.login("portal_franchisee")
        self.assertNotIn(name, self.url_open("/my/franchise/statements").text)

    def test_internal_fields_stay_internal(self):
        """R-H1: what a portal user may read by RPC is a list of fields; writing is refused."""
        statement = sent(self.flow)
        self.login("portal_supplier")

        def call(method, *args):
            params = {"model": MODEL, "method": method, "args": [[statement.id], *args], "kwargs": {}}
            return self.make_jsonrpc_request(f"/web/dataset/call_kw/{MODEL}/{method}", params)

        self.assertEqual(call("read", ["state"])[0]["state"], "sent")
        for name in ("user_id", "access_token", "silence", "answer_ip", "message_ids"):
            with self.subTest(field=name), self.assertRaises(JsonRpcException):
                call("read", [name])
        for method, args in (("write", [{"state": "agreed"}]), ("action_withdraw", []), ("action_agree", [])):
            with self.subTest(method=method), self.assertRaises(JsonRpcException):
                call(method, *args)


@tagged("post_install", "-at_install")
class TestStatementOnAPhone(StatementPortalCase):
    """R-E4: agreeing in a real browser of a phone's width, by the link of the mail."""

    browser_size = "375x812"
    touch_enabled = True

    def test_agreeing(self):
        statement = sent(self.flow)
        self.browser_js(statement.get_portal_url(), SIGN, ready="document.readyState === 'complete'", timeout=120)
        self.assertEqual((statement.state, statement.answered_by), ("agreed", "Li Wei"))
