from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .flow import FlowCase
from .flow_contract import entitlement


@tagged("post_install", "-at_install")
class TestTwoPeople(FlowCase):
    """R-A2, R-A6, R-A12: no amount that somebody types is owed before a second person agrees to it."""

    def adjustment(self, role):
        charges = self.env["franchise.charge"].with_user(self.flow.users[role])
        return charges.create(
            {"contract_id": self.flow.contract.id, "name": "Goodwill", "amount": -500, "reason": "Late"}
        )

    def test_an_adjustment_is_confirmed_by_finance_and_by_somebody_else(self):
        charge = self.adjustment("contract")
        with self.assertRaises(AccessError):
            charge.action_confirm()
        own = self.adjustment("finance")
        with self.assertRaisesRegex(UserError, "nobody confirms"):
            own.action_confirm()
        finance = charge.with_user(self.flow.users["finance"])
        finance.action_confirm()
        self.assertEqual((charge.state, charge.confirmed_by_id), ("confirmed", self.flow.users["finance"]))
        with self.assertRaises(AccessError):
            charge.action_cancel()
        finance.action_cancel()

    def test_who_changes_the_amount_entered_it(self):
        charge = self.adjustment("contract")
        finance = charge.with_user(self.flow.users["finance"])
        finance.amount = -50000
        with self.assertRaisesRegex(UserError, "nobody confirms"):
            finance.action_confirm()
        for name in ("entered_by_id", "confirmed_by_id"):
            with self.assertRaises(UserError):
                finance.write({name: self.flow.users["contract"].id})

    def test_postgresql_asks_for_the_second_person_too(self):
        charge = self.adjustment("finance")
        for values in ({}, {"confirmed_by_id": self.flow.users["finance"].id}):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                charge._move("confirm", values)

    def test_a_grant_is_credited_by_who_did_not_enter_it(self):
        owed = entitlement(self.flow)
        grants = self.env["franchise.entitlement.grant"].with_user(self.flow.users["contract"])
        grant = grants.create(
            {
                "entitlement_id": owed.id,
                "name": "Part",
                "amount": 100,
                "entered_by_id": self.flow.users["manager"].id,
            }
        )
        grant.write({"entered_by_id": self.flow.users["manager"].id})
        with self.assertRaisesRegex(UserError, "nobody credits"):
            grant.action_charge()
        manager = grant.with_user(self.flow.users["manager"])
        manager.amount = 9000
        with self.assertRaisesRegex(UserError, "nobody credits"):
            manager.action_charge()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            manager._credit()
        grant.with_user(self.flow.users["finance"]).action_charge()
        self.assertEqual((grant.charge_id.amount, grant.credited_by_id), (-9000, self.flow.users["finance"]))

    def test_nobody_buys_assets_whose_value_they_gave(self):
        options = self.env["franchise.asset.option"].with_user(self.flow.users["contract"])
        asset = {"name": "Oven", "book_value": 900, "is_appraised": True, "appraised_value": 700}
        option = options.create({"contract_id": self.flow.contract.id, "line_ids": [Command.create(asset)]})
        manager = option.with_user(self.flow.users["manager"])
        manager.line_ids.write({"appraised_value": 890, "entered_by_id": self.flow.users["contract"].id})
        manager.action_open()
        manager.line_ids.is_taken = True
        with self.assertRaisesRegex(UserError, "nobody buys"):
            manager.action_exercise()

    def test_nobody_approves_a_transfer_whose_price_they_changed(self):
        transfer = (
            self.env["franchise.transfer"]
            .with_user(self.flow.users["contract"])
            .create(
                {
                    "contract_id": self.flow.contract.id,
                    "partner_id": self.flow.partner("Buyer").id,
                    "price": 9000.0,
                    "date_planned": self.flow.today,
                    "decision_reason": "Qualified",
                }
            )
        )
        manager = transfer.with_user(self.flow.users["manager"])
        manager.price = 1.0
        manager.action_submit()
        manager.action_waive()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            manager.action_approve()
