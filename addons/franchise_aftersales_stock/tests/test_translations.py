import io

import polib
from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

from odoo.addons.franchise_aftersales.tests.test_translations import PROSE

MODULE = "franchise_aftersales_stock"


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_every_term_is_translated(self):
        """R-H3: what people read exists in Simplified Chinese."""
        exported = io.BytesIO()
        trans_export(None, [MODULE], exported, "po", self.env)
        terms = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
        catalogue = polib.pofile(f"{get_module_path(MODULE)}/i18n/zh_CN.po")
        self.assertFalse(sorted(terms - {entry.msgid for entry in catalogue}), "run scripts/i18n.sh")
        empty = {entry.msgid for entry in catalogue if not entry.msgstr and PROSE.search(entry.msgid)}
        self.assertFalse(sorted(empty & terms), "run scripts/i18n.sh and translate what it lists")
        self.assertGreater(len(terms), 5)
