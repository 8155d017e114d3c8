import json

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .flow import ROLES, FlowCase
from .rooms import all_documents, merged, state_values

# The agreed table, written down a second time: who may take which step, from where to where.
EXPECTED = merged("STEPS")
STEP_VALUES = merged("STEP_VALUES")
BUTTONS = merged("BUTTONS")
IMPLIED = {
    "manager": {"group_contract", "group_service", "group_finance", "group_accountant", "group_sync_operator"},
    "finance": {"group_accountant"},
}
FORGED = (True, 1, 1.5, "true", "<object object>", [], {}, [1], {"a": 1}, None, False)


@tagged("post_install", "-at_install")
class TestTransitions(FlowCase):
    """Every document moves by its table and in no other way (R-D7, R-E5, R-H1, R-H4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.documents = all_documents(cls.flow)

    def put(self, model, state):
        """The model's document, put into `state` past the table."""
        document = self.documents[model]
        document._trusted().write({**state_values(self.flow, model, state), "state": state})
        self.env.flush_all()
        return document

    def test_the_table_is_the_agreed_one(self):
        tables = {
            name: model._transitions
            for name, model in self.env.registry.items()
            if getattr(model, "_transitions", None) and not model._abstract
        }
        self.assertEqual(tables.keys(), EXPECTED.keys())
        for name, steps in tables.items():
            found = {
                action: (" ".join(step.sources), step.target, step.group.removeprefix("franchise_aftersales."))
                for action, step in steps.items()
            }
            self.assertEqual(found, EXPECTED[name], name)

    def test_every_state_action_and_role(self):
        """R-H1: allowed exactly where the table says so."""
        tried = 0
        for model, steps in EXPECTED.items():
            for state in self.states(model):
                document = self.put(model, state)
                for action, (sources, _target, group) in steps.items():
                    for role, own in ROLES.items():
                        allowed = group == own or group in IMPLIED.get(role, ())
                        tried += 1
                        with self.subTest(model=model, state=state, action=action, role=role):
                            try:
                                document.with_user(self.flow.users[role])._check_transition(action)
                                found = "yes"
                            except AccessError:
                                found = "role"
                            except UserError:
                                found = "state"
                            expected = "role" if not allowed else "yes" if state in sources.split() else "state"
                            self.assertEqual(found, expected)
        combinations = sum(len(self.states(model)) * len(steps) for model, steps in EXPECTED.items())
        self.assertEqual(tried, combinations * len(ROLES))

    def states(self, model):
        return self.env[model]._fields["state"].get_values(self.env)

    def test_buttons_ask_the_table(self):
        """R-H1: every public button refuses a user without the step's role."""
        for model, steps in EXPECTED.items():
            for action, (sources, _target, group) in steps.items():
                button = BUTTONS.get((model, action), f"action_{action}")
                if button is None:
                    self.assertFalse(hasattr(self.env[model], f"action_{action}"))
                    continue
                document = self.put(model, sources.split()[0])
                for role in {"accountant", "operator", "worker"} - {group.removeprefix("group_")}:
                    with (
                        self.subTest(model=model, action=action, role=role),
                        self.assertRaises(AccessError),
                        self.env.cr.savepoint(),
                    ):
                        getattr(document.with_user(self.flow.users[role]), button)()
                    self.assertEqual(document.state, sources.split()[0])

    def test_state_is_never_written_directly(self):
        """R-H4: nor with a context that pretends to be the table, by the administrator, as RPC calls it."""
        for model in EXPECTED:
            states = self.states(model)
            document = self.put(model, states[0])
            for forged in FORGED:
                context = json.loads(json.dumps({**self.env.context, "franchise_moving": forged}))
                with self.subTest(model=model, forged=forged), self.assertRaises(UserError), self.env.cr.savepoint():
                    call_kw(self.env[model], "write", [document.ids, {"state": states[1]}], {"context": context})
            self.assertEqual(document.state, states[0])

    def test_no_document_is_created_past_its_first_state(self):
        """R-H4: neither by a value nor by a default in the context."""
        base = self.flow.claim_values([("labour", None, 5.0)])
        for state in ("submitted", "approved", "closed"):
            with self.subTest(state=state), self.assertRaises(UserError), self.env.cr.savepoint():
                self.env["franchise.claim"].create({**base, "state": state})
            with self.subTest(default=state):
                claim = (
                    self.env["franchise.claim"].with_context(default_state=state, franchise_moving=True).create(base)
                )
                self.assertEqual(claim.state, "draft")
        settlement = {
            "partner_id": self.flow.partner("P").id,
            "party": "supplier",
            "currency_id": self.flow.currency.id,
            "date_to": self.flow.today,
            "company_id": self.flow.company.id,
        }
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["franchise.settlement"].create({**settlement, "state": "confirmed"})

    def test_what_a_document_works_out_by_itself_is_not_entered(self):
        """R-D7, R-E5: in no state, by nobody; defaults in the context don't count."""
        for model, values in STEP_VALUES.items():
            document = self.documents[model]
            for state in self.states(model):
                self.put(model, state)
                for name, value in values.items():
                    with (
                        self.subTest(model=model, state=state, field=name),
                        self.assertRaises(UserError),
                        self.env.cr.savepoint(),
                    ):
                        document.with_context(franchise_moving=True).write({name: value})
        base = self.flow.claim_values([("labour", None, 5.0)])
        for name, value in STEP_VALUES["franchise.claim"].items():
            with self.subTest(create=name), self.assertRaises(UserError), self.env.cr.savepoint():
                self.env["franchise.claim"].create({**base, name: value})
        service = self.flow.users["service"]
        claims = (
            self.env["franchise.claim"].with_user(service).with_context(default_entered_by_id=1, default_amount_own=9)
        )
        claim = claims.create(base)
        self.assertEqual((claim.entered_by_id, claim.amount_own), (service, 0))

    def test_frozen_fields_change_only_while_editable(self):
        """R-H4: what a document says is fixed once it left its first state."""
        for model in EXPECTED:
            document = self.documents[model]
            states = self.states(model)
            frozen = [
                name
                for name in document._get_frozen_fields()
                if document._fields[name].type not in ("one2many", "many2many")
            ]
            self.assertTrue(frozen)
            for state in states:
                if state in document._editable_states:
                    continue
                self.put(model, state)
                for name in frozen:
                    with (
                        self.subTest(model=model, state=state, field=name),
                        self.assertRaises(UserError),
                        self.env.cr.savepoint(),
                    ):
                        call_kw(
                            self.env[model],
                            "write",
                            [
                                document.ids,
                                {
                                    name: document[name].id
                                    if document._fields[name].type == "many2one"
                                    else document[name]
                                },
                            ],
                            {},
                        )

    def test_a_refused_step_names_the_document_and_the_states(self):
        claim = self.put("franchise.claim", "approved")
        with self.assertRaisesRegex(UserError, f"{claim.name}.*Approved.*Draft"):
            claim._check_transition("submit")

    def test_nothing_is_deleted_after_its_first_state(self):
        for model in EXPECTED:
            for state in self.states(model)[1:]:
                document = self.put(model, state)
                with self.subTest(model=model, state=state), self.assertRaises(UserError), self.env.cr.savepoint():
                    document.unlink()
