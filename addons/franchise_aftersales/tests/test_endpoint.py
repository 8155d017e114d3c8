import psycopg2
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.sync.endpoint import ALLOWED_HOSTS_PARAMETER
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestEndpoint(FlowCase):
    """Suppliers' systems: addresses, codes, what the worker is told (R-G2, R-H5)."""

    def test_addresses_inside_a_network_or_unencrypted_are_refused(self):
        for url in (
            "http://erp.supplier.example.com",
            "ftp://erp.supplier.example.com",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https://user:key@erp.supplier.example.com",
            "https://localhost",
            "https://localhost.",
            "https://intranet",
            "https://127.0.0.1",
            "https://127.0.0.1:8069/x",
            "https://127.1",
            "https://0x7f.0.0.1",
            "https://0x7f000001",
            "https://2130706433",
            "https://0.0.0.0",
            "https://10.0.0.8",
            "https://192.168.1.1",
            "https://172.16.0.1",
            "https://169.254.169.254",
            "https://[::1]",
            "https://[fe80::1]",
            "https://[fd00::1]",
            "https://[::ffff:127.0.0.1]",
            "https://erp.local",
            "https://erp.internal",
            "https://ERP.LOCALHOST",
            "https://erp.local.",
        ):
            with self.subTest(url), self.assertRaises(UserError), self.env.cr.savepoint():
                self.flow.endpoint.url = url
        for url in (
            "https://erp.supplier.example.com:8443/odoo",
            "https://8.8.8.8",
            "https://erp.supplier.example.com.",
        ):
            self.flow.endpoint.url = url

    def test_an_administrator_can_allow_a_host(self):
        self.env["ir.config_parameter"].set_param(ALLOWED_HOSTS_PARAMETER, "erp.local, 127.0.0.1")
        for url in ("http://127.0.0.1:8169", "https://ERP.local"):
            self.flow.endpoint.url = url
        with self.assertRaises(UserError):
            self.flow.endpoint.url = "http://127.0.0.2"

    def test_codes_and_sizes(self):
        for values in ({"code": "Ärger"}, {"code": "a"}, {"code": "../x"}, {"batch_size": 0}, {"batch_size": 2001}):
            with (
                self.subTest(values),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.flow.endpoint.write(values)
                self.env.flush_all()
            self.env.invalidate_all()
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.flow.make_endpoint(self.flow.supplier, "twice")

    def test_the_worker_is_told_no_secret(self):
        [told] = [entry for entry in self.flow.api().endpoints() if entry["code"] == self.flow.endpoint.code]
        self.assertEqual(
            set(told),
            {"code", "name", "connector", "enabled", "url", "database", "login", "options", "poll_cursor"},
        )
        self.assertFalse(
            [name for name in self.flow.endpoint._fields if "password" in name or "secret" in name or "key" in name]
        )

    def test_figures(self):
        """R-G6."""
        first, second = self.flow.recovery(), self.flow.recovery()
        self.assertEqual(self.flow.api().pending()[0]["due"], 2)
        self.flow.finish(self.flow.lease(limit=1))
        [figures] = self.flow.api().status()["endpoints"]
        self.assertEqual((figures["pending"], figures["delivered"], figures["awaiting_answer"]), (1, 1, 1))
        self.assertTrue(figures["last_success_at"].endswith("Z"))
        self.flow.receive(self.flow.answer(first))
        [pending] = self.flow.api().pending()
        self.assertEqual((pending["due"], pending["awaiting_answer"]), (1, 0))
        rows = self.flow.api().reconcile_page(self.flow.endpoint.code, 0, 1)
        self.assertEqual(rows["rows"][0]["uuid"], self.flow.message(first).uuid)
        self.assertEqual((rows["rows"][0]["amount"], rows["rows"][0]["accepted_amount"]), ("80.00", "80.00"))
        rest = self.flow.api().reconcile_page(self.flow.endpoint.code, rows["next"], 5)
        self.assertEqual([row["uuid"] for row in rest["rows"]], [self.flow.message(second).uuid])
        self.assertEqual(rest["next"], 0)

    def test_whoever_may_see_the_system_may_see_how_many_messages_wait(self):
        """R-G6: finance and accountants read suppliers' systems, but not the messages."""
        self.flow.recovery()
        for role in ("finance", "accountant", "operator"):
            with self.subTest(role=role):
                endpoint = self.as_role(self.flow.endpoint, role)
                endpoint.invalidate_recordset()
                self.assertEqual((endpoint.pending_count, endpoint.failed_count), (1, 0))
