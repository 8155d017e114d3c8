from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..security.access import ACCESS
from .flow import PORTAL, Flow, FlowCase
from .rooms import all_records

MATRIX = {model: entry for model, entry in ACCESS.items() if model.startswith("franchise.")}


@tagged("post_install", "-at_install")
class TestAccess(FlowCase):
    """Access by role and company, from one table (R-H1, R-H2, R-G8)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = all_records(cls.flow)
        cls.other_flow = Flow(cls.env)
        cls.other = all_records(cls.other_flow)
        cls.env.flush_all()

    def allowed(self, records, letter):
        """Whether a real call is let through by access rights and rules; what business refuses afterwards doesn't count."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                if letter == "r":
                    records.read(["display_name"])
                elif letter == "w":
                    records.write({})
                elif letter == "c":
                    records.browse().create({})
                else:
                    records.unlink()
                raise ZeroDivisionError  # undo
        except AccessError:
            return False
        except ZeroDivisionError:
            return True
        except Exception:
            # Past the first door the document itself refused (an empty record, a fixed one): then the rights alone are asked.
            return records.has_access({"c": "create", "w": "write", "d": "unlink", "r": "read"}[letter])

    def test_the_table_names_every_model(self):
        ours = {
            name for name, model in self.env.registry.items() if name.startswith("franchise.") and not model._abstract
        }
        self.assertEqual(ours, set(MATRIX))
        for name, records in self.own.items():
            self.assertEqual(len(records), 1, name)
            self.assertEqual(len(self.other[name]), 1, name)

    def test_every_model_role_and_operation_in_the_own_company(self):
        for model, (rights, _company, _portal) in MATRIX.items():
            for role, user in self.flow.users.items():
                if role in PORTAL:
                    continue  # what is whose in the portal has a test of its own
                records = self.own[model].with_user(user)
                # A dialogue: whose it is, not which company's.
                if self.env[model]._transient and "c" in rights.get(role, ""):
                    records = records.create({})
                for letter in "crwd":
                    with self.subTest(model=model, role=role, operation=letter):
                        self.assertEqual(self.allowed(records, letter), letter in rights.get(role.rstrip("2"), ""))

    def test_portal_users_see_their_own_records_only(self):
        """R-H1: what the table gives the portal, on own records; nothing of a neighbour's in the same company."""
        for model, (rights, _company, portal) in MATRIX.items():
            seen = []
            for role in PORTAL:
                records = self.own[model].with_user(self.flow.users[role])
                with self.subTest(model=model, role=role):
                    if self.allowed(records, "r"):
                        seen.append(role)
                        for letter in "wd":
                            self.assertEqual(self.allowed(records, letter), letter in rights.get("portal", ""), letter)
            with self.subTest(model=model):
                self.assertNotIn("portal", seen, "a stranger sees it")
                self.assertEqual(bool(seen), bool(portal), f"seen by {seen}")

    def test_nothing_of_another_company(self):
        """R-H2: not by search, group, name, read, export, write or delete."""
        for model, (rights, company, _portal) in MATRIX.items():
            if not company:
                continue
            theirs = self.other[model]
            for role in (set(rights) - {"portal"}) | (set(PORTAL) if "portal" in rights else set()):
                records = theirs.with_user(self.flow.users[role]).with_context(
                    allowed_company_ids=self.flow.company.ids
                )
                with self.subTest(model=model, role=role):
                    self.assertFalse(records.search([("id", "in", theirs.ids)]))
                    self.assertFalse(records._read_group([("id", "in", theirs.ids)], [], ["__count"])[0][0])
                    self.assertFalse(records.name_search("", [("id", "in", theirs.ids)]))
                    for letter in "rwd":
                        self.assertFalse(self.allowed(records, letter), letter)
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        records.export_data(["id", "display_name"])

    def test_a_forged_company_in_the_context_opens_nothing(self):
        theirs = self.other["franchise.claim"]
        claims = theirs.with_user(self.flow.users["manager"]).with_context(
            allowed_company_ids=self.other_flow.company.ids
        )
        with self.assertRaises(AccessError):
            claims.search([("id", "in", theirs.ids)])

    def test_no_document_is_created_in_another_company(self):
        theirs = self.other_flow
        values = theirs.claim_values([("labour", None, 5.0)])
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values)
        line = {"claim_id": self.other["franchise.claim"].id, "kind": "labour", "name": "x", "amount_claimed": 1}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["franchise.claim.line"].with_user(self.flow.users["service"]).create(line)

    def test_evidence_is_edited_and_deleted_by_nobody(self):
        """R-G6: payloads sent, attempts and answers; the administrator too."""
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        changes = {
            "franchise.sync.message": {
                "payload": "{}",
                "state": "delivered",
                "uuid": "x",
                "next_attempt_at": "2020-01-01",
            },
            "franchise.sync.attempt": {"outcome": "ack", "request": "x"},
            "franchise.sync.inbox": {"raw": "x", "state": "applied"},
        }
        for model, values in changes.items():
            for user in (admin, self.flow.users["manager"], self.flow.users["operator"], self.flow.users["worker"]):
                records = self.own[model].with_user(user)
                for name, value in values.items():
                    with self.subTest(model=model, user=user.name, field=name), self.assertRaises(AccessError):
                        records.write({name: value})
                with self.assertRaises(AccessError):
                    records.unlink()
                with self.assertRaises(AccessError):
                    records.create({"endpoint_id": self.flow.endpoint.id})

    def test_service_staff_see_posted_vendor_bill_lines_only(self):
        """R-H1: no other journal item, not even by a bill's own entry."""
        item = self.flow.bill()
        draft = item.move_id.copy()
        hidden = (item.move_id.line_ids - item) | draft.line_ids | self.flow.settlement(state="posted").move_id.line_ids
        service = self.flow.users["service"]
        seen = self.env["account.move.line"].with_user(service).search([("id", "in", (hidden | item).ids)])
        self.assertEqual(seen, item)
        self.assertEqual(item.with_user(service).price_unit, 100)
        for record in (*hidden, draft):
            with self.assertRaises(AccessError):
                record.with_user(service).read(["name"])
        for operation in ("create", "write", "unlink"):
            self.assertFalse(item.with_user(service).has_access(operation))
            self.assertFalse(item.move_id.with_user(service).has_access(operation))

    def test_resending_needs_the_operator(self):
        message = self.own["franchise.sync.message"]
        for role in ("service", "finance", "accountant", "contract", "worker", "employee"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                message.with_user(self.flow.users[role]).action_replay()
