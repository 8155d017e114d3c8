from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimFacts(FlowCase):
    """R-D1: what a claim says beside its losses, whose customer it is and how it reached us."""

    def test_papers_and_what_was_used_before(self):
        values = {
            "invoice_reference": "SI/2026/0815",
            "delivery_reference": "DN-4711",
            "previous_product": "Boiler of 2024",
        }
        claim = self.flow.claim(**values)
        line = claim.line_ids
        line.write({"lot": "SN1", "batch": "2026-W08"})
        self.assertEqual((line.lot, line.batch, claim.claimant_id), ("SN1", "2026-W08", self.flow.franchisee))
        self.flow.advance(claim, "submitted")
        for name in values:
            with self.subTest(name), self.assertRaisesRegex(UserError, "can't be changed any more"):
                claim.write({name: "x"})

    def test_only_service_staff_see_the_customer(self):
        """R-H5: masked for the others, who can neither read, search nor export the name."""
        customer = self.env["res.partner"].create({"name": "王小明"})
        claim = self.flow.claim(customer_id=customer.id)
        for role in ("service", "manager"):
            self.assertEqual(self.as_role(claim, role).customer_id, customer, role)
        for role in ("finance", "accountant", "contract"):
            seen = self.as_role(claim, role)
            with self.subTest(role):
                self.assertEqual(seen.customer_label, "王**")
                with self.assertRaises(AccessError):
                    seen.read(["customer_id"])
                with self.assertRaises(AccessError):
                    seen.search([("customer_id.name", "=", "王小明")])
                arch = seen.get_view(self.env.ref("franchise_aftersales.franchise_claim_view_form").id, "form")["arch"]
                self.assertNotIn('name="customer_id"', arch)
                self.assertIn('name="customer_label"', arch)

    def test_how_it_reached_us_is_noted_and_never_typed(self):
        self.assertEqual(self.flow.claim().source, "system", "by a user, but without a browser")
        values = self.flow.claim_values([("labour", None, 5.0)])
        claims = self.env["franchise.claim"]
        self.assertEqual(claims.with_context(import_file=True).create(values).source, "import")
        self.assertEqual(claims.with_context(install_mode=True).create(values).source, "form", "a data file")
        portal = claims.with_user(self.flow.users["portal_franchisee"]).sudo()
        self.assertEqual(portal.create(values).source, "portal")
        with self.assertRaisesRegex(UserError, "works out by itself"):
            claims.create({**values, "source": "email"})
        self.assertEqual(claims.with_context(default_source="email").create(values).source, "form", "by Odoo itself")


