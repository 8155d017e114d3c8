import uuid

from odoo.tests import tagged

from .commit_case import CommitCase
from .flow_portal import goods


@tagged("post_install", "-at_install")
class TestPortalClaimTogether(CommitCase):
    """R-D1: the same form sent by two connections at the same moment is one claim."""

    @classmethod
    def prepare(cls, flow):
        flow.sold = goods(flow)

    def test_a_double_click_is_one_claim(self):
        submission = uuid.uuid4().hex

        def send(world):
            user = world.users["portal_franchisee"]
            intakes = world.env["franchise.claim.intake"].with_user(user)
            values = {
                "sold_line_id": str(world.sold.id),
                "outlet_id": str(world.outlet.id),
                "cause_id": str(world.cause.id),
                "description": "Drips",
                "quantity": "1",
            }
            intakes._submit_in_portal(user.partner_id, submission, values)

        self.together(send, send)
        with self.world() as world:
            intake = world.env["franchise.claim.intake"].search([("submission", "=", submission)])
            self.assertEqual(len(intake), 1)
            self.assertTrue(intake.claim_id)
            self.assertEqual(world.env["franchise.claim"].search_count([("contract_id", "=", world.contract.id)]), 1)
