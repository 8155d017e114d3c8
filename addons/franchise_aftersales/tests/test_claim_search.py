from unittest.mock import patch

from odoo.tests import tagged

from ..models.claim import claim_search
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimSearch(FlowCase):
    """R-D1: one claim is found among many by its number, its supplier or its outlet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls.flow.claim()
        cls.other = cls.flow.claim(supplier=cls.other_supplier())

    @classmethod
    def other_supplier(cls):
        supplier = cls.flow.partner("Kettle Works")
        cls.flow.make_agreement(supplier)
        return supplier

    def found(self, words, operator="ilike"):
        claims = self.as_role(self.env["franchise.claim"], "service")
        return claims.search([("any_name", operator, words), ("id", "in", (self.claim | self.other).ids)])

    def test_by_number_supplier_or_outlet(self):
        self.assertEqual(self.found(self.claim.name), self.claim)
        self.assertEqual(self.found("kettle work"), self.other)
        self.assertEqual(self.found(self.flow.outlet.code), self.claim | self.other)
        self.assertFalse(self.found("no such thing"))
        self.assertEqual(self.found("kettle work", "not ilike"), self.claim)

    def test_an_archived_outlet_still_finds_its_claims(self):
        self.flow.outlet.active = False
        self.assertEqual(self.found(self.flow.outlet.code), self.claim | self.other)

    def test_words_that_very_many_have(self):
        """Beyond the number that is looked up beforehand the database compares the names itself."""
        with patch.object(claim_search, "MANY", 0):
            self.assertEqual(self.found("kettle work"), self.other)
            self.assertEqual(self.found(self.flow.outlet.code), self.claim | self.other)


@tagged("post_install", "-at_install")
class TestClaimPage(FlowCase):
    """R-D10: the clocks of a page of claims are read and measured at once; a new claim's clocks are written once."""

    def claims(self, count):
        values = [self.flow.claim_values([("labour", None, 20.0)]) for _number in range(count)]
        return self.env["franchise.claim"].create(values)

    def test_a_page_costs_the_same_for_5_and_for_50_claims(self):
        counts = []
        for claims in (self.claims(2), self.claims(5), self.claims(50)):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            texts = claims.mapped("clock_html")
            self.assertTrue(all(texts))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_new_clocks_and_lines_are_not_updated(self):
        executed, execute = [], type(self.env.cr).execute

        def noted(cr, query, *args, **kwargs):
            executed.append(str(getattr(query, "code", query)))
            return execute(cr, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", noted):
            claims = self.claims(3)
            self.env.flush_all()
        updated = [text for text in executed if text.startswith("UPDATE")]
        self.assertFalse(
            [text for text in updated if "franchise_claim_clock" in text or "franchise_claim_line" in text]
        )
        self.assertEqual(len(claims.clock_ids), 3 * 4)
        self.assertTrue(all(clock.due_at and clock.company_id and clock.supplier_id for clock in claims.clock_ids))
