import ast

from lxml import etree
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .flow import FlowCase
from .rooms import merged

# Steps that the owner of a duty may take whatever their role; the button hides on others' work.
OWNERS = {("franchise.termination.task", "done"), ("franchise.termination.deidentification", "done")}


def is_hidden(expression, state, others):
    """What an `invisible` says in `state` when every other name in it has the value `others`."""
    tree = ast.parse(expression or "False", mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return safe_eval(ast.unparse(tree), {**dict.fromkeys(names, others), "state": state})


@tagged("post_install", "-at_install")
class TestButtons(FlowCase):
    """R-H1: the buttons on the forms follow the tables of transitions, whatever the other fields say."""

    def buttons(self, model, user=None):
        """[(action, button)] on the model's form that take a step of its table, as `user` sees them."""
        names = {name or f"action_{step}": step for step, name in self.names(model).items()}
        form = etree.fromstring(self.env[model].with_user(user or self.env.user).get_view(view_type="form")["arch"])
        found = form.xpath("//header//button[@type='object']")
        return [(names[button.get("name")], button) for button in found if button.get("name") in names]

    def names(self, model):
        given = merged("BUTTONS")
        return {step: given.get((model, step), f"action_{step}") for step in merged("STEPS")[model]}

    def test_a_button_shows_only_where_its_step_may_begin(self):
        seen = 0
        for model, steps in merged("STEPS").items():
            for step, button in self.buttons(model):
                sources = steps[step][0].split()
                for state in self.env[model]._fields["state"].get_values(self.env):
                    for value in (False, True):
                        hidden = is_hidden(button.get("invisible"), state, value)
                        seen += 1
                        with self.subTest(model=model, step=step, state=state, others=value):
                            self.assertTrue(hidden or state in sources)
        self.assertGreater(seen, 500)

    def test_a_button_shows_only_to_those_who_may_take_its_step(self):
        seen = 0
        for model, steps in merged("STEPS").items():
            for role in ("service", "contract", "accountant", "finance", "operator"):
                user = self.flow.users[role]
                if not self.env[model].with_user(user).has_access("read"):
                    continue
                for step, _button in self.buttons(model, user):
                    if (model, step) in OWNERS:
                        continue
                    seen += 1
                    with self.subTest(model=model, step=step, role=role):
                        self.assertTrue(user.has_group(f"franchise_aftersales.{steps[step][2]}"))
        self.assertGreater(seen, 100)
