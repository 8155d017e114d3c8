"""Each rule of the gate finds its pattern, and lets the right spelling through."""

from pathlib import Path

import pytest

from house.odoo19_gate import RULES, examine, main

BAD = [
    (".py", "sql-constraints", "    _sql_constraints = [('a', 'unique(a)', 'no')]\n"),
    (".py", "name-get", "    def name_get(self):\n        return []\n"),
    (".py", "name-search", "    def _name_search(self, name):\n        return []\n"),
    (".py", "decimal-precision", "x = fields.Float(digits='Product Unit of Measure')\n"),
    (".py", "uom-category", "x = self.env.ref('uom.uom_category')\ny = line.uom_category\n"),
    (".py", "read-group", "rows = self.env['a'].read_group([], [], [])\n"),
    (".py", "old-constructor", "cr = self._cr\n"),
    (".py", "check-access", "self.check_access_rights('read')\n"),
    (".py", "osv-expression", "from odoo.osv import expression\n"),
    (".py", "toggle-active", "self.toggle_active()\n"),
    (".py", "check-recursion", "self._check_recursion()\n"),
    (".py", "group-operator", "x = fields.Float(group_operator='avg')\n"),
    (".py", "auto-join", "x = fields.Many2one('a', auto_join=True)\n"),
    (".py", "api-returns", "    @api.returns('self')\n    def f(self):\n        pass\n"),
    (".py", "where-calc", "q = self._where_calc([])\n"),
    (".py", "type-json", "    @http.route('/a', type='json', auth='user')\n    def f(self):\n        pass\n"),
    (".py", "type-json", "    @route(['/a',\n            '/b'], auth='user',\n           type=\"json\")\n    def f(self):\n        pass\n"),
    (".py", "fields-states", "x = fields.Char(states={'draft': [('readonly', False)]})\n"),
    (".py", "view-mode-tree", "a = {'view_mode': 'tree,form'}\n"),
    (".py", "view-type-tree", "a = {'views': [(False, 'tree')]}\n"),
    (".py", "groups-id", "u.write({'groups_id': [(4, 1)]})\n"),
    (".py", "message-post-positional", "self.message_post('hello')\n"),
    (".py", "partner-mobile", "n = self.partner_id.mobile\n"),
    (".py", "account-company", "c = line.account_id.company_id\n"),
    (".py", "stock-move-name", "self.env['stock.move'].create({'name': 'x'})\n"),
    (".py", "product-type", "v = {'type': 'product'}\n"),
    (".py", "tax-id", "v = {'tax_id': [1]}\n"),
    (".py", "cron-fields", "v = {'numbercall': -1}\n"),
    (".py", "translate-global", "from odoo import _, api\n"),
    (".py", "translate-global", "from odoo import api, _\n"),
    (".xml", "tree-view", "<odoo>\n<tree>\n</tree></odoo>"),
    (".xml", "attrs", "<field name='a' attrs=\"{'invisible': 1}\"/>"),
    (".xml", "states", "<button name='a' states='draft'/>"),
    (".xml", "oe-chatter", "<div class='a oe_chatter'/>"),
    (".xml", "kanban-box", "<t t-name=\"kanban-box\"/>"),
    (".xml", "view-mode-tree", '<field name="view_mode">tree,form</field>'),
    (".xml", "mode-tree", "<field name='line_ids' mode='tree,kanban'/>"),
    (".xml", "search-group", "<search>\n<field name='a'/>\n<group expand='0' string='G'>\n</group></search>"),
    (".xml", "groups-id", '<field name="groups_id" eval="[]"/>'),
    (".xml", "group-category", '<record id="g" model="res.groups">\n<field name="category_id" ref="b"/></record>'),
    (".xml", "group-users", '<record id="g" model="res.groups">\n<field name="users" eval="[]"/></record>'),
    (".xml", "cron-fields", '<field name="numbercall">-1</field>'),
    (".xml", "colors-fonts", "<list colors='red:a'/>"),
    (".xml", "product-type", '<field name="type">product</field>'),
    (".xml", "t-raw", "<t t-raw='a'/>"),
    (".js", "odoo-define", "odoo.define('a', function () {});\n"),
    (".js", "tour-register", "tour.register('a', {}, []);\n"),
]  # fmt: skip
GOOD = [
    (".py", "# read_group( was the old name\nrows = self.env['a']._read_group([])\n"),
    (".py", '"""Docstring: name_get and _sql_constraints = x, type=\'json\'."""\n'),
    (".py", "rows = m.formatted_read_group([], [])\n"),
    (".py", "class A:\n    _unique_a = models.UniqueIndex('(a)')\n"),
    (".py", "    @http.route('/a', type='jsonrpc', auth='user')\n    def f(self):\n        pass\n"),
    (".py", "self.message_post(body='x')\nself.message_post(\n    body='x')\nself.message_post(**values)\n"),
    (".py", "from odoo import api, fields\nfrom odoo.tools import SQL\n"),
    (".py", "v = {'group_ids': [], 'tax_ids': [], 'product_uom_id': 1}\nw = line.product_uom_id\n"),
    (".py", "a = {'view_mode': 'list,form'}\nself.env['rule'].groups\n"),
    (".py", "old = m.read_group([])  # odoo19-ok: another library's\n"),
    (".xml", "<!-- <tree> was the old name -->\n<list decoration-danger='a'/>"),
    (".xml", "<chatter/>\n<t t-name='card'/>\n<field name='state' invisible=\"a == 1\"/>"),
    (".xml", "<search>\n<group>\n<filter name='a'/></group></search>\n<group string='x'/>"),
    (".xml", '<record id="g" model="res.groups"><field name="name">a</field></record>\n'
             '<record id="p" model="product.product"><field name="category_id" ref="c"/></record>'),
    (".xml", '<record id="p" model="res.groups.privilege"><field name="category_id" ref="c"/></record>'),
    (".xml", "<t t-out='a'/><field name='currency_id' options=\"{'no_open': True}\"/>"),
    (".js", 'registry.category("web_tour.tours").add("a", {});\n'),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "name", "text"), BAD, ids=[f"{name}{suffix}" for suffix, name, _ in BAD])
def test_finds(suffix, name, text):
    found = examine(Path(f"a{suffix}"), text)
    assert name in {finding.rule.name for finding in found}


@pytest.mark.parametrize(("suffix", "text"), GOOD)
def test_lets_through(suffix, text):
    assert [str(finding) for finding in examine(Path(f"a{suffix}"), text)] == []


def test_every_rule_has_an_example():
    assert {(rule.suffix, rule.name) for rule in RULES} == {(suffix, name) for suffix, name, _text in BAD}


def test_names_the_line(tmp_path, capsys):
    (tmp_path / "a.py").write_text("import x\n\nself.toggle_active()\n")
    assert main([str(tmp_path)]) == 1
    assert f"{tmp_path}/a.py:3: toggle-active: use action_archive" in capsys.readouterr().out


def test_clean_folder_passes(tmp_path):
    (tmp_path / "a.py").write_text("import x\n")
    assert main([str(tmp_path)]) == 0


def test_broken_python_is_examined_as_it_stands(tmp_path):
    assert examine(Path("a.py"), "def (:\n    self.toggle_active()\n")
