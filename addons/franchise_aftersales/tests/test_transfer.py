from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .flow import FlowCase
from .flow_notice import make_contract, make_file, make_terms


class TransferCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.flow.users["manager"]
        cls.buyer = cls.flow.partner("Buyer")
        cls.old = make_contract(cls.flow)
        cls.old.action_sign()
        terms = cls.env["franchise.contract.version"].search([("contract_id", "=", cls.old.id)])
        terms.copy(
            {
                "date_from": cls.flow.day(-5),
                "transfer_fee_percent": 10,
                "transfer_fee_fixed": 500,
                "royalty_percent": 4,
                "asset_price_rule": "lower",
            }
        ).action_confirm()
        cls.env["franchise.clause"].create(
            {"contract_id": cls.old.id, "number": "9", "name": "Venue", "text": "<p>Hangzhou</p>"}
        )

    def transfer(self, **values):
        transfers = self.env["franchise.transfer"].with_user(self.flow.users["contract"])
        return transfers.create(
            {
                "contract_id": self.old.id,
                "partner_id": self.buyer.id,
                "price": 30000.0,
                "date_planned": self.flow.today,
                **values,
            }
        )

    def approved(self, **values):
        transfer = self.transfer(decision_reason="Qualified and financed", **values)
        transfer.action_submit()
        transfer.action_waive()
        transfer.with_user(self.manager).action_approve()
        return transfer


