from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.franchise_aftersales.tests.test_resolution_offer import ResolutionCase


@tagged("post_install", "-at_install")
class TestRepairs(ResolutionCase):
    """R-D8: a repair that was promised is a repair order, tracked to done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create({"name": "Kettle", "type": "consu"})
        cls.workshop = cls.flow.make_user("employee")
        cls.workshop.group_ids = [Command.link(cls.env.ref("stock.group_stock_user").id)]

    def promised(self, product=None):
        line = {"purpose": "repair", "product_id": (product or self.product).id, "name": "Kettle", "quantity": 2}
        offer = self.make.offer(stage="accepted", kind="repair", lines=[line])
        return offer.claim_id.execution_ids.filtered(lambda execution: execution.kind == "repair")

    def test_a_repair_order_to_its_end(self):
        execution = self.promised()
        order = execution.repair_ids
        self.assertEqual(
            (order.partner_id, order.product_id, order.product_qty, order.under_warranty, order.company_id),
            (self.flow.franchisee, self.product, 2, True, self.flow.company),
        )
        self.assertIn("破损", order.internal_notes)
        self.assertEqual(execution.state, "open")
        order = order.with_user(self.workshop)
        order.action_validate()
        self.assertEqual(execution.state, "open")
        order.action_repair_start()
        self.assertEqual(execution.state, "underway")
        order.action_repair_end()
        self.assertEqual((order.state, execution.state, execution.done_by_id), ("done", "done", self.workshop))

    def test_by_hand_it_is_not_done(self):
        execution = self.as_role(self.promised(), "service")
        execution.done_note = "repaired"
        self.refused("follows its document", execution.action_finish)

    def test_an_order_that_the_workshop_cancelled(self):
        execution = self.promised()
        execution.repair_ids.with_user(self.workshop).action_repair_cancel()
        self.assertEqual((execution.state, execution.follows_document), ("open", False))
        self.as_role(execution, "service").action_create_document()
        self.assertEqual(execution.repair_count, 2)

    def test_cancelling(self):
        execution = self.promised()
        execution.cancel_reason = "Not worth it"
        self.as_role(execution, "service").action_cancel()
        self.assertEqual((execution.state, execution.repair_ids.state), ("cancelled", "cancel"))

    def test_a_serial_number_is_found(self):
        self.product.tracking = "serial"
        lot = self.env["stock.lot"].create({"name": "SN-1", "product_id": self.product.id})
        claim = self.flow.claim()
        claim.line_ids.lot = "SN-1"
        self.flow.advance(claim, "approved")
        line = {"purpose": "repair", "product_id": self.product.id, "claim_line_id": claim.line_ids.id, "quantity": 1}
        offer = self.make.offer(claim, "draft", kind="repair", lines=[line])
        offer.line_ids.product_id = self.product
        self.as_role(offer, "service").action_make()
        self.make.accept(offer)
        execution = claim.execution_ids.filtered(lambda found: found.kind == "repair")
        self.assertEqual(execution.repair_ids.lot_id, lot)

    def test_what_is_no_product_stays_a_task(self):
        task = self.make.offer(stage="accepted", kind="repair").claim_id.execution_ids
        self.assertFalse(task.repair_count)
        self.as_role(task, "service").done_note = "Repaired on the spot"
        self.as_role(task, "service").action_finish()
        self.assertEqual(task.state, "done")

    def test_nobody_links_an_order_by_hand(self):
        order = self.promised().repair_ids.with_user(self.workshop)
        with self.assertRaises(UserError):
            order.write({"franchise_execution_id": False})
        self.assertIn("franchise_execution_id", order.get_view(view_type="form")["arch"])
