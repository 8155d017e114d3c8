from lxml import etree
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .flow import MODULE
from .flow_insight import InsightCase

ALL = ("service", "accountant", "finance", "contract", "manager")
SOME = ("service", "accountant", "finance", "manager")
# Reports, and who has them in their menu.
ACTIONS = {
    "franchise_claim_ageing_action": ALL,
    "franchise_recovery_ageing_action": SOME,
    "franchise_supplier_scorecard_action": ALL,
    "franchise_franchisee_scorecard_action": ALL,
    "franchise_sla_attainment_action": ALL,
    "franchise_quality_cost_action": SOME,
    "franchise_measure_trend_action": ALL,
}


@tagged("post_install", "-at_install")
class TestInsightViews(InsightCase):
    """R-F2: every view, filter and group of every report opens for everybody who has it in their menu."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.accepted(100.0)
        cls.flow.claim()
        cls.env.flush_all()

    def opened(self):
        """(action, model as a role sees it, {type of view: its arch}) of each report and role."""
        for name, roles in ACTIONS.items():
            action = self.env.ref(f"{MODULE}.{name}")
            for role in roles:
                model = self.env[action.res_model].with_user(self.flow.users[role])
                views = [(False, mode) for mode in action.view_mode.split(",")] + [(False, "search")]
                found = model.get_views(views)["views"]
                arches = {mode: etree.fromstring(view["arch"]) for mode, view in found.items()}
                with self.subTest(report=name, role=role):
                    yield action, model, arches

    def test_pivots_and_graphs_add_up_what_they_show(self):
        for _action, model, arches in self.opened():
            for mode in ("pivot", "graph"):
                measures, groups = [], []
                for node in arches[mode].iter("field"):
                    field = model._fields[node.get("name")]
                    if node.get("type") == "measure":
                        self.assertTrue(field.aggregator, f"{field} can't be added up")
                        measures.append(f"{field.name}:{field.aggregator}")
                    else:
                        interval = node.get("interval")
                        groups.append(f"{field.name}:{interval}" if interval else field.name)
                self.assertTrue(measures)
                model.formatted_read_grouping_sets([], [[], groups[:1], groups], measures)

    def test_filters_and_groups(self):
        for _action, model, arches in self.opened():
            for node in arches["search"].iter("filter"):
                if node.get("domain"):
                    model.search(safe_eval(node.get("domain"), {"uid": model.env.uid}), limit=1)
                elif node.get("date"):
                    self.assertEqual(model._fields[node.get("date")].type, "date")
                elif node.get("context"):
                    group = safe_eval(node.get("context"))["group_by"]
                    model.formatted_read_group([], [group], ["__count"])

    def test_default_filters_exist(self):
        for action, _model, arches in self.opened():
            names = {node.get("name") for node in arches["search"].iter("filter")}
            wanted = {key.removeprefix("search_default_") for key in safe_eval(action.context or "{}")}
            self.assertLessEqual(wanted, names)
            self.assertIn("o_view_nocontent_smiling_face", action.help)

    def test_lists_read_rows_and_have_no_mean_of_means(self):
        for _action, model, arches in self.opened():
            columns = {node.get("name") for node in arches["list"].iter("field")}
            model.web_search_read([], {name: {} for name in columns}, limit=5)
            self.assertFalse(arches["list"].xpath("//field[@avg]"), "the web client would take the mean of the groups")
            row_action = arches["list"].get("action")
            self.assertTrue(callable(getattr(model, row_action)))

    def test_who_has_them_in_their_menu(self):
        for name, roles in ACTIONS.items():
            menu = self.env["ir.ui.menu"].search(
                [("action", "=", f"ir.actions.act_window,{self.env.ref(f'{MODULE}.{name}').id}")]
            )
            for role in (*ALL, "operator"):
                with self.subTest(report=name, role=role):
                    shown = self.env["ir.ui.menu"].with_user(self.flow.users[role])._visible_menu_ids()
                    self.assertEqual(bool(set(menu.ids) & set(shown)), role in roles)
