from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from ..tools.scope import Decision, Item, Row, decide
from .flow import FlowCase

IDS = st.one_of(st.none(), st.integers(1, 3))
ROWS = st.lists(
    st.builds(Row, st.integers(1, 99), st.booleans(), IDS, IDS, IDS, IDS, IDS),
    max_size=6,
    unique_by=lambda row: row.key,
)
ITEMS = st.builds(Item, IDS, st.sampled_from([(), (1,), (1, 2), (1, 2, 3)]), IDS, IDS, IDS)


@tagged("post_install", "-at_install")
class TestScope(BaseCase):
    """R-C1: scope by product, category, brand and region; the most specific row wins."""

    def test_table(self):
        """R-C1: each line is a scope, an item and who decides."""
        cup, tea = Item(1, (10, 11), 5, 86, 330), Item(2, (10, 12), 5, 86, 440)
        table = (
            ("nothing named is everything", [], cup, Decision(True, None)),
            ("only excluded: the rest is in", [Row(1, False, product=2)], cup, Decision(True, None)),
            ("only excluded: itself is out", [Row(1, False, product=2)], tea, Decision(False, 1)),
            ("included: the rest is out", [Row(1, True, product=2)], cup, Decision(False, None)),
            ("a category holds its sub-categories", [Row(1, True, category=10)], tea, Decision(True, 1)),
            (
                "a product before its category",
                [Row(1, True, category=11), Row(2, False, product=1)],
                cup,
                Decision(False, 2),
            ),
            (
                "a deep category before a high one",
                [Row(1, False, category=10), Row(2, True, category=11)],
                cup,
                Decision(True, 2),
            ),
            (
                "a category before a brand",
                [Row(1, False, brand=5), Row(2, True, category=10)],
                cup,
                Decision(True, 2),
            ),
            ("a brand before a region", [Row(1, True, brand=5), Row(2, False, state=330)], cup, Decision(True, 1)),
            (
                "a state before its country",
                [Row(1, True, country=86), Row(2, False, state=330)],
                cup,
                Decision(False, 2),
            ),
            (
                "another state stays with the country",
                [Row(1, True, country=86), Row(2, False, state=330)],
                tea,
                Decision(True, 1),
            ),
            (
                "two things named before one",
                [Row(1, True, product=1), Row(2, False, product=1, country=86)],
                cup,
                Decision(False, 2),
            ),
            (
                "equally specific: out",
                [Row(1, True, product=1), Row(2, False, product=1)],
                cup,
                Decision(False, 2),
            ),
            ("everything named must fit", [Row(1, True, product=1, country=1)], cup, Decision(False, None)),
            ("what isn't known fits no row that names it", [Row(1, True, product=1)], Item(), Decision(False, None)),
        )
        for name, rows, item, expected in table:
            with self.subTest(name):
                self.assertEqual(decide(rows, item), expected)

    @settings(max_examples=300, deadline=None)
    @given(rows=ROWS, item=ITEMS)
    def test_order_changes_nothing_but_which_of_equal_rows_is_named(self, rows, item):
        self.assertEqual(decide(rows, item).included, decide(rows[::-1], item).included)

    @settings(max_examples=200, deadline=None)
    @given(rows=ROWS, item=ITEMS)
    def test_a_row_for_exactly_this_item_decides(self, rows, item):
        if None in (item.product, item.brand, item.country, item.state) or not item.category_path:
            return
        for include in (True, False):
            exact = Row(1000, include, item.product, item.category_path[-1], item.brand, item.country, item.state)
            others = [row for row in rows if row[2:] != exact[2:]]
            self.assertEqual(decide([*others, exact], item), Decision(include, 1000))


