import io

import polib
from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

MODULE = "franchise_aftersales_repair"


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_every_term_is_translated(self):
        """R-H3: what people read exists in Simplified Chinese."""
        exported = io.BytesIO()
        trans_export(None, [MODULE], exported, "po", self.env)
        terms = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
        catalogue = polib.pofile(f"{get_module_path(MODULE)}/i18n/zh_CN.po")
        known = {entry.msgid for entry in catalogue if entry.msgstr}
        self.assertFalse(sorted(terms - known), "run scripts/i18n.sh and translate what it lists")