@tagged("post_install", "-at_install")
class TestClaimDuplicate(FlowCase):
    """R-D1: the same serial or lot, cause and product twice: shown before submitting, explained or cancelled."""

    def lot(self, lot="SN-100", stage="draft", **values):
        claim = self.flow.claim(**values)
        claim.line_ids.lot = lot
        self.flow.advance(claim, stage)
        return claim

    def test_what_counts_as_a_duplicate(self):
        first = self.lot()
        self.assertFalse(first.duplicate_ids)
        self.assertEqual(self.lot(" sn-100 ").duplicate_ids, first, "letter case and spaces don't matter")
        self.assertFalse(self.lot("SN-101").duplicate_ids)
        other_cause = self.env.ref("franchise_aftersales.cause_quality_design")
        self.assertFalse(self.lot(cause_id=other_cause.id).duplicate_ids)
        self.assertFalse(self.lot("  ").duplicate_ids)
        boiler, mixer = self.env["product.product"].create([{"name": "Boiler"}, {"name": "Mixer"}])
        first.line_ids.product_id = boiler
        second = self.lot()
        second.line_ids.product_id = mixer
        self.assertNotIn(first, second.duplicate_ids, "another product")
        second.line_ids.product_id = boiler
        self.assertIn(first, second.duplicate_ids)
        first.action_cancel()
        self.env.invalidate_all()
        self.assertNotIn(first, second.duplicate_ids, "what is cancelled doesn't stand")

    def test_a_closed_claim_counts_for_some_months(self):
        old = self.lot(stage="submitted")
        old.reject_reason = "No"
        old.action_reject()
        new = self.lot()
        self.assertEqual(new.duplicate_ids, old)
        self.flow.company.franchise_duplicate_days = 5
        self.env.invalidate_all()
        self.assertFalse(new.duplicate_ids)

    def test_another_company_is_nobodys_business(self):
        self.lot()
        stranger = type(self.flow)(self.env)
        claim = stranger.claim()
        claim.line_ids.lot = "SN-100"
        self.assertFalse(claim.duplicate_ids)

    def test_the_form_shows_it_before_saving(self):
        first = self.lot()
        form = Form(self.env["franchise.claim"].with_user(self.flow.users["service"]))
        form.contract_id = self.flow.contract
        form.outlet_id = self.flow.outlet
        form.supplier_id = self.flow.supplier
        form.cause_id = self.flow.cause
        with form.line_ids.new() as line:
            line.kind = "labour"
            line.lot = "SN-100"
            line.amount_claimed = 5
        self.assertEqual(form.duplicate_ids[:], first)

    def test_submitting_asks_for_a_reason_or_cancels(self):
        first = self.lot()
        second, third = self.lot(), self.lot()
        with self.assertRaisesRegex(UserError, f"claimed for the same cause by {first.name}.*say why"):
            self.flow.advance(second, "submitted")
        self.assertIn(first.name, second.obstacle_html)
        second.duplicate_reason = "The second boiler of that lot"
        self.flow.advance(second, "submitted")
        self.assertEqual(second.state, "submitted")
        self.flow.advance(first, "submitted")
        self.as_role(third, "service").action_cancel_duplicate()
        self.assertEqual((third.state, third.duplicate_of_id), ("cancelled", first))
        with self.assertRaisesRegex(UserError, "can't be changed any more"):
            third.duplicate_of_id = second

    def test_the_link_is_to_a_claim_that_stands(self):
        first, second = self.lot(), self.lot()
        second.duplicate_of_id = first
        with self.assertRaisesRegex(UserError, "marked as a duplicate"):
            self.flow.advance(second, "submitted")
        with self.assertRaises(ValidationError):
            first.duplicate_of_id = first
        with self.assertRaises(ValidationError):
            first.duplicate_of_id = second
        with self.assertRaisesRegex(UserError, "Choose which one"):
            self.lot("SN-9").action_cancel_duplicate()
        with self.assertRaises(AccessError):
            self.as_role(second, "finance").action_cancel_duplicate()

    def test_as_many_queries_for_many_claims(self):
        bill = self.flow.bill(quantity=1000)
        counts = []
        for number in (5, 50):
            claims = self.env["franchise.claim"].create(
                [self.flow.claim_values([("goods", bill, 1.0)]) for _ in range(number)]
            )
            for index, line in enumerate(claims.line_ids):
                line.lot = f"Q{index}"
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = claims._find_duplicates()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(found), number)
        self.assertEqual(len(found[claims[0]]), 1, "the first five were there before")
        self.assertEqual(*counts)

    def test_an_index_answers(self):
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'franchise_claim_line' AND indexname LIKE '%same_lot'"
        )
        self.assertIn("upper(btrim", self.env.cr.fetchone()[0])


@tagged("post_install", "-at_install")
class TestCauseTree(FlowCase):
    """R-D2: the causes as a tree, complete as delivered, and the company's own to change."""

    TREE = {
        "quality": "design manufacture material performance reliability",
        "transport": "accident packaging wrong_goods",
        "late": "production date_changed transport",
        "other": "price terms breach",
    }

    def test_every_cause_of_the_requirement_is_there(self):
        """R-D2: quality (defect in design, manufacture, material; performance; reliability), transport, late, other."""
        for kind, leaves in self.TREE.items():
            root = self.env.ref(f"franchise_aftersales.cause_{kind}")
            self.assertEqual(root.kind, kind)
            self.assertFalse(root.parent_id)
            own = root.child_ids.filtered(lambda cause: cause.get_external_id()[cause.id])
            self.assertEqual(set(own.mapped("code")), set(leaves.split()))
            self.assertEqual(set(own.mapped("kind")), {kind})
            self.assertEqual(own.mapped("complete_code"), [f"{kind}.{cause.code}" for cause in own])

    def test_the_manager_configures_it(self):
        causes = self.env["franchise.cause"].with_user(self.flow.users["manager"])
        quality = self.env.ref("franchise_aftersales.cause_quality")
        own = causes.create({"name": "Glue", "code": "glue", "parent_id": quality.id})
        part = causes.create({"name": "Seam", "code": "seam", "parent_id": own.id})
        self.assertEqual((own.kind, part.kind, part.complete_code), ("quality", "quality", "quality.glue.seam"))
        transport = self.env.ref("franchise_aftersales.cause_transport")
        own.parent_id = transport
        self.env.flush_all()
        self.assertEqual((own.kind, part.kind, part.complete_code), ("transport", "transport", "transport.glue.seam"))
        for problem, values in (("same kind", {"kind": "late"}), ("Recursion|own parent", {"parent_id": part.id})):
            with self.subTest(problem), self.assertRaisesRegex(UserError, problem), self.env.cr.savepoint():
                (own if "parent_id" in values else part).write(values)
                self.env.flush_all()
        claim = self.flow.claim(cause_id=part.id)
        part.active = False
        self.assertNotIn(part, causes.search([]))
        self.assertEqual(claim.cause_id.complete_name, "Transport / Glue / Seam", "what was chosen stays")
        with self.assertRaises(AccessError):
            causes.with_user(self.flow.users["service"]).create({"name": "X", "code": "x"})
