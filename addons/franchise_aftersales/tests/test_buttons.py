import ast
from typing import NamedTuple

from lxml import etree
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .flow import FlowCase
from .rooms import merged

ROLES = ("service", "contract", "accountant", "finance", "operator")
# Steps that the owner of a duty may take whatever their role; the button hides on others' work.
OWNERS = {("franchise.termination.task", "done"), ("franchise.termination.deidentification", "done")}
SOMEBODY_ELSES = {"user_id": 1, "uid": 2}


class _ParentNames(ast.NodeTransformer):
    """`parent.state`, of the form around an embedded list, as a plain name: it isn't the row's state."""

    def visit_Attribute(self, node):
        return ast.copy_location(ast.Name(id=f"{ast.unparse(node.value)}_{node.attr}", ctx=ast.Load()), node)


def is_hidden(expression, state, others, **values):
    """What an `invisible` says in `state` when every name in it but `values` has the value `others`."""
    tree = _ParentNames().visit(ast.parse(expression or "False", mode="eval"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return safe_eval(ast.unparse(tree), {**dict.fromkeys(names, others), **values, "state": state})


class Button(NamedTuple):
    """A button that takes a step: the document's model, the step, its `invisible`, where it was found."""

    model: str
    step: str
    invisible: str
    place: str
    # Over a list: it acts on the rows that were chosen, whatever their states; no expression could hide it.
    over_list: bool


@tagged("post_install", "-at_install")
class TestButtons(FlowCase):
    """R-H1: the buttons of every form, list and card follow the tables of transitions, whatever other fields say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        given = merged("BUTTONS")
        cls.steps = merged("STEPS")
        cls.names = {
            (model, given.get((model, step), f"action_{step}")): step
            for model, steps in cls.steps.items()
            for step in steps
        }
        cls.views = cls.env["ir.ui.view"].search(
            [
                ("model", "=like", "franchise.%"),
                ("type", "in", ("form", "list", "kanban")),
                ("mode", "=", "primary"),
            ]
        )

    def buttons(self, user):
        """Every button of a step in the views that `user` may open, as they see them."""
        found = []
        for view in self.views:
            model = self.env[view.model].with_user(user)
            if model.has_access("read"):
                arch = etree.fromstring(model.get_view(view.id, view.type)["arch"])
                found += self.buttons_below(arch, view.model, view.xml_id)
        return found

    def buttons_below(self, node, model, place):
        """Those below `node`, whose fields are `model`'s; a list inside a field has those of the field's model."""
        if node.tag == "field" and len(node) and node.get("name") in self.env[model]._fields:
            field = self.env[model]._fields[node.get("name")]
            model, place = field.comodel_name or model, f"{place} {field.name}"
        if node.tag in ("button", "a") and node.get("type") == "object" and (model, node.get("name")) in self.names:
            over_list = [parent.tag for parent in node.iterancestors()][:2] == ["header", "list"]
            step = self.names[model, node.get("name")]
            return [Button(model, step, node.get("invisible"), place, over_list)]
        return [button for child in node for button in self.buttons_below(child, model, place)]

    def test_a_button_shows_only_where_its_step_may_begin(self):
        places = set()
        manager = self.flow.users["manager"]
        for button in self.buttons(manager):
            if button.over_list:
                continue
            places.add((button.model, button.step, button.place))
            sources = self.steps[button.model][button.step][0].split()
            for state in self.env[button.model]._fields["state"].get_values(self.env):
                for value in (False, True):
                    with self.subTest(button=button, state=state, others=value):
                        self.assertTrue(is_hidden(button.invisible, state, value) or state in sources)
        self.assertGreater(len(places), 100)
        in_lists = {(model, step) for model, step, place in places if " " in place or "view_list" in place}
        self.assertGreaterEqual(
            in_lists,
            {
                ("franchise.contract.version", "confirm"),
                ("franchise.service.agreement.version", "confirm"),
                ("franchise.termination.impact", "decide"),
                ("franchise.termination.task", "done"),
                ("franchise.termination.deidentification", "done"),
            },
        )

    def test_a_button_shows_only_to_those_who_may_take_its_step(self):
        seen = set()
        for role in ROLES:
            user = self.flow.users[role]
            for button in self.buttons(user):
                seen.add((role, button.model, button.step, button.over_list))
                may = user.has_group(f"franchise_aftersales.{self.steps[button.model][button.step][2]}")
                with self.subTest(button=button, role=role):
                    if (button.model, button.step) in OWNERS and not may:
                        hidden = is_hidden(button.invisible, "open", True, **{**SOMEBODY_ELSES, "id": 1})
                        self.assertTrue(hidden, "It shows on somebody else's duty.")
                    else:
                        self.assertTrue(may)
        self.assertGreater(len(seen), 100)
        over_lists = {(model, step) for _role, model, step, over_list in seen if over_list}
        self.assertGreaterEqual(
            over_lists,
            {
                ("franchise.claim.intake", "claim"),
                ("franchise.settlement", "post"),
                ("franchise.charge", "confirm"),
                ("franchise.exchange", "approve"),
                ("franchise.sales.report", "confirm"),
            },
        )
        self.assertIn(("service", "franchise.termination.task", "done", False), seen)
