"""Whether what people read of an addon exists in Simplified Chinese; for the tests of this addon and of its bridges."""

import io
import re

import polib
from odoo.modules import get_module_path
from odoo.tools.translate import trans_export

PROSE = re.compile(
    "^(?!.*object[.])(?=.*[a-z])(?:[A-Z]|.*[a-z] [a-z])", re.DOTALL
)  # neither a name in code nor an acronym


def untranslated(env, module):
    """(terms that the catalogue of `module` lacks, terms that it has without a translation); names need none."""
    exported = io.BytesIO()
    trans_export(None, [module], exported, "po", env)
    terms = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
    catalogue = polib.pofile(f"{get_module_path(module)}/i18n/zh_CN.po")
    empty = {entry.msgid for entry in catalogue if not entry.msgstr and PROSE.search(entry.msgid)}
    return sorted(terms - {entry.msgid for entry in catalogue}), sorted(empty & terms)


class Translated:
    """A test of one addon's catalogue, beside a test case."""

    def check_translations(self, module):
        unknown, empty = untranslated(self.env, module)
        self.assertFalse(unknown, "run scripts/i18n.sh")
        self.assertFalse(empty, "run scripts/i18n.sh and translate what it lists")
