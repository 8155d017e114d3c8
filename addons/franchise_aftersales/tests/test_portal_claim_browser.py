from odoo.tests import tagged

from .flow_portal_claim import PortalClaimCase, goods

LIST = "/my/franchise/claims"


@tagged("post_install", "-at_install")
class TestClaimFromPhotoToClosure(PortalClaimCase):
    """R-D1, R-D4, R-D6, R-D11: a person takes a claim from the portal's photo to closure without leaving two screens, the portal (on
    a phone) and the claim's form; in English and in Chinese.
    """

    PHONE, DESK = "375x812", "1366x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.env["ir.module.module"]._load_module_terms(["franchise_aftersales"], ["zh_CN"])
        # A supplier of whom nothing is demanded, so that closing waits for nobody outside.
        maker = cls.flow.partner("Maker")
        cls.flow.make_agreement(maker, shares={"franchisor": 100})
        cls.sold = goods(cls.flow, "Kettle 开水壶", supplier=maker)

    def tour(self, url, name, role, size):
        self.browser_size, self.touch_enabled = size, size == self.PHONE
        self.start_tour(url, name, login=self.flow.users[role].login, timeout=120)
        self.env.invalidate_all()

    def in_form(self, claim, name, role):
        self.tour(f"/odoo/action-franchise_aftersales.franchise_claim_action/{claim.id}", name, role, self.DESK)

    def walk(self, language):
        """The claim's page (HTML) as the franchisee reads it at the end."""
        users = self.env["res.users"].union(
            *(self.flow.users[role] for role in ("portal_franchisee", "service", "manager"))
        )
        users.lang = self.flow.franchisee.lang = language
        self.tour(LIST, "franchise_portal_claim", "portal_franchisee", self.PHONE)
        claim = self.env["franchise.claim"].search([("claimant_id", "=", self.flow.franchisee.id)])
        self.assertEqual((claim.state, claim.source, claim.line_ids.quantity), ("draft", "portal", 1))
        self.assertEqual(len(claim.evidence_ids.file_ids), 2, "both photos came, once")
        self.in_form(claim, "franchise_form_assess", "service")
        self.in_form(claim, "franchise_form_offer", "manager")
        offer = claim.offer_ids
        self.assertEqual((claim.state, offer.state), ("approved", "made"))
        self.tour(f"{LIST}?filterby=waiting", "franchise_portal_sign", "portal_franchisee", self.PHONE)
        self.assertEqual((offer.state, offer.signed_name, offer.signed_method), ("accepted", "李伟", "drawn"))
        self.in_form(claim, "franchise_form_close", "service")
        self.assertEqual((claim.state, claim.told_channel, claim.told_on), ("closed", "mail", self.flow.today))
        self.assertEqual(claim.execution_ids.mapped("state"), ["done"])
        self.tour(f"{LIST}?filterby=settled", "franchise_portal_rate", "portal_franchisee", self.PHONE)
        self.assertEqual((claim.rating_ids.rating, claim.rating_ids.feedback), (5, "谢谢 / thank you"))
        self.login("portal_franchisee")
        return self.url_open(claim.website_url).text

    def test_in_english(self):
        self.assertIn("Within warranty", self.walk("en_US"))

    def test_in_chinese(self):
        self.assertIn("在质保期内", self.walk("zh_CN"))
