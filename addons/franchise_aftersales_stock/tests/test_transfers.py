from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.franchise_aftersales.tests.test_resolution_offer import ResolutionCase


@tagged("post_install", "-at_install")
class TestTransfers(ResolutionCase):
    """R-D8: replacements, gifts and goods that come back are transfers of Inventory, tracked to done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create({"name": "Kettle", "type": "consu", "is_storable": True})
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.flow.company.id)], limit=1)
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.warehouse.lot_stock_id, 20)
        cls.prompt = cls.flow.partner("Prompt")
        level = {"kind": "delivery", "duration": 3, "unit": "days"}
        cls.flow.make_agreement(cls.prompt, level_ids=[Command.create(level)])
        cls.keeper = cls.flow.make_user("employee")
        cls.keeper.group_ids = [Command.link(cls.env.ref("stock.group_stock_user").id)]

    def promised(self, purpose, quantity=3, product=None, **values):
        """What is done for an accepted offer of goods."""
        line = {"purpose": purpose, "product_id": (product or self.product).id, "name": "Kettle", "quantity": quantity}
        kind = "replace" if purpose == "replace" else "goodwill"
        return self.make.offer(stage="accepted", kind=kind, lines=[{**line, **values}]).claim_id.execution_ids

    def validate(self, picking, quantity, backorder=False):
        """The warehouse keeper, who has no role in claims, moves `quantity`."""
        picking = picking.with_user(self.keeper)
        picking.move_ids.write({"quantity": quantity, "picked": True})
        context = {"skip_backorder": True, "picking_ids_not_to_backorder": [] if backorder else picking.ids}
        picking.with_context(**context).button_validate()

    def test_a_replacement_goes_out_and_the_broken_one_comes_back(self):
        back, out = self.promised("replace").sorted(lambda execution: execution.kind == "replacement")
        self.assertEqual((out.kind, back.kind), ("replacement", "return"))
        sent, received = out.picking_ids, back.picking_ids
        self.assertEqual((sent.picking_type_id.code, received.picking_type_id.code), ("outgoing", "incoming"))
        self.assertEqual((sent.partner_id, sent.origin), (self.flow.franchisee, out.claim_id.name))
        self.assertEqual(sent.location_dest_id.usage, "customer")
        self.assertEqual(received.location_id.usage, "customer")
        self.assertEqual((sent.move_ids.product_uom_qty, out.state), (3, "open"))
        self.assertTrue(out.follows_document)
        self.validate(sent, 3)
        self.assertEqual((sent.state, out.state, back.state), ("done", "done", "open"))
        self.validate(received, 3)
        self.assertEqual(back.state, "done")
        self.assertEqual(back.done_by_id, self.keeper)

    def test_a_transfer_that_is_done_is_the_arrival(self):
        """R-D10: the delivery promise began with the acceptance and ends when the last transfer was done."""
        claim = self.flow.claim(stage="approved", supplier=self.prompt)
        line = {"purpose": "gift", "product_id": self.product.id, "name": "Kettle", "quantity": 3}
        gift = self.make.offer(claim, "accepted", kind="goodwill", lines=[line]).claim_id.execution_ids
        clock = claim.clock_ids.filtered(lambda clock: clock.kind == "delivery")
        self.assertEqual(clock.state, "running")
        self.validate(gift.picking_ids, 1, backorder=True)
        self.assertEqual(clock.state, "running", "two are on their way")
        rest = gift.picking_ids.filtered(lambda picking: picking.state != "done")
        self.validate(rest, 2)
        self.assertEqual((clock.state, clock.done_at), ("kept", rest.date_done))

    def test_in_two_deliveries(self):
        gift = self.promised("gift")
        self.validate(gift.picking_ids, 1, backorder=True)
        self.assertEqual((gift.state, gift.picking_count), ("underway", 2))
        rest = gift.picking_ids.filtered(lambda picking: picking.state != "done")
        self.validate(rest, 2)
        self.assertEqual(gift.state, "done")

    def test_the_rest_that_the_warehouse_gave_up(self):
        """R-D8: less than promised isn't done; a new transfer for the rest, or a person's report, ends it."""
        gift = self.promised("gift")
        self.validate(gift.picking_ids, 1)
        self.assertEqual((gift.state, gift.follows_document), ("open", False))
        self.as_role(gift, "service").action_create_document()
        rest = gift.picking_ids.filtered(lambda picking: picking.state != "done")
        self.assertEqual((rest.move_ids.product_uom_qty, gift.state), (2, "underway"))
        rest.with_user(self.keeper).action_cancel()
        self.as_role(gift, "service").done_note = "They took a voucher for the rest"
        self.as_role(gift, "service").action_finish()
        self.assertEqual(gift.state, "done")

    def test_by_hand_it_is_not_done(self):
        gift = self.as_role(self.promised("gift"), "service")
        gift.done_note = "sent"
        self.refused("follows its document", gift.action_finish)
        self.refused("has its document", gift.action_create_document)

    def test_cancelling(self):
        gift = self.as_role(self.promised("gift"), "service")
        gift.cancel_reason = "They don't want it"
        gift.action_cancel()
        self.assertEqual((gift.state, gift.sudo().picking_ids.state), ("cancelled", "cancel"))
        sent = self.promised("gift", 2)
        self.validate(sent.picking_ids, 1, backorder=True)
        sent.cancel_reason = "They don't want it"
        self.refused("have moved already", self.as_role(sent, "service").action_cancel)

    def test_services_and_words_stay_tasks(self):
        service = self.env["product.product"].create({"name": "Training", "type": "service"})
        task = self.promised("gift", product=service)
        self.assertFalse(task.picking_count)
        self.refused(
            "report it done by hand|Report it done by hand", self.as_role(task, "service").action_create_document
        )
        self.as_role(task, "service").done_note = "Given"
        self.as_role(task, "service").action_finish()

    def test_nobody_links_a_transfer_by_hand(self):
        gift = self.promised("gift")
        picking = gift.picking_ids.with_user(self.keeper)
        self.assertFalse(picking.copy().franchise_execution_id)
        with self.assertRaises(UserError):
            picking.write({"franchise_execution_id": False})

    def test_forms(self):
        gift = self.promised("gift")
        self.assertIn("franchise_execution_id", self.env["stock.picking"].get_view(view_type="form")["arch"])
        self.assertEqual(self.env["stock.picking"].search(gift.action_view_pickings()["domain"]), gift.picking_ids)
        self.assertTrue(self.as_role(gift, "service").read(["picking_count", "state"]))


@tagged("post_install", "-at_install")
class TestNoWarehouse(ResolutionCase):
    """R-D8: what can't be drawn up yet waits with the reason; the acceptance isn't lost."""

    def test_it_waits_until_there_is_a_warehouse(self):
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.flow.company.id)])
        warehouse.active = False
        product = self.env["product.product"].create({"name": "Kettle", "type": "consu"})
        lines = [{"purpose": "gift", "product_id": product.id, "name": "Kettle"}]
        gift = self.make.offer(stage="accepted", kind="goodwill", lines=lines).claim_id.execution_ids
        self.assertIn("no warehouse", gift.problem)
        self.assertEqual(gift.state, "open")
        warehouse.active = True
        self.as_role(gift, "service").action_create_document()
        self.assertEqual((gift.picking_count, gift.problem), (1, False))
