import psycopg2
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_network import Network


@tagged("post_install", "-at_install")
class TestConflict(FlowCase):
    """R-A10: conflicts between franchisees, recorded and arbitrated by somebody who has no part in them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net = Network(cls.flow)
        cls.other = cls.net.contract(sign=True)
        cls.clerk = cls.flow.users["contract"]
        cls.judge = cls.flow.users["manager"]

    def conflict(self, **values):
        return (
            self.env["franchise.conflict"]
            .with_user(self.clerk)
            .create(
                {
                    "subject": "Delivery into the other's district",
                    "contract_id": self.flow.contract.id,
                    "other_contract_id": self.other.id,
                    **values,
                }
            )
        )

    def test_from_facts_to_measures(self):
        conflict = self.conflict()
        with self.assertRaisesRegex(UserError, "name an arbitrator"), self.env.cr.savepoint():
            conflict.action_hear()
        conflict.write({"arbitrator_id": self.judge.id, "hearing_date": self.flow.day(2)})
        self.assertEqual(conflict.deadline_date, self.flow.day(2))
        with self.assertRaisesRegex(UserError, "only the arbitrator"), self.env.cr.savepoint():
            conflict.action_hear()
        judged = conflict.with_user(self.judge)
        with self.assertRaisesRegex(UserError, "still to come"), self.env.cr.savepoint():
            judged.action_hear()
        conflict.hearing_date = self.flow.today
        judged.action_hear()
        with self.assertRaisesRegex(UserError, "only the arbitrator"), self.env.cr.savepoint():
            conflict.decision = "In my favour"
        with self.assertRaisesRegex(UserError, "write down the decision"), self.env.cr.savepoint():
            judged.action_decide()
        judged.write({"decision": "Each delivers in its own district", "measures_until": self.flow.day(30)})
        judged.action_decide()
        self.assertEqual((conflict.decided_on, conflict.deadline_date), (self.flow.today, self.flow.day(30)))
        with self.assertRaisesRegex(UserError, "stays"), self.env.cr.savepoint():
            judged.decision = "Another"
        conflict.measures = "Maps to both"
        conflict.action_close()
        self.assertEqual((conflict.state, conflict.deadline_date), ("closed", False))

    def test_the_arbitrator_has_no_part_in_it(self):
        """R-A10: not who entered it, manages one of the contracts, or belongs to one side."""
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.conflict(arbitrator_id=self.clerk.id)
        self.other.user_id = self.judge
        with self.assertRaisesRegex(UserError, "is involved"), self.env.cr.savepoint():
            self.conflict(arbitrator_id=self.judge.id)
        own = self.flow.users["portal_franchisee"]
        with self.assertRaisesRegex(UserError, "is involved"), self.env.cr.savepoint():
            self.conflict(arbitrator_id=own.id)

    def test_an_arbitrator_who_becomes_involved_does_not_decide(self):
        conflict = self.conflict(arbitrator_id=self.judge.id, hearing_date=self.flow.today)
        self.other.user_id = self.judge
        with self.assertRaisesRegex(UserError, "is involved"), self.env.cr.savepoint():
            conflict.with_user(self.judge).action_hear()

    def test_two_franchisees(self):
        same = self.net.contract(franchisee_id=self.flow.franchisee.id)
        with self.assertRaisesRegex(UserError, "two franchisees"), self.env.cr.savepoint():
            self.conflict(other_contract_id=same.id)

    def test_the_database_wants_four_eyes(self):
        conflict = self.conflict()
        self.env.flush_all()
        for column, value in (
            ("arbitrator_id", conflict.entered_by_id.id),
            ("other_contract_id", conflict.contract_id.id),
        ):
            with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env.cr.execute(f"UPDATE franchise_conflict SET {column} = %s WHERE id = %s", [value, conflict.id])
