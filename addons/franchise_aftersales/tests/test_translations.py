import io
import re

import polib
from odoo.modules import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

MODULE = "franchise_aftersales"
PROSE = re.compile(
    "^(?!.*object[.])(?=.*[a-z])(?:[A-Z]|.*[a-z] [a-z])", re.DOTALL
)  # neither a name in code nor an acronym


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_every_term_is_in_the_catalogue(self):
        """R-H3: what people read exists in Simplified Chinese; names of Odoo's own machinery need no translation."""
        exported = io.BytesIO()
        trans_export(None, [MODULE], exported, "po", self.env)
        terms = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
        catalogue = polib.pofile(f"{get_module_path(MODULE)}/i18n/zh_CN.po")
        known = {entry.msgid for entry in catalogue}
        self.assertFalse(sorted(terms - known), "run scripts/i18n.sh and translate what it lists")
        empty = {entry.msgid for entry in catalogue if not entry.msgstr and PROSE.search(entry.msgid)}
        self.assertFalse(sorted(empty & terms), "run scripts/i18n.sh and translate what it lists")
