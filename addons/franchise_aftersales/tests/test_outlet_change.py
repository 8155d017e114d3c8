import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_network import HANGZHOU, SHANGHAI, Network


@tagged("post_install", "-at_install")
class TestOutletChange(FlowCase):
    """R-A12 (outlets added, moved, closed) and R-A3 (no outlet in another's territory)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net = Network(cls.flow)
        cls.contract = cls.net.contract(exclusive=False, place=HANGZHOU, city=cls.net.hill, sign=True)
        cls.outlet = cls.contract.outlet_ids

    def test_add(self):
        """R-A12: a second person approves, then the outlet is there with its place and day."""
        address = self.flow.partner("Site", city_id=self.net.lake.id, state_id=self.net.east.id)
        address.write({"partner_latitude": 31.0, "partner_longitude": 121.0})
        change = self.net.change(self.contract, address_id=address.id)
        with self.assertRaisesRegex(UserError, "nobody approves"), self.env.cr.savepoint():
            change.action_approve()
        self.net.approve(change)
        self.assertEqual(change.state, "done")
        outlet = change.outlet_id
        self.assertEqual((outlet.contract_id, outlet.code), (self.contract, change.outlet_code))
        self.assertEqual((outlet.city_id, outlet.state_id), (self.net.lake, self.net.east))
        self.assertEqual((outlet.latitude, outlet.opening_date), (31.0, self.flow.today))

    def test_who_changes_a_draft_does_not_approve_it(self):
        """R-A12: four eyes over what is approved, not only over who began it."""
        change = self.net.change(self.contract, latitude=1, longitude=1)
        change.with_user(self.flow.users["manager"]).latitude = 2
        with self.assertRaisesRegex(UserError, "nobody approves"), self.env.cr.savepoint():
            self.net.approve(change)
        self.assertEqual(change.state, "draft")

    def test_move_keeps_the_history(self):
        """R-A12: what was where on which day can be shown."""
        change = self.net.change(
            self.contract, "move", latitude=SHANGHAI[0], longitude=SHANGHAI[1], city_id=self.net.lake.id,
            state_id=self.net.east.id, date=self.flow.day(-10),
        )  # fmt: skip
        self.net.approve(change)
        self.assertAlmostEqual(self.outlet.latitude, SHANGHAI[0])
        self.assertEqual(self.outlet.city_id, self.net.lake)
        self.assertAlmostEqual(change.old_latitude, HANGZHOU[0])
        self.assertEqual(self.outlet._place_on(self.flow.day(-11))["city_id"], self.net.hill)
        self.assertEqual(self.outlet._place_on(self.flow.today)["city_id"], self.net.lake)

    def test_close_with_open_claims(self):
        """R-A12: allowed, and the open claims are shown."""
        self.flow.claim()
        change = self.net.change(self.flow.contract, "close")
        self.assertEqual(change.open_claim_count, 1)
        self.net.approve(change)
        self.assertTrue(self.flow.outlet.is_closed)
        self.assertIn(self.flow.outlet, self.env["franchise.outlet"].search([("is_closed", "=", True)]))
        self.assertNotIn(self.flow.outlet, self.env["franchise.outlet"].search([("is_closed", "=", False)]))
        with self.assertRaisesRegex(UserError, "not an open outlet"), self.env.cr.savepoint():
            self.net.approve(self.net.change(self.flow.contract, "move", latitude=1, longitude=1))

    def test_nothing_opens_or_moves_into_anothers_territory(self):
        """R-A3: refused with the name of the contract that protects it, today or on a later day."""
        area = self.net.contract(areas=[self.net.east], sign=True)
        circle = self.net.contract(radius=10, place=SHANGHAI, sign=True)
        for day in (self.flow.today, self.flow.day(20)):
            for values in ({"city_id": self.net.lake.id, "state_id": self.net.east.id}, {"state_id": self.net.east.id}):
                for kind in ("add", "move"):
                    change = self.net.change(self.contract, kind, date=day, **values)
                    with (
                        self.subTest(day=day, kind=kind),
                        self.assertRaisesRegex(UserError, area.name),
                        self.env.cr.savepoint(),
                    ):
                        self.net.approve(change)
                    self.assertEqual(change.state, "draft")
            change = self.net.change(self.contract, "move", date=day, latitude=SHANGHAI[0], longitude=SHANGHAI[1])
            with self.assertRaisesRegex(UserError, circle.name), self.env.cr.savepoint():
                self.net.approve(change)
        self.assertAlmostEqual(self.outlet.latitude, HANGZHOU[0])
        self.net.approve(self.net.change(self.contract, "move", latitude=28.0, longitude=110.0))

    def test_a_circle_moves_with_its_outlet(self):
        """R-A3: into a place where another is already."""
        circle = self.net.contract(radius=10, place=SHANGHAI, sign=True)
        change = self.net.change(circle, "move", latitude=HANGZHOU[0], longitude=HANGZHOU[1])
        with self.assertRaisesRegex(UserError, self.outlet.code), self.env.cr.savepoint():
            self.net.approve(change)
        self.net.approve(self.net.change(self.contract, "close"))
        self.net.approve(change)

    def test_a_closed_outlet_protects_nothing(self):
        circle = self.net.contract(radius=10, place=SHANGHAI, sign=True)
        self.net.approve(self.net.change(circle, "close"))
        self.assertLess(circle.territory_ids.protect_to, self.flow.today)
        self.net.contract(exclusive=False, place=SHANGHAI, date_start=self.flow.today, sign=True)

    def test_a_later_day_is_carried_out_by_the_scheduled_action(self):
        change = self.net.change(self.contract, "close", date=self.flow.day(5))
        self.net.approve(change)
        self.assertEqual((change.state, self.outlet.closing_date), ("approved", False))
        with self.assertRaisesRegex(UserError, "on that day"), self.env.cr.savepoint():
            change.action_carry_out()
        changes = self.env["franchise.outlet.change"]
        self.assertEqual(changes._run_due(commit=False)["done"], 0)
        change._trusted().date = self.flow.today
        self.assertEqual(changes._run_due(commit=False), {"done": 1, "failed": 0})
        self.assertEqual(self.outlet.closing_date, self.flow.today)

    def test_one_that_fails_on_its_day_stops_no_other(self):
        """What is in the way by then is told to the contract manager, once."""
        place = {"city_id": self.net.lake.id, "state_id": self.net.east.id}
        late = self.net.change(self.contract, "move", date=self.flow.day(5), **place)
        add = self.net.change(self.contract, "add", date=self.flow.day(5), latitude=10, longitude=10)
        self.net.approve(late)
        self.net.approve(add)
        area = self.net.contract(areas=[self.net.east], sign=True)
        (late | add)._trusted().date = self.flow.today
        for done in (1, 0):
            result = self.env["franchise.outlet.change"]._run_due(commit=False)
            self.assertEqual(result, {"done": done, "failed": 1})
        self.assertEqual((late.state, add.state), ("approved", "done"))
        self.assertIn(area.name, late.activity_ids.note)
        self.assertEqual(len(late.activity_ids), 1)

    def test_outlets_of_a_signed_contract_change_in_no_other_way(self):
        """R-A12: not by hand, by anybody; nor are they deleted."""
        for role in ("contract", "manager"):
            outlet = self.outlet.with_user(self.flow.users[role])
            for vals in (
                {"latitude": 1.0}, {"city_id": self.net.lake.id}, {"closing_date": self.flow.today}, {"code": "x"},
                {"active": False}, {"contract_id": self.flow.contract.id},
            ):  # fmt: skip
                with self.subTest(role=role, vals=vals), self.assertRaisesRegex(UserError, "outlet change"):
                    outlet.write(vals)
            with self.assertRaisesRegex(UserError, "outlet change"), self.env.cr.savepoint():
                outlet.create({"code": "new", "name": "New", "contract_id": self.contract.id})
            with self.assertRaisesRegex(UserError, "close the outlet"), self.env.cr.savepoint():
                outlet.unlink()
            outlet.name = "A name may be corrected"
        with self.assertRaises(AccessError):
            self.outlet.with_user(self.flow.users["service"]).write({"name": "x"})

    def test_the_address_book_moves_no_signed_outlet(self):
        """R-A3: a draft's outlet follows its address; what was agreed doesn't, and says so."""
        draft = self.net.contract(exclusive=False)
        address = self.flow.partner("Site", state_id=self.net.east.id)
        draft.outlet_ids.address_id = address
        self.assertEqual(draft.outlet_ids.state_id, self.net.east)
        self.net.sign(draft)
        self.assertFalse(draft.outlet_ids.address_differs)
        address.write({"state_id": self.net.west.id, "partner_latitude": 5.0, "partner_longitude": 5.0})
        self.env.flush_all()
        self.assertEqual((draft.outlet_ids.state_id, draft.outlet_ids.latitude), (self.net.east, 0))
        self.assertTrue(draft.outlet_ids.address_differs)

    def test_bad_input(self):
        """R-A12: each refusal says what to do; nothing is lost."""
        taken = self.net.change(self.contract, outlet_code=self.flow.outlet.code, latitude=1, longitude=1)
        nowhere = self.net.change(self.contract)
        early = self.net.change(self.contract, date=self.flow.day(-800), latitude=1, longitude=1)
        draft = self.net.change(self.net.contract(), latitude=1, longitude=1)
        for change, message in (
            (taken, "code .* exists already"), (nowhere, "where the outlet will be"), (early, "outside the term"),
            (draft, "not in force"),
        ):  # fmt: skip
            with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                self.net.approve(change)
            self.assertEqual(change.state, "draft")
        for values in ({"latitude": 91, "longitude": 1}, {"latitude": 1, "longitude": -181}):
            with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.net.change(self.contract, **values)

    def test_the_database_wants_four_eyes(self):
        change = self.net.change(self.contract, latitude=1, longitude=1)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            change._trusted().approved_by_id = change.entered_by_id
            self.env.flush_all()

    def test_the_screen(self):
        """R-A12: entered on the form, opened from the contract."""
        action = self.contract.action_view_outlet_changes()
        form = Form(
            self.env["franchise.outlet.change"].with_user(self.flow.users["contract"]).with_context(**action["context"])
        )
        form.kind = "close"
        form.outlet_id = self.outlet
        form.reason = "Lease ended"
        change = form.save()
        self.net.approve(change)
        self.assertEqual(self.contract.outlet_change_count, 1)