@tagged("post_install", "-at_install")
class TestTransfer(TransferCase):
    """R-A12: transfer to another franchisee with right of first refusal and approval by a second person."""

    def test_the_hand_over_makes_a_successor(self):
        transfer = self.approved(agreement_file_ids=[Command.set(make_file(self.flow).ids)])
        outlets = self.old.outlet_ids
        transfer.action_complete()
        new = transfer.successor_id
        self.assertEqual((transfer.state, self.old.state, new.state), ("done", "ended", "signed"))
        self.assertEqual(
            (new.franchisee_id, new.date_start, self.old.date_end), (self.buyer, self.flow.today, self.flow.day(-1))
        )
        self.assertEqual(new.date_end, self.flow.day(900))
        self.assertEqual(outlets.contract_id, new)
        self.assertEqual(outlets.franchisee_id, self.buyer)
        self.assertEqual(self.old.transferred_to_id, new)
        key = (new.id, self.flow.today)
        terms = self.env["franchise.contract.version"]._in_force_on([key])[key]
        self.assertEqual((terms.royalty_percent, terms.date_from), (4, self.flow.today))
        self.assertEqual(new._document_clauses().mapped("number"), ["9"])
        self.assertEqual(set(new.signature_ids.mapped("method")), {"paper"})
        with self.assertRaises(UserError):
            transfer.action_complete()
        with self.assertRaises(UserError):
            transfer.agreement_file_ids.unlink()
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            transfer.agreement_file_ids = False

    def test_the_fee_is_computed_by_the_terms_and_charged_once(self):
        """R-A12: 10 % of 30000 is more than the least fee of 500; the charge explains itself."""
        transfer = self.approved(agreement_file_ids=[Command.set(make_file(self.flow).ids)])
        transfer.action_complete()
        charge = transfer.fee_charge_id
        self.assertEqual(
            (transfer.fee, charge.amount, charge.kind, charge.state), (3000, 3000, "transfer_fee", "confirmed")
        )
        self.assertEqual(charge.franchisee_id, self.flow.franchisee)
        self.assertIn("10.0 % of the price 30000.0", charge.explanation)
        self.assertEqual(
            self.env["franchise.charge"].search_count(
                [("res_model", "=", transfer._name), ("res_id", "=", transfer.id)]
            ),
            1,
        )

    def test_four_eyes_and_reasons(self):
        """R-A12: nobody approves what they entered, in the model and in PostgreSQL; reasons are given and stay."""
        transfer = self.transfer()
        transfer.action_submit()
        transfer.action_waive()
        with self.assertRaises(UserError):
            transfer.with_user(self.manager).action_approve()
        transfer.decision_reason = "Qualified"
        with self.assertRaises(AccessError):
            transfer.action_approve()
        own = (
            self.env["franchise.transfer"]
            .with_user(self.manager)
            .create(
                {
                    "contract_id": self.old.id,
                    "partner_id": self.buyer.id,
                    "price": 1,
                    "date_planned": self.flow.today,
                    "decision_reason": "Mine",
                }
            )
        )
        own.action_submit()
        own.action_waive()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            own.action_approve()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            own._move("approve", {"decided_by_id": self.manager.id})
        transfer.with_user(self.manager).action_approve()
        self.assertEqual(transfer.decided_by_id, self.manager)
        with self.assertRaises(UserError):
            transfer.decision_reason = "Other"

    def test_the_right_of_first_refusal(self):
        """R-A12: offer received, days, waived or exercised; it lapses by itself."""
        bought = self.transfer()
        bought.action_submit()
        self.assertEqual((bought.deadline_date, bought.first_refusal), (self.flow.day(30), "open"))
        with self.assertRaises(AccessError):
            bought.action_exercise()
        bought.with_user(self.manager).action_exercise()
        self.assertEqual((bought.state, bought.first_refusal), ("exercised", "exercised"))
        late = self.transfer(offer_received_on=self.flow.day(-31))
        late.action_submit()
        with self.assertRaisesRegex(UserError, "lapsed"):
            late.with_user(self.manager).action_exercise()
        with self.assertRaises(UserError):
            late.with_user(self.manager).action_approve()
        self.env.flush_all()
        self.env["franchise.transfer"]._run_deadlines(today=self.flow.today, commit=False)
        self.assertEqual((late.state, late.first_refusal), ("waived", "lapsed"))
        self.assertTrue(late.activity_ids)

    def test_offers_that_cannot_be(self):
        for values in (
            {"partner_id": self.flow.franchisee.id},
            {"offer_received_on": False},
            {"date_planned": self.flow.day(2000)},
            {"date_planned": self.old.date_start},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.transfer(**values).action_submit()
        refused = self.transfer()
        refused.action_submit()
        with self.assertRaises(UserError):
            refused.action_refuse()
        refused.decision_reason = "Works for a competitor"
        refused.action_refuse()
        self.assertEqual(refused.state, "refused")

    def test_a_hand_over_needs_the_agreement_and_its_day(self):
        transfer = self.approved()
        with self.assertRaisesRegex(UserError, "agreement"):
            transfer.action_complete()
        transfer.action_cancel()
        early = self.approved(date_planned=self.flow.day(3), agreement_file_ids=[Command.set(make_file(self.flow).ids)])
        with self.assertRaisesRegex(UserError, str(self.flow.day(3))):
            early.action_complete()


@tagged("post_install", "-at_install")
class TestIncapacity(TransferCase):
    """R-A12: death or disability: proof, who goes on in the meantime, decision of the heirs by a day, or termination."""

    def case(self, **values):
        cases = self.env["franchise.incapacity"].with_user(self.flow.users["contract"])
        return cases.create(
            {
                "contract_id": self.old.id,
                "person": "Wang Fang",
                "interim_partner_id": self.flow.partner("Interim").id,
                "proof_ids": [Command.set(make_file(self.flow).ids)],
                **values,
            }
        )

    def test_proof_and_interim_are_needed_and_the_decision_has_a_day(self):
        for values in ({"proof_ids": False}, {"interim_partner_id": False}, {"date": self.flow.day(1)}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.case(**values).action_open()
        case = self.case()
        case.action_open()
        self.assertEqual(case.deadline_date, self.flow.day(180))
        with self.assertRaises(UserError):
            case.proof_ids.unlink()
        self.env.flush_all()
        self.env["franchise.incapacity"]._run_deadlines(today=self.flow.day(181), commit=False)
        self.assertTrue(case.activity_ids)

    def test_heirs_go_on_by_a_transfer(self):
        case = self.case()
        case.action_open()
        with self.assertRaises(UserError):
            case.action_continue()
        case.heir_id = self.buyer
        case.action_continue()
        transfer = case.transfer_id
        self.assertEqual((case.state, transfer.partner_id, transfer.price), ("continued", self.buyer, 0))
        self.assertEqual((transfer.refusal_days, transfer.incapacity_id), (0, case))

    def test_only_a_disabled_franchisee_comes_back(self):
        dead = self.case()
        dead.action_open()
        with self.assertRaises(UserError):
            dead.action_return()
        dead.action_terminate()
        self.assertEqual((dead.state, dead.termination_id.contract_id), ("terminated", self.old))
        with self.assertRaises(UserError):
            dead.action_terminate()
        ill = self.case(kind="disability")
        ill.action_open()
        ill.action_return()
        self.assertEqual(ill.state, "returned")


@tagged("post_install", "-at_install")
class TestAssetOption(TransferCase):
    """R-A12: option to buy the outlets' assets: list, price by the rule of the terms, days, exercised or lapsed."""

    def option(self, **values):
        options = self.env["franchise.asset.option"].with_user(self.flow.users["contract"])
        return options.create(
            {
                "contract_id": self.old.id,
                "line_ids": [
                    Command.create({"name": "Oven", "book_value": 900, "is_appraised": True, "appraised_value": 700}),
                    Command.create({"name": "Sign", "book_value": 100, "is_appraised": True, "appraised_value": 150}),
                ],
                **values,
            }
        )

    def test_prices_follow_the_rule_and_are_not_typed(self):
        option = self.option()
        self.assertEqual((option.price_rule, option.option_days, option.date_end), ("lower", 60, self.old.date_end))
        self.assertEqual((option.line_ids.mapped("price"), option.amount_total), ([700, 100], 800))
        option.price_rule = "appraised"
        self.assertEqual(option.line_ids.mapped("price"), [700, 150])
        with self.assertRaises(UserError):
            option.line_ids[0].price = 1
        with self.assertRaises(UserError):
            self.option(line_ids=[Command.create({"name": "X", "book_value": 1, "price": 1})])

    def test_exercising_charges_what_we_owe(self):
        option = self.option()
        option.action_open()
        self.assertEqual(option.deadline_date, self.flow.day(960))
        option.line_ids[1].is_taken = False
        with self.assertRaises(UserError):
            option.line_ids[0].book_value = 1
        with self.assertRaises(AccessError):
            option.action_exercise()
        option.with_user(self.manager).action_exercise()
        charges = self.env["franchise.charge"].search([("res_model", "=", option._name), ("res_id", "=", option.id)])
        self.assertEqual(charges.mapped("amount"), [-700])
        self.assertEqual((charges.kind, charges.state, charges.contract_id), ("asset_purchase", "confirmed", self.old))
        self.assertIn("book value 900", charges.explanation)
        with self.assertRaises(UserError):
            option.with_user(self.manager).action_exercise()
        with self.assertRaises(UserError):
            option.line_ids[0].is_taken = False

    def test_nobody_buys_from_their_own_list(self):
        option = (
            self.env["franchise.asset.option"]
            .with_user(self.manager)
            .create(
                {
                    "contract_id": self.old.id,
                    "line_ids": [Command.create({"name": "X", "book_value": 1, "is_appraised": True})],
                }
            )
        )
        option.action_open()
        with self.assertRaisesRegex(UserError, "nobody buys"):
            option.action_exercise()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            option._move("exercise", {"exercised_by_id": self.manager.id})

    def test_it_lapses_by_itself(self):
        option = self.option(date_end=self.flow.day(-61), terms_reason="Agreed with the heirs")
        with self.assertRaises(UserError):
            self.option(line_ids=[]).action_open()
        with self.assertRaises(UserError):
            self.option(line_ids=[Command.create({"name": "X", "book_value": 1})]).action_open()
        option.action_open()
        with self.assertRaisesRegex(UserError, "lapsed"):
            option.with_user(self.manager).action_exercise()
        self.env.flush_all()
        self.env["franchise.asset.option"]._run_deadlines(today=self.flow.today, commit=False)
        self.assertEqual(option.state, "lapsed")

    def test_amounts_in_a_currency_without_decimals(self):
        yen = self.flow.active_currency(self.env, "JPY")
        contract = make_contract(self.flow, currency_id=yen.id)
        contract.action_sign()
        make_terms(self.flow, contract, confirm=False)
        option = self.option(
            contract_id=contract.id,
            line_ids=[Command.create({"name": "X", "book_value": 99.5, "is_appraised": True, "appraised_value": 99.6})],
        )
        self.assertEqual(option.line_ids.price, 100)
