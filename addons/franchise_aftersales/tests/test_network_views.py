from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .flow import MODULE, FlowCase
from .rooms import network

ACTIONS = (
    "franchise_territory_action",
    "franchise_territory_lookup_action",
    "franchise_outlet_change_action",
    "franchise_outlet_action",
    "franchise_contract_action",
    "franchise_application_action",
    "franchise_site_study_action",
    "franchise_qualification_action",
    "franchise_question_action",
    "franchise_review_action",
    "franchise_review_open_action",
    "franchise_review_criterion_action",
    "franchise_inspection_action",
    "franchise_inspection_finding_action",
    "franchise_inspection_plan_action",
    "franchise_conflict_action",
)
ROLES = ("service", "contract", "finance", "accountant", "manager")


@tagged("post_install", "-at_install")
class TestNetworkViews(FlowCase):
    """R-A1, R-A3, R-A9, R-A10, R-A12: every screen opens for everybody who may read what it shows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = network.records(cls.flow, {}) | {
            "franchise.contract": cls.flow.contract,
            "franchise.outlet": cls.flow.outlet,
        }

    def test_every_screen_for_every_role(self):
        opened = 0
        for name in ACTIONS:
            action = self.env.ref(f"{MODULE}.{name}")
            for role in ROLES:
                model = self.env[action.res_model].with_user(self.flow.users[role])
                if not model.has_access("read"):
                    continue
                with self.subTest(action=name, role=role):
                    views = model.get_views(
                        [(False, mode) for mode in action.view_mode.split(",")] + [(False, "search")]
                    )
                    self.assertTrue(views["views"])
                    record = self.made[action.res_model].with_user(self.flow.users[role])
                    if model._transient:
                        record = model.create({}) if model.has_access("create") else model
                    if "form" in action.view_mode and record:
                        Form(record)
                        opened += 1
        self.assertGreater(opened, 30)

    def test_menus(self):
        """R-H1: nobody is led to a screen that they may not see."""
        menus = self.env["ir.ui.menu"].search([("action", "!=", False)])
        actions = {f"ir.actions.act_window,{self.env.ref(f'{MODULE}.{name}').id}" for name in ACTIONS}
        ours = menus.filtered(lambda menu: f"{menu.action._name},{menu.action.id}" in actions)
        self.assertGreaterEqual(len(ours), len(ACTIONS))
        for role in ROLES:
            visible = ours.with_user(self.flow.users[role])._filter_visible_menus()
            for menu in visible:
                with self.subTest(role=role, menu=menu.name):
                    try:
                        self.env[menu.sudo().action.res_model].with_user(self.flow.users[role]).check_access("read")
                    except AccessError:
                        self.fail("the menu leads to what the role may not read")
