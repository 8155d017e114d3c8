import uuid

from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

from .commit_case import CommitCase
from .flow_portal_claim import goods


@tagged("post_install", "-at_install")
class TestPortalClaimTogether(CommitCase):
    """R-D1: the same form sent by two connections at the same moment is one claim."""

    @classmethod
    def prepare(cls, flow):
        flow.sold = goods(flow)

    def test_a_double_click_is_one_claim(self):
        submission = uuid.uuid4().hex

        def send(env):
            world = self.world(env)
            user = world.users["portal_franchisee"]
            values = {
                "sold_line_id": str(world.sold.id),
                "outlet_id": str(world.outlet.id),
                "cause_id": str(world.cause.id),
                "description": "Drips",
                "quantity": "1",
            }
            intakes = env["franchise.claim.intake"].with_user(user)
            try:
                return intakes._submit_in_portal(user.partner_id, submission, values).id
            except UniqueViolation:
                return None  # as the controller does: the page that follows finds the other one's

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(send, send)
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        self.assertEqual(len({result for result, _tries, _error in results if result}), 1)
        with self.transaction(commit=False) as env:
            world = self.world(env)
            intake = env["franchise.claim.intake"].search([("submission", "=", submission)])
            self.assertEqual(len(intake), 1)
            self.assertTrue(intake.claim_id)
            self.assertEqual(env["franchise.claim"].search_count([("contract_id", "=", world.contract.id)]), 1)
