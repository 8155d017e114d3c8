from odoo.tests import TransactionCase, tagged

from odoo.addons.franchise_aftersales.tests.translation_check import Translated


@tagged("post_install", "-at_install")
class TestTranslations(Translated, TransactionCase):
    def test_every_term_is_translated(self):
        """R-H3: what people read exists in Simplified Chinese."""
        self.check_translations("franchise_aftersales_repair")
