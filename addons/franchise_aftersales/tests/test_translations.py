from odoo.tests import TransactionCase, tagged

from .translation_check import Translated


@tagged("post_install", "-at_install")
class TestTranslations(Translated, TransactionCase):
    def test_every_term_is_in_the_catalogue(self):
        """R-H3: what people read exists in Simplified Chinese; names of Odoo's own machinery need no translation."""
        self.check_translations("franchise_aftersales")
