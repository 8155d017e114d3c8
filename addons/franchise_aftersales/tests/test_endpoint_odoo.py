import psycopg2
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestEndpointOdoo(FlowCase):
    """R-G2: what a claim becomes in a supplier's Odoo is chosen by a profile's name."""

    def test_the_worker_is_told_the_profile(self):
        endpoint = self.flow.endpoint
        self.assertEqual(endpoint._connection()["options"]["profile"], "account_move")
        endpoint.profile = "repair_order"
        self.assertEqual(endpoint._connection()["options"]["profile"], "repair_order")
        endpoint.write({"profile": "own", "profile_name": "helpdesk_2"})
        self.assertEqual(endpoint._connection()["options"]["profile"], "helpdesk_2")

    def test_the_form_asks_for_the_name_of_our_own(self):
        with Form(self.flow.endpoint.with_user(self.flow.users["operator"])) as form:
            form.profile = "own"
            with self.assertRaises(AssertionError):
                form.save()
            form.profile_name = "helpdesk"

    def test_a_name_is_no_path(self):
        for name in (False, "", "../rma", "Rma", "rma.toml", "9x", "a" * 41):
            with (
                self.subTest(name),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
                mute_logger("odoo.sql_db"),
            ):
                self.flow.endpoint.write({"profile": "own", "profile_name": name})
                self.flow.endpoint.flush_recordset()

    def test_a_change_warns_while_claims_wait(self):
        endpoint = self.flow.endpoint
        changed = endpoint.new({"profile": "rma"}, origin=endpoint)
        self.assertIsNone(changed._onchange_profile())
        message = self.flow.message(self.flow.recovery())
        self.flow.finish(self.flow.lease())
        self.assertTrue(message.awaits_answer)
        warning = changed._onchange_profile()["warning"]
        self.assertIn("1 messages wait", warning["message"])
        self.assertIsNone(endpoint.new({"profile": "account_move"}, origin=endpoint)._onchange_profile())
