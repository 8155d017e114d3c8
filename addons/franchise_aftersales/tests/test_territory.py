import psycopg2
from odoo.exceptions import UserError
from odoo.fields import Date
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_network import HANGZHOU, SHANGHAI, Network


@tagged("post_install", "-at_install")
class TestTerritory(FlowCase):
    """R-A3: exclusive territories of one brand don't overlap, and nobody opens inside another's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net = Network(cls.flow)

    def refused(self, contract, *names):
        """The contract isn't signed, and the error names what protects."""
        with self.assertRaisesRegex(UserError, ".*".join(names)), self.env.cr.savepoint():
            self.net.sign(contract)
        self.assertEqual(contract.state, "draft")

    def test_two_exclusive_contracts_over_one_area(self):
        """R-A3: a state contains its cities, both ways; another state, brand, or a contract that isn't exclusive is free."""
        first = self.net.contract(areas=[self.net.harbour], sign=True)
        self.assertTrue(first.territory_ids.is_protecting)
        for areas in ([self.net.harbour], [self.net.east], [self.net.hill, self.net.east]):
            self.refused(self.net.contract(areas=areas), first.name, first.franchisee_id.name, "Harbour")
        for areas in ([self.net.lake], [self.net.west]):
            self.net.contract(areas=areas, sign=True)
        self.net.contract(exclusive=False, areas=[self.net.east], sign=True)
        other = self.env["franchise.brand"].create({"name": "Other", "company_id": self.flow.company.id})
        self.net.contract(areas=[self.net.east], brand_id=other.id, sign=True)

    def test_days_decide(self):
        """R-A3: after the other's end it is free; a contract that ended protects nothing."""
        first = self.net.contract(areas=[self.net.east], sign=True)
        later = self.net.contract(
            areas=[self.net.east], date_start=self.flow.day(501), date_end=self.flow.day(900), sign=True
        )
        with self.assertRaisesRegex(UserError, later.name), self.env.cr.savepoint():
            first.sudo()._trusted().write({"date_end": self.flow.day(501)})
        during = self.net.contract(areas=[self.net.lake])
        self.refused(during, first.name)
        first.action_end()
        self.assertFalse(first.territory_ids.is_protecting)
        self.net.sign(during)

    def test_circles(self):
        """R-A3: by the distance of the outlets; the sum of the radii decides."""
        first = self.net.contract(radius=100, place=SHANGHAI, sign=True)
        self.refused(self.net.contract(radius=65, place=HANGZHOU), first.name, "100 km around")
        self.net.contract(radius=64, place=HANGZHOU, sign=True)

    def test_a_circle_and_the_area_around_its_outlet(self):
        """R-A3: in either order."""
        circle = self.net.contract(radius=5, place=SHANGHAI, city=self.net.harbour, sign=True)
        self.refused(self.net.contract(areas=[self.net.east]), circle.name)
        area = self.net.contract(areas=[self.net.west], sign=True)
        self.refused(self.net.contract(radius=5, place=HANGZHOU, city=self.net.hill), area.name, "West")

    def test_no_outlet_in_anothers_circle_or_area(self):
        """R-A3: an outlet without any territory of its own too; whoever came first."""
        first = self.net.contract(radius=10, place=SHANGHAI, sign=True)
        near = (SHANGHAI[0] + 0.05, SHANGHAI[1])
        self.refused(self.net.contract(exclusive=False, place=near), "Outlet", "10 km", first.name)
        there = self.net.contract(exclusive=False, place=HANGZHOU, city=self.net.hill, sign=True)
        self.refused(self.net.contract(areas=[self.net.west]), there.outlet_ids.code, there.name)
        self.refused(self.net.contract(radius=400, place=(28.0, 112.0 + 7)), "km around")

    def test_one_franchisee_may_open_in_its_own_territory(self):
        first = self.net.contract(areas=[self.net.east], sign=True)
        self.net.contract(exclusive=False, city=self.net.lake, franchisee_id=first.franchisee_id.id, sign=True)

    def test_a_signed_territory_is_ended_and_added_with_a_reason(self):
        """R-A3: any later change is checked as well."""
        first = self.net.contract(areas=[self.net.harbour], sign=True)
        second = self.net.contract(areas=[self.net.lake], sign=True)
        rows = first.territory_ids
        manager = self.flow.users["contract"]
        values = self.net.area(first, self.net.lake, date_from=self.flow.today)
        territories = self.env["franchise.territory"].with_user(manager)
        with self.assertRaisesRegex(UserError, "reason"), self.env.cr.savepoint():
            territories.create(values)
        values["reason"] = "Agreed by both"
        with self.assertRaisesRegex(UserError, second.name), self.env.cr.savepoint():
            territories.create(values)
        for vals in ({"city_id": self.net.hill.id}, {"kind": "state"}, {"date_from": self.flow.today}):
            with self.assertRaisesRegex(UserError, "signed"), self.env.cr.savepoint():
                rows.with_user(manager).write(vals)
        with self.assertRaisesRegex(UserError, "signed"), self.env.cr.savepoint():
            rows.with_user(manager).unlink()
        with self.assertRaisesRegex(UserError, "signed.*why"), self.env.cr.savepoint():
            rows.with_user(manager).write({"date_to": self.flow.today})
        second.territory_ids.with_user(manager).write({"date_to": self.flow.day(-1), "reason": "Given back"})
        self.assertTrue(territories.create(values).is_protecting)

    def test_a_circle_needs_coordinates_and_a_city_its_state(self):
        self.refused(self.net.contract(radius=5), "no coordinates", "5 km")
        lost = self.env["res.city"].create({"name": "Lost", "country_id": self.net.country.id})
        contract = self.net.contract()
        with self.assertRaisesRegex(UserError, "Lost has no state"), self.env.cr.savepoint():
            self.env["franchise.territory"].create(self.net.area(contract, lost))
        with self.assertRaisesRegex(UserError, "own outlets"), self.env.cr.savepoint():
            self.env["franchise.territory"].create(
                {"contract_id": contract.id, "kind": "radius", "outlet_id": self.flow.outlet.id, "radius_km": 1}
            )

    def test_the_database_keeps_areas_apart(self):
        """R-A3: whatever a program does."""
        self.net.contract(areas=[self.net.harbour], sign=True)
        draft = self.net.contract(areas=[self.net.east])
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.ExclusionViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_territory SET is_protecting = TRUE WHERE contract_id = %s", [draft.id]
            )

    def test_a_city_that_changes_its_state_is_compared_again(self):
        self.net.contract(areas=[self.net.west], sign=True)
        city = self.net.contract(areas=[self.net.lake], sign=True)
        self.assertEqual(city.territory_ids.state_id, self.net.east)
        with self.assertRaises(psycopg2.errors.ExclusionViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.net.lake.state_id = self.net.west
            self.env.flush_all()

    def test_the_page_on_the_contract(self):
        """R-A3: entered on the contract's form, with a sentence for each row."""
        contract = self.net.contract(exclusive=False).with_user(self.flow.users["contract"])
        with Form(contract) as form:
            form.is_exclusive = True
            with form.territory_ids.new() as row:
                row.kind = "city"
                row.city_id = self.net.harbour
            with form.territory_ids.new() as row:
                row.kind = "radius"
                row.outlet_id = contract.outlet_ids
                row.radius_km = 3
                self.assertIn("3 km around", row.sentence)
        city, circle = contract.territory_ids
        self.assertEqual((city.state_id, circle.state_id.id), (self.net.east, False))

    def test_sentences(self):
        """R-A3: each row says in words what it protects."""
        contract = self.net.contract(areas=[self.net.harbour, self.net.west], radius=2.5, place=SHANGHAI)
        city, state, circle = contract.territory_ids
        self.assertIn("exclusive once the contract is signed", city.sentence)
        self.net.sign(contract)
        self.assertIn(f"{self.net.harbour.name}, {self.net.east.name}, from", city.sentence)
        self.assertIn("nobody else of the brand may open there", city.sentence)
        self.assertIn("the whole state", state.sentence)
        self.assertIn(f"2.5 km around [{contract.outlet_ids.code}]", circle.sentence)

    def test_who_protects_this_place(self):
        """R-A3: asked by city, address or coordinates, for a day."""
        area = self.net.contract(areas=[self.net.east], sign=True)
        circle = self.net.contract(radius=10, place=HANGZHOU, sign=True)
        lookups = self.env["franchise.territory.lookup"].with_user(self.flow.users["service"])
        form = Form(lookups)
        self.assertIn("Enter an address", form.answer)
        form.city_id = self.net.lake
        self.assertIn(area.name, form.answer)
        self.assertNotIn(circle.name, form.answer)
        form.latitude, form.longitude = HANGZHOU
        self.assertIn(circle.name, form.answer)
        form.day = Date.to_string(self.flow.day(600))
        self.assertIn("Nobody", form.answer)
        form.latitude = 95
        self.assertIn("-90 to 90", form.answer)
        address = self.flow.partner("Site", state_id=self.net.east.id)
        lookup = lookups.create({"address_id": address.id, "brand_id": self.flow.brand.id})
        self.assertEqual(lookup.territory_ids, area.territory_ids)

    def test_a_draft_outlet_shows_who_protects_its_place(self):
        area = self.net.contract(areas=[self.net.east], sign=True)
        draft = self.net.contract(exclusive=False, city=self.net.lake)
        self.assertEqual(draft.outlet_ids.protector_ids, area)
        self.assertFalse(area.outlet_ids.protector_ids)

    def test_many_outlets_ask_once(self):
        """R-A3: who protects the places of a list is one question for all."""
        drafts = [self.net.contract(exclusive=False, city=self.net.lake).outlet_ids for _ in range(12)]
        outlets = self.env["franchise.outlet"].union(*drafts)

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("protector_ids")
            return self.env.cr.sql_log_count - before

        count(outlets)
        self.assertEqual(count(outlets[:2]), count(outlets))


@tagged("post_install", "-at_install")
class TestTerritoryTogether(CommitCase):
    """R-A3: two contract managers sign at the same moment, in transactions of their own."""

    @classmethod
    def prepare(cls, flow):
        net = Network(flow)
        flow.left_circle = net.contract(radius=100, place=SHANGHAI)
        flow.right_circle = net.contract(radius=100, place=HANGZHOU)
        flow.left_area = net.contract(areas=[net.harbour])
        flow.right_area = net.contract(areas=[net.east])
        flow.mover = net.contract(exclusive=False, sign=True)
        flow.change = net.change(flow.mover, "move", latitude=10.0, longitude=10.0)
        flow.right_move = net.contract(radius=5, place=(10.01, 10.0))

    def sign_both(self, kind):
        def sign(name):
            def work(env):
                world = self.world(env)
                getattr(world, name).with_user(world.users["contract"]).sudo().action_sign()

            return work

        left, right = f"left_{kind}", f"right_{kind}"
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(sign(left), sign(right))
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1, results)
        self.assertIsInstance(errors[0], UserError)
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2], "the loser was repeated")
        with self.transaction(commit=False) as env:
            world = self.world(env)
            signed = (getattr(world, left) | getattr(world, right)).filtered(
                lambda contract: contract.state == "signed"
            )
            self.assertEqual(len(signed), 1)
            self.assertIn(signed.name, str(errors[0]))

    def test_an_outlet_moves_to_where_a_circle_is_being_signed(self):
        """R-A3: one of the two wins, the other reads why."""

        def move(env):
            world = self.world(env)
            world.change.with_user(world.users["manager"]).action_approve()

        def sign(env):
            world = self.world(env)
            world.right_move.with_user(world.users["contract"]).sudo().action_sign()

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(move, sign)
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1, results)
        self.assertIsInstance(errors[0], UserError)
        with self.transaction(commit=False) as env:
            world = self.world(env)
            self.assertEqual((world.change.state == "done") + (world.right_move.state == "signed"), 1)

    def test_two_circles(self):
        self.sign_both("circle")

    def test_two_areas(self):
        self.sign_both("area")