@tagged("post_install", "-at_install")
class TestAgreementScope(FlowCase):
    """R-C1: types, modes, scope and warranty basis of a version decide on a claim."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["product.category"].create({"name": "Machines"})
        cls.grinder, cls.cup = cls.env["product.product"].create(
            [{"name": "Grinder", "categ_id": cls.category.id}, {"name": "Cup"}]
        )

    def claim(self, item=None, production=None, **version):
        agreement = self.flow.make_agreement(self.flow.partner("Scope"), **version)
        claim = self.flow.claim(
            [("goods", self.flow.bill(supplier=agreement.supplier_id), 50.0)], supplier=agreement.supplier_id
        )
        claim.line_ids.write({"product_id": (item or self.grinder).id, "production_date": production})
        self.flow.advance(claim, "submitted")
        return claim

    def row(self, rule="include", **values):
        return {"scope_ids": [Command.create({"rule": rule, **values})]}

    def test_without_a_scope_everything_is_covered_and_nothing_is_said_of_it(self):
        claim = self.claim()
        self.assertEqual(claim.coverage_state, "covered")
        self.assertNotIn("scope", claim.coverage_reason)

    def test_scope_decides_by_product_category_brand_and_region(self):
        """R-C1: each dimension on its own, in and out."""
        address = self.flow.partner(
            "Address", country_id=self.env.ref("base.cn").id, state_id=self.env.ref("base.state_cn_ZJ").id
        )
        self.flow.outlet.address_id = address
        other_brand = self.env["franchise.brand"].create({"name": "Other", "company_id": self.flow.company.id})
        dimensions = {
            "product_id": (self.grinder.id, self.cup.id),
            "category_id": (
                self.category.id,
                self.cup.categ_id.id or self.env["product.category"].create({"name": "Paper"}).id,
            ),
            "brand_id": (self.flow.brand.id, other_brand.id),
            "country_id": (self.env.ref("base.cn").id, self.env.ref("base.de").id),
            "state_id": (self.env.ref("base.state_cn_ZJ").id, self.env.ref("base.state_cn_JS").id),
        }
        for (name, (fitting, other)), rule in product(dimensions.items(), ("include", "exclude")):
            with self.subTest(dimension=name, rule=rule):
                inside = self.claim(**self.row(rule, **{name: fitting}))
                self.assertEqual(inside.coverage_state, "covered" if rule == "include" else "not_covered")
                outside = self.claim(**self.row(rule, **{name: other}))
                self.assertEqual(outside.coverage_state, "not_covered" if rule == "include" else "covered")

    def test_the_reason_names_the_product_in_the_readers_language(self):
        claim = self.claim(**self.row("exclude", product_id=self.grinder.id))
        self.assertIn("Grinder is not within the scope of the agreement.", claim.coverage_reason)
        self.assertIn("Within the scope", self.claim(**self.row(product_id=self.grinder.id)).coverage_reason)

    def test_one_product_outside_is_enough(self):
        agreement = self.flow.make_agreement(self.flow.partner("Two"), **self.row(product_id=self.grinder.id))
        bill = self.flow.bill((10.0, 20.0), supplier=agreement.supplier_id)
        claim = self.flow.claim([("goods", line, 10.0) for line in bill], supplier=agreement.supplier_id)
        claim.line_ids[0].product_id = self.grinder
        claim.line_ids[1].product_id = self.cup
        self.flow.advance(claim, "submitted")
        self.assertIn("Cup is not within", claim.coverage_reason)

    def test_warranty_from_production(self):
        """R-C1: months count from production; its last day still counts, and without the date nothing is shown."""
        terms = {"warranty_from": "production", "warranty_months": 3}
        event = self.flow.day(-20)
        for offset, state in ((-60, "covered"), (-300, "not_covered")):
            with self.subTest(offset):
                claim = self.claim(production=self.flow.day(offset), **terms)
                self.assertEqual((claim.event_date, claim.coverage_state), (event, state))
        unknown = self.claim(**terms)
        self.assertEqual(unknown.coverage_state, "not_covered")
        self.assertIn("enter the production date of every item", unknown.coverage_reason)
        from_sale = self.claim(production=self.flow.day(-300), warranty_months=3)
        self.assertEqual(from_sale.coverage_state, "covered", "sold 60 days ago")

    def test_types_and_modes(self):
        """R-C1: several types of one version, none is refused; all fourteen modes can be chosen."""
        modes = self.env["franchise.service.mode"].search([])
        self.assertEqual(len(modes & self.env["franchise.service.mode"].search([("id", "in", self.data_modes())])), 14)
        version = self.flow.make_version(
            self.flow.agreement, date_from=self.flow.day(100), covers_return=False, mode_ids=[Command.set(modes.ids)]
        )
        self.assertEqual((version.covers_warranty, version.covers_repair, version.covers_return), (True, True, False))
        self.assertEqual(version.mode_ids, modes)
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            version.write({"covers_warranty": False, "covers_repair": False})
            self.env.flush_all()
        self.assertIn("check_types", str(caught.exception))

    def data_modes(self):
        return (
            self.env["ir.model.data"]
            .search([("module", "=", "franchise_aftersales"), ("model", "=", "franchise.service.mode")])
            .mapped("res_id")
        )

    def test_rows_that_make_no_sense_are_refused(self):
        draft = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(100))
        cases = (
            (
                {"country_id": self.env.ref("base.de").id, "state_id": self.env.ref("base.state_cn_ZJ").id},
                ValidationError,
            ),
            ({"brand_id": self.foreign_brand().id}, ValidationError),
            ({}, Exception),
        )
        for values, error in cases:
            with self.subTest(values), self.assertRaises(error), self.env.cr.savepoint():
                self.env["franchise.service.agreement.scope"].create({"version_id": draft.id, **values})
                self.env.flush_all()

    def foreign_brand(self):
        company = self.env["res.company"].create({"name": f"Foreign {self.flow.key}"})
        return self.env["franchise.brand"].create({"name": "Foreign", "company_id": company.id})

    def test_scope_of_a_confirmed_version_is_fixed(self):
        """R-C1, R-C6."""
        agreement = self.flow.make_agreement(self.flow.partner("Fixed"), **self.row(product_id=self.grinder.id))
        with self.assertRaises(UserError):
            self.as_role(agreement.version_ids.scope_ids, "contract").write({"product_id": self.cup.id})

    def test_a_thousand_claims_cost_as_much_as_ten(self):
        """R-D3: coverage is looked up in a fixed number of queries, with scope, windows and run-off; one call writes all."""
        agreement = self.flow.make_agreement(self.flow.partner("Many"), **self.row(product_id=self.grinder.id))
        bill = self.flow.bill((10.0,), quantity=2000, supplier=agreement.supplier_id)
        values = self.flow.claim_values([("goods", bill, 1.0)], agreement.supplier_id)
        claims = self.env["franchise.claim"].create([dict(values) for _number in range(1000)])
        claims.line_ids.product_id = self.grinder
        counts = {}
        for number in (10, 1000):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(claims[:number]._coverage_decisions()), number)
            counts[number] = self.env.cr.sql_log_count - before
        self.assertEqual(counts[1000], counts[10])
        before = self.env.cr.sql_log_count
        claims._trusted()._decide_coverage()
        self.env.flush_all()
        self.assertLess(self.env.cr.sql_log_count - before, 40, "Odoo writes 100 records a statement")
        self.assertEqual(set(claims.mapped("coverage_state")), {"covered"})
