from odoo.fields import Command
from odoo.tests import tagged

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestServiceOffers(FlowCase):
    """R-C1, R-D3: types and modes of an agreement say which services a claim on it has, and which ways it excludes."""

    def version(self, **values):
        agreement = self.flow.make_agreement(self.flow.partner("Maker"), **values)
        return agreement.version_ids

    def test_the_types_decide_which_ways_are_included(self):
        kinds = ("repair", "replace", "refund", "discount", "reject")
        table = (
            ({}, True, (True, True, True, True, True)),
            ({"covers_repair": False, "covers_return": False}, True, (True, True, False, True, True)),
            ({"covers_repair": False, "covers_return": False}, False, (False, False, False, True, True)),
            ({"covers_warranty": False, "covers_return": False}, True, (True, False, False, True, True)),
            ({"covers_warranty": False, "covers_repair": False}, True, (False, True, True, True, True)),
        )
        for values, in_warranty, expected in table:
            with self.subTest(values=values, in_warranty=in_warranty):
                offers = self.version(**values)._service_offers(kinds, in_warranty)
                self.assertEqual(tuple(offers[kind][0] for kind in kinds), expected)
                for included, warning in offers.values():
                    self.assertEqual(included, not warning)

    def test_the_warning_says_what_is_included(self):
        version = self.version(covers_warranty=False, covers_return=False)
        self.assertIn("includes Repair only", version._service_offers(["refund"])["refund"][1])
        alone = self.version(covers_repair=False, covers_return=False)
        self.assertIn("includes nothing only", alone._service_offers(["repair"], in_warranty=False)["repair"][1])

    def test_a_claim_shows_types_and_modes(self):
        on_site = self.env.ref("franchise_aftersales.service_mode_on_site")
        claim = self.flow.claim()
        findings = claim._coverage_findings(self.flow.version)
        self.assertEqual(findings[-1].rule, "service")
        self.assertTrue(findings[-1].kept, "it tells, and decides nothing about coverage")
        self.assertEqual(findings[-1].detail["types"], ["warranty", "repair", "return"])
        text = claim._explain_finding(findings[-1]._replace(detail={"types": ["repair"], "modes": on_site.ids}))
        self.assertEqual(text, f"Services of the agreement: Repair; given by: {on_site.name}.")
        text = claim._explain_finding(findings[-1]._replace(detail={"types": ["warranty"], "modes": []}))
        self.assertEqual(text, "Services of the agreement: Warranty.")

    def test_it_is_part_of_the_coverage_that_is_shown(self):
        supplier = self.flow.partner("Moded")
        modes = self.env.ref("franchise_aftersales.service_mode_on_site")
        agreement = self.flow.make_agreement(
            supplier, covers_return=False, mode_ids=[Command.set(modes.ids)], warranty_months=1
        )
        line = self.flow.bill(supplier=supplier, days_ago=400)
        claim = self.env["franchise.claim"].create(
            {**self.flow.claim_values([("goods", line, 5.0)]), "agreement_id": agreement.id, "supplier_id": supplier.id}
        )
        claim._trusted()._decide_coverage()
        self.assertIn(f"given by: {modes.name}", claim.coverage_reason)
        self.assertIn("Services of the agreement: Repair;", claim.coverage_reason, "the warranty has run out")
