from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestSettlementFixed(FlowCase):
    """A posted settlement and its entry are altered by nobody (R-E5)."""

    def test_nobody_alters_a_confirmed_or_posted_settlement(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        admin.group_ids |= self.env.ref("account.group_account_manager")
        for state in ("confirmed", "posted"):
            settlement = self.flow.settlement(state=state)
            before = settlement.read()[0]
            line = settlement.line_ids
            draft = self.flow.settlement(supplier=self.supplied())
            for user in (admin, self.flow.users["finance"], self.flow.users["manager"], self.env.user):
                own = settlement.with_user(user).with_context(
                    franchise_moving=True, tracking_disable=True, skip_readonly_check=True, check_move_validity=False
                )
                self.refuse_all(
                    {
                        **{
                            name: lambda own=own, name=name, value=value: own.write({name: value})
                            for name, value in (
                                ("state", "draft"),
                                ("amount_total", 1),
                                ("closing_balance", 1),
                                ("opening_balance", 1),
                                ("name", "STL/1"),
                                ("partner_id", 1),
                                ("date_to", "2020-01-01"),
                                ("party", "carrier"),
                                ("currency_id", 1),
                                ("company_id", 1),
                                ("move_id", False),
                                ("confirmed_on", "2020-01-01"),
                            )
                        },
                        "unlink": own.unlink,
                        "clear lines": lambda own=own: own.write({"line_ids": [Command.clear()]}),
                        "line amount": lambda own=own: own.line_ids.write({"amount": 1}),
                        "line by settlement": lambda own=own, line=line: own.write(
                            {"line_ids": [Command.update(line.id, {"amount": 1})]}
                        ),
                        "unlink line": lambda own=own: own.line_ids.unlink(),
                        "move a line in": lambda own=own, draft=draft: draft.line_ids.with_env(own.env).write(
                            {"settlement_id": own.id}
                        ),
                        "move a line out": lambda own=own, draft=draft: own.line_ids.write({"settlement_id": draft.id}),
                        "new line": lambda own=own: own.line_ids.copy({"source_id": 10**6}),
                        "confirm again": lambda own=own: call_kw(own.browse(), "action_confirm", [own.ids], {}),
                    },
                    user,
                )
            after = settlement.read()[0]
            for volatile in ("message_ids", "write_date", "write_uid", "__last_update"):
                before.pop(volatile, None), after.pop(volatile, None)
            self.assertEqual(after, before)
            self.assertEqual(settlement.line_ids, line)
            draft.line_ids.unlink()
            draft.unlink()

    def supplied(self):
        supplier = self.flow.partner("Draft")
        self.flow.make_agreement(supplier)
        self.flow.make_endpoint(supplier, f"draft{supplier.id}"[:20])
        return supplier

    def refuse_all(self, tries, user):
        for name, attempt in tries.items():
            with (
                self.subTest(name, user=user.login),
                self.assertRaises(UserError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                attempt()
                self.env.flush_all()

    def test_nobody_takes_its_entry_back(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        admin.group_ids |= self.env.ref("account.group_account_manager")
        settlement = self.flow.settlement(state="posted")
        total = settlement.move_id.amount_total
        for user in (admin, self.flow.users["finance"], self.env.user):
            move = settlement.move_id.with_user(user).with_context(
                force_delete=True, skip_readonly_check=True, check_move_validity=False, franchise_moving=True
            )
            item = move.invoice_line_ids
            self.refuse_all(
                {
                    "draft": move.button_draft,
                    "cancel": move.button_cancel,
                    "unlink": move.unlink,
                    "state": lambda move=move: move.write({"state": "draft"}),
                    "state cancel": lambda move=move: move.write({"state": "cancel"}),
                    "link": lambda move=move: move.write({"franchise_settlement_id": False}),
                    "price": lambda item=item: item.write({"price_unit": 1}),
                    "price by move": lambda move=move, item=item: move.write(
                        {"invoice_line_ids": [Command.update(item.id, {"price_unit": 1})]}
                    ),
                    "quantity": lambda item=item: item.write({"quantity": 5}),
                    "amount": lambda item=item: item.write({"amount_currency": 5}),
                    "account": lambda item=item: item.write({"account_id": self.flow.account["expense"].id}),
                    "source": lambda item=item: item.write({"franchise_settlement_line_id": False}),
                    "unlink item": item.unlink,
                    "new item": lambda move=move: move.write(
                        {"invoice_line_ids": [Command.create({"name": "x", "price_unit": 3, "quantity": 1})]}
                    ),
                },
                user,
            )
        self.assertEqual((settlement.move_id.state, settlement.move_id.amount_total), ("posted", total))
        self.assertEqual(self.flow.tie_out(settlement).difference, 0)

    def test_other_bills_are_not_touched_by_this(self):
        move = self.flow.bill().move_id
        move.button_draft()
        move.button_cancel()
        self.assertEqual(move.state, "cancel")
