from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.portal.controllers.portal import CustomerPortal

from .flow_evidence import EXE, HTML, PDF, SVG, photo
from .flow_portal_claim import FORM, NEW, PortalClaimCase, goods

GOODS = "/my/franchise/claims/new"


@tagged("post_install", "-at_install")
class TestPortalClaimNew(PortalClaimCase):
    """R-D1: intake in the portal, with photos; it is a draft claim by the way that all requests take."""

    def setUp(self):
        super().setUp()
        self.login("portal_franchisee")

    def test_a_photo_becomes_a_claim(self):
        """R-D1: number, claimant, outlet, product, lot, batch, invoice, dates, previous product, how it shows, and photos."""
        page = self.get(NEW, line=self.sold.id).text
        for text in ("Boiler", self.sold.move_id.name, 'capture="environment"', "Each at most", FORM.search(page)[0]):
            self.assertIn(text, page)
        claim, intake = self.send(
            files=[("one.jpg", photo()), ("two.jpg", photo("PNG")), ("delivery.pdf", PDF)],
            batch="B-7",
            previous_product="Old boiler",
            delivery_reference="WB-9",
            delivery_date=str(self.flow.day(-9)),
        )
        self.assertEqual((claim.state, claim.source, claim.claimant_id), ("draft", "portal", self.flow.franchisee))
        self.assertEqual(claim.entered_by_id, self.flow.users["portal_franchisee"])
        self.assertEqual((claim.supplier_id, claim.agreement_id), (self.flow.supplier, self.flow.agreement))
        self.assertEqual((claim.outlet_id, claim.cause_id), (self.flow.outlet, self.flow.cause))
        self.assertEqual((claim.event_date, claim.discovery_date), (self.flow.day(-3), self.flow.day(-2)))
        self.assertEqual((claim.delivery_date, claim.reported_date), (self.flow.day(-9), self.flow.today))
        self.assertEqual((claim.invoice_reference, claim.delivery_reference), (self.sold.move_id.name, "WB-9"))
        self.assertEqual((claim.previous_product, claim.description), ("Old boiler", "Drips at the base 底部渗水"))
        line = claim.line_ids
        self.assertEqual(
            (line.product_id, line.quantity, line.lot, line.batch), (self.sold.product_id, 2, "SN-1", "B-7")
        )
        self.assertEqual(line.amount_claimed, 600, "at the price of the supplier's bill, not at ours")
        self.assertEqual((intake.state, intake.source), ("claimed", "portal"))
        files = claim.evidence_ids.file_ids
        self.assertEqual(sorted(files.mapped("mimetype")), ["application/pdf", "image/jpeg", "image/png"])
        self.assertEqual(set(claim.evidence_ids.mapped("given_by")), {"claimant"})
        self.assertNotIn(b"GPS", files.filtered(lambda file: file.mimetype == "image/jpeg").raw)
        claim.with_user(self.flow.users["service"]).action_submit()
        self.assertEqual(claim.state, "submitted", "nothing is missing for the first step of staff")
        sent = self.get(f"/my/franchise/claims/sent/{intake.submission}")
        self.assertIn(f"/my/franchise/claims/{claim.id}?message=received", sent.headers["Location"])

    def test_the_same_form_twice_is_one_claim(self):
        """R-D1: a double click, or sending again after a lost answer, makes one claim."""
        form = self.form()
        for _again in range(2):
            response = self.post(NEW, form, [("p.jpg", photo())])
            self.assertEqual(response.status_code, 303)
            self.assertTrue(response.headers["Location"].endswith(f"/sent/{form['submission']}"))
        intakes = self.env["franchise.claim.intake"].search([("submission", "=", form["submission"])])
        self.assertEqual(len(intakes), 1)
        self.assertEqual(self.env["franchise.claim"].search_count([("claimant_id", "=", self.flow.franchisee.id)]), 1)
        for submission in ("", "x", "0" * 31, "G" * 32):
            with self.subTest(submission=submission):
                self.assertIn("open it again", self.post(NEW, self.form(submission=submission)).text)

    def test_errors_keep_what_was_typed(self):
        """R-D1: everything that is wrong is said at once, and nothing typed is lost."""
        wrong = {
            "outlet_id": "",
            "cause_id": "nonsense",
            "quantity": "9",
            "event_date": str(self.flow.day(3)),
            "discovery_date": "yesterday",
            "description": "   ",
            "batch": "<b>B</b>",
            "previous_product": "Old one",
        }
        page = self.post(NEW, self.form(**wrong)).text
        for text in (
            "Choose the outlet.",
            "Choose what happened.",
            "claim at most as many",
            "lies in the future",
            "year-month-day",
            "Write how the fault shows.",
        ):
            self.assertIn(text, page)
        for text in ('value="9"', 'value="SN-1"', "&lt;b&gt;B&lt;/b&gt;", 'value="Old one"', FORM.search(page)[0]):
            self.assertIn(text, page)
        self.assertFalse(
            self.env["franchise.claim.intake"].search([("partner_id", "child_of", self.flow.franchisee.id)])
        )
        answer = self.post(NEW, self.form(quantity="-1"), **{"X-Requested-With": "XMLHttpRequest"}).json()
        self.assertEqual(set(answer), {"error"})
        self.assertIn("above zero", answer["error"])
        for quantity in ("nan", "inf", "1e12", "x"):
            with self.subTest(quantity=quantity):
                self.assertIn("above zero", self.post(NEW, self.form(quantity=quantity)).text)

    def test_files_that_are_no_evidence_make_no_claim(self):
        """R-D1, R-D4, R-H5: markup, programs and what is too large are refused with the whole form kept."""
        self.flow.company.franchise_evidence_max_mb = 1
        cases = [
            ("page.html", HTML, "by its content"),
            ("drawing.svg", SVG, "by its content"),
            ("photo.jpg", HTML, "by its content"),
            ("tool.exe", EXE, "by its content"),
            ("big.jpg", photo() + bytes(2 * 1024 * 1024), "at most 1 MB"),
            ("empty.jpg", b"", "is empty"),
        ]
        for name, content, words in cases:
            with self.subTest(file=name):
                form = self.form()
                page = self.post(NEW, form, [(name, content)]).text
                self.assertIn(words, page)
                self.assertIn("Drips at the base", page)
                self.assertFalse(self.env["franchise.claim.intake"].search([("submission", "=", form["submission"])]))
        many = [(f"{number}.jpg", photo()) for number in range(21)]
        self.assertIn("At most 20 files", self.post(NEW, self.form(), many).text)

    def test_goods_of_the_invoices_are_found(self):
        """R-D1: what they bought stands in pages, newest first, and is found by name, code and invoice; nobody else's does."""
        theirs = goods(self.flow, "Rival's oven", franchisee=self.rival)
        other = goods(self.flow, "Ice maker 制冰机", code="IM-80")
        page = self.get(GOODS).text
        self.assertIn("Boiler", page)
        self.assertNotIn("oven", page)
        for text in ("制冰机", "im-80", other.move_id.name):
            with self.subTest(text=text):
                found = self.get(GOODS, search=text).text
                self.assertIn("Ice maker", found)
                self.assertNotIn(self.sold.move_id.name, found)
        self.assertIn("is called", self.get(GOODS, search="nothing like this").text)
        with patch.object(CustomerPortal, "_items_per_page", 1):
            self.assertIn("Boiler", self.get(f"{GOODS}?page=2").text)
            self.assertNotIn("Boiler", self.get(f"{GOODS}?page=1").text)
        form = self.get(NEW, line=theirs.id).text
        self.assertNotIn("oven", form, "a line of somebody else's invoice is none")
        refused = self.post(NEW, self.form(line=str(theirs.id))).text
        self.assertIn("Choose the goods", refused)

    def test_goods_by_name_and_unknown_goods(self):
        """R-D1: goods written by name or code are found by the supplier's bill; what isn't known waits for staff, photos kept."""
        code = self.sold.product_id.default_code
        for product in (code, code.lower(), "Boiler 开水器"):
            with self.subTest(product=product):
                claim, _intake = self.send(line="", product=product, lot="")
                self.assertEqual(claim.line_ids.product_id, self.sold.product_id)
        claim, intake = self.send(line="", product="Old kettle %", lot="K-1")
        self.assertFalse(claim)
        self.assertEqual((intake.state, intake.subject, intake.quantity), ("new", "Old kettle %", 2))
        listed = self.get("/my/franchise/claims").text
        self.assertIn("Old kettle %", listed)
        bill = self.flow.bill()
        intake = intake.with_user(self.flow.users["service"])
        with self.assertRaisesRegex(Exception, "stays as it came"):
            intake.body = "x"
        intake.write({"bill_id": bill.move_id.id, "invoice_line_id": bill.id})
        intake.action_claim()
        claim = intake.claim_id.with_env(self.env)
        self.assertEqual((claim.source, claim.line_ids.lot, claim.line_ids.quantity), ("portal", "K-1", 2))
        self.assertEqual(claim.evidence_ids.file_ids.mapped("mimetype"), ["image/jpeg"])
        self.assertEqual(claim.evidence_ids.given_by_partner_id, self.flow.users["portal_franchisee"].partner_id)
        refused = self.send(line="", product="Broken chair", lot="")[1].with_user(self.flow.users["service"])
        refused.refuse_reason = "Chairs are not ours"
        refused.action_refuse()
        self.assertIn("Chairs are not ours", self.get("/my/franchise/claims").text)

    def test_the_same_lot_again_is_asked_about(self):
        """R-D1: the duplicate warning; other franchisees' claims are not told, staff see those."""
        claim, _intake = self.send()
        page = self.post(NEW, self.form()).text
        self.assertIn(claim.name, page)
        self.assertIn("say why it is no repetition", page)
        again, _intake = self.send(no_duplicate_reason="Another piece of the lot")
        self.assertEqual(again.duplicate_reason, "Another piece of the lot")
        contract = self.env["franchise.contract"].search([("franchisee_id", "=", self.rival.id)])
        foreign = self.claim(contract_id=contract.id, outlet_id=contract.outlet_ids.id)
        foreign.line_ids.lot = "SN-9"
        foreign.line_ids._trusted_write({"product_id": self.sold.product_id.id})
        self.flow.advance(foreign, "submitted")
        quiet, _intake = self.send(lot="SN-9", no_duplicate_reason="Sure")
        self.assertFalse(quiet.duplicate_reason)
        self.assertIn(foreign.name, quiet.obstacle_html)

    def test_a_user_without_an_outlet_gets_no_form(self):
        """R-D1: only franchisees claim; a supplier and a stranger are sent home, and so is who isn't logged in."""
        for role in ("portal", "portal_supplier"):
            with self.subTest(role=role):
                self.login(role)
                self.assertEqual(self.get(GOODS).status_code, 303)
                self.assertEqual(self.get(NEW).status_code, 303)
                self.assertNotIn("New claim", self.get("/my/franchise/claims").text)
        self.login(None)
        self.assertIn("/web/login", self.get(NEW).headers["Location"])

    def test_foreign_outlets_and_missing_tokens_are_refused(self):
        """R-D1: an outlet of somebody else, a form without its CSRF token, and reading by GET change nothing."""
        foreign = self.env["franchise.outlet"].search([("franchisee_id", "=", self.rival.id)])
        self.assertIn("Choose the outlet.", self.post(NEW, self.form(outlet_id=str(foreign.id))).text)
        form = self.form()
        self.assertEqual(self.url_open(NEW, data=form, allow_redirects=False).status_code, 400)
        self.get(NEW, **form)
        self.assertFalse(self.env["franchise.claim.intake"].search([("submission", "=", form["submission"])]))
        _claim, intake = self.send()
        self.login("rival")
        location = self.get(f"/my/franchise/claims/sent/{intake.submission}").headers["Location"]
        self.assertTrue(location.endswith("/my/franchise/claims"), "another franchisee's form leads nowhere")
