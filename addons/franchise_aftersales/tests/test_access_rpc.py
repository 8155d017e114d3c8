import inspect
import uuid

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .flow import Flow, FlowCase
from .test_access import MATRIX

# What can be called by RPC beside Odoo's own methods: the worker's interface, and below what users' programs fetch.
API = {
    "endpoints",
    "pending",
    "lease",
    "finish",
    "release",
    "attachments",
    "receive",
    "reconcile_page",
    "report_drift",
    "close_reconciliation",
    "reconcile_turn",
    "status",
    "wake_channel",
}
PROGRAMS = {"fetch_files"}
# Odoo's own methods that ours extend.
OVERRIDDEN = {
    "create",
    "write",
    "unlink",
    "button_draft",
    "button_cancel",
    "report_action",
    "get_import_templates",
    "load",
    "message_new",
    "message_route",
    "db_id_for",
    "get_portal_url",
    "retrieve_attachment",
}

# The overviews: each asks for its role, and counts with the reader's rights (test_insight_overview.py).
DESKS = {"service_desk", "finance_desk"}


@tagged("post_install", "-at_install")
class TestAccessRpc(FlowCase):
    """What the worker and any other client may call (R-G8, R-H1)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_flow = Flow(cls.env)

    def test_the_worker_may_use_its_interface_and_nothing_else(self):
        """R-G8: users, parameters, groups, claims and keys stay shut."""
        worker = self.flow.users["worker"]
        self.assertIn(self.flow.endpoint.code, [entry["code"] for entry in self.flow.api().endpoints()])
        codes = [entry["code"] for entry in self.flow.api().status()["endpoints"]]
        self.assertNotIn(self.other_flow.endpoint.code, codes)
        for model in (
            *MATRIX,
            "ir.config_parameter",
            "ir.model.access",
            "res.groups",
            "account.move",
            "account.move.line",
            "res.partner.bank",
            "ir.attachment",
            "mail.message",
            "res.users.apikeys",
            "ir.cron",
            "ir.rule",
        ):
            with self.subTest(model=model):
                records = self.env[model].sudo().search([], limit=1).with_user(worker)
                self.assertFalse(records.has_access("write"), "write")
                self.assertFalse(records.has_access("create"), "create")
                if model not in ("ir.attachment", "mail.message"):
                    self.assertFalse(records.has_access("read"), "read")
        others = self.flow.users["finance"].with_user(worker)
        with self.assertRaises(AccessError):
            others.read(["login", "email"])
        with self.assertRaises(AccessError):
            others.write({"name": "x"})
        with self.assertRaises(AccessError):
            self.flow.supplier.with_user(worker).read(["name", "email"])
        with self.assertRaises(AccessError):
            self.env["ir.config_parameter"].with_user(worker).get_param("database.secret")

    def test_nobody_else_may_use_the_workers_interface(self):
        """R-G8: the administrator neither."""
        calls = {
            "endpoints": (),
            "pending": (),
            "status": (),
            "wake_channel": (),
            "lease": (self.flow.endpoint.code, 1, 60, "x" * 36),
            "finish": ("x" * 36, []),
            "release": ("x" * 36,),
            "attachments": (["x" * 36],),
            "receive": (self.flow.endpoint.code, []),
            "reconcile_page": (self.flow.endpoint.code,),
            "report_drift": (self.flow.endpoint.code, "x" * 36, []),
            "close_reconciliation": (self.flow.endpoint.code, "x" * 36, 0, [], True),
            "reconcile_turn": (3600,),
        }
        self.assertEqual(set(calls), API)
        for role, user in (*self.flow.users.items(), ("admin", self.env.ref("base.user_admin"))):
            for name, args in calls.items():
                if role != "worker":
                    with self.subTest(role=role, method=name), self.assertRaises(AccessError):
                        getattr(self.env["franchise.sync.api"].with_user(user), name)(*args)

    def test_the_worker_serves_its_own_companies_only(self):
        """R-G8, R-H2: another company's system, messages and leases are unknown to it."""
        theirs, ours = self.other_flow, self.flow
        message = theirs.message(theirs.recovery())
        for call in (
            lambda api: api.lease(theirs.endpoint.code, 1, 60, str(uuid.uuid4())),
            lambda api: api.receive(theirs.endpoint.code, []),
            lambda api: api.reconcile_page(theirs.endpoint.code),
            lambda api: api.report_drift(theirs.endpoint.code, "x" * 36, []),
            lambda api: api.close_reconciliation(theirs.endpoint.code, "x" * 36, 0, [], True),
            lambda api: api.finish(str(uuid.uuid4()), [{"id": message.id, "uuid": message.uuid, "outcome": "ack"}]),
        ):
            with self.assertRaisesRegex(Exception, "no supplier system|fits no message"), self.env.cr.savepoint():
                call(ours.api())
        self.assertEqual(message.state, "pending")

    def test_only_these_methods_can_be_called_by_rpc(self):
        """R-G8: what starts with an underscore is private; the rest is a list to be looked at."""
        found = set()
        for model in self.env.registry.values():
            for base in model.mro():
                if base.__module__.startswith("odoo.addons.franchise_aftersales.models"):
                    found |= {
                        name for name, member in vars(base).items() if inspect.isfunction(member) and name[0] != "_"
                    }
        found = {name for name in found if not name.startswith("action_")}
        self.assertEqual(found - OVERRIDDEN, API | DESKS | PROGRAMS)

    def test_private_methods_are_refused_by_rpc(self):
        service = self.flow.users["service"]
        for model, name in (
            ("franchise.claim", "_trusted"),
            ("franchise.claim", "_move"),
            ("franchise.settlement", "_generate"),
            ("franchise.claim.quota", "_reserve"),
            ("franchise.sync.message", "_requeue"),
            ("franchise.sync.api", "_system"),
            ("franchise.claim.recovery", "_sync_apply_answer"),
        ):
            self.assertTrue(hasattr(self.env[model], name))
            with self.subTest(model=model, name=name), self.assertRaises(AccessError):
                call_kw(self.env[model].with_user(service), name, [[]], {})
