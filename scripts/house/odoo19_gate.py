"""Find what Odoo 19 drops silently, or refuses only at run time. `odoo19_gate.py FOLDER …`; exit 1 when it finds some.

Each rule is a pattern for Python, XML or JavaScript, with a sentence on what to write instead. A line with the comment
`odoo19-ok: reason` (`# …`, `<!-- … -->`, `// …`) is let through.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

ALLOWED = "odoo19-ok:"


@dataclass(frozen=True)
class Rule:
    """One pattern and what to do instead."""

    name: str
    suffix: str
    pattern: re.Pattern[str]
    instead: str


@dataclass(frozen=True)
class Finding:
    """One place."""

    path: Path
    line: int
    rule: Rule

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule.name}: {self.rule.instead}"


def _py(name: str, pattern: str, instead: str) -> Rule:
    return Rule(name, ".py", re.compile(pattern, re.MULTILINE), instead)


def _xml(name: str, pattern: str, instead: str) -> Rule:
    return Rule(name, ".xml", re.compile(pattern, re.MULTILINE | re.DOTALL), instead)


RULES = (
    # Silent in 19
    _py("sql-constraints", r"^\s*_sql_constraints\s*=", "ignored with a warning; use models.Constraint."),
    _py("name-get", r"def name_get\(", "never called; override _compute_display_name."),
    _py("name-search", r"def _?name_search\(", "gone; override _search_display_name."),
    _py("decimal-precision", r"""["']Product Unit of Measure["']""", "no such precision; it is 'Product Unit'."),
    _py("uom-category", r"\buom_category\b|\bcategory_id\.uom", "units have no category; use relative_uom_id."),
    # Gone or refused
    _py("read-group", r"(?<!_)(?<!formatted_)\bread_group\(", "use _read_group, or formatted_read_group by RPC."),
    _py("old-constructor", r"(?<!\w)self\._(?:cr|uid|context)\b", "use self.env.cr, self.env.uid, self.env.context."),
    _py("check-access", r"\bcheck_access_(?:rights|rule)\(|\b_filter_access_rules", "use check_access or has_access."),
    _py("osv-expression", r"\bodoo\.osv\b", "gone; use odoo.fields.Domain with & | ~."),
    _py("toggle-active", r"\btoggle_active\(", "use action_archive, action_unarchive."),
    _py("check-recursion", r"\b_check_(?:m2m_)?recursion\(", "use _has_cycle."),
    _py("group-operator", r"\bgroup_operator\s*=", "is called aggregator."),
    _py("auto-join", r"\bauto_join\s*=", "is called bypass_search_access."),
    _py("api-returns", r"@api\.(?:returns|multi|one|cr|noguess)\b", "gone; remove it."),
    _py("where-calc", r"\b_where_calc\(|\b_apply_ir_rules\(", "gone; use _search."),
    _py("type-json", r"""@(?:http\.)?route\((?:[^()]|\([^()]*\))*type\s*=\s*["']json["']""", "is type='jsonrpc'."),
    _py("fields-states", r"fields\.\w+\((?:[^()]|\([^()]*\))*\bstates\s*=", "gone; use readonly= in the view."),
    _py("view-mode-tree", r"""["']view_mode["']\s*:\s*["'][^"']*\btree\b""", "the view is called list."),
    _py("view-type-tree", r"""\(\s*(?:False|None|[\w.]+)\s*,\s*["']tree["']\s*\)""", "the view is called list."),
    _py("groups-id", r"""\bgroups_id\b""", "is group_ids (rules: groups; users: group_ids, all_group_ids)."),
    _py(
        "message-post-positional",
        r"""\.message_post\((?!\s*(?:\*\*|\w+\s*=|\)))""",
        "takes keywords only; HTML in Markup.",
    ),
    _py(
        "partner-mobile", r"\bpartner(?:_id)?\.(?:mobile|title)\b", "res.partner has no mobile and no title; use phone."
    ),
    _py("account-company", r"\baccount_id\.company_id\b", "accounts have company_ids."),
    _py("stock-move-name", r"""\[["']stock\.move["']\]\.create\(\{[^}]*["']name["']""", "stock.move has no name."),
    _py("product-type", r"""["'](?:detailed_type|type)["']\s*:\s*["']product["']""", "is 'consu' with is_storable."),
    _py("tax-id", r"""["']tax_id["']|\.product_uom\b(?!_)""", "order lines have tax_ids and product_uom_id."),
    _py("cron-fields", r"""["'](?:numbercall|doall)["']""", "crons have neither any more."),
    _py("translate-global", r"from odoo import (?:[^\n]*,\s*)?_(?:$|,|\s)", "use self.env._(), or LazyTranslate."),
    _xml("tree-view", r"</?tree[\s>]", "the element is called list."),
    _xml("attrs", r"\sattrs\s*=", "gone; use invisible=, readonly=, required= with expressions."),
    _xml("states", r"<(?:field|button|group|page|div)\b[^>]*\sstates\s*=", "gone; use invisible=."),
    _xml("oe-chatter", r"""class\s*=\s*["'][^"']*\boe_chatter\b""", "shows nothing; use <chatter/>."),
    _xml("kanban-box", r"""t-name\s*=\s*["']kanban-box["']""", "breaks in the browser; the template is called card."),
    _xml("view-mode-tree", r"""name\s*=\s*["'](?:view_mode|mode)["'][^>]*>[^<]*\btree\b""", "the view is called list."),
    _xml("mode-tree", r"""\bmode\s*=\s*["'][^"']*\btree\b""", "the view is called list."),
    _xml(
        "search-group",
        r"<search\b(?:(?!</search>).)*?<group\b[^>]*\s(?:expand|string)\s*=",
        "has no expand, no string.",
    ),
    _xml("groups-id", r"""name\s*=\s*["']groups_id["']""", "is group_ids (on rules: groups)."),
    _xml(
        "group-category",
        r"""<record\b[^>]*model\s*=\s*["']res\.groups["'][^>]*>(?:(?!</record>).)*?name\s*=\s*["']category_id["']""",
        "groups have a privilege_id (res.groups.privilege), not a category.",
    ),
    _xml(
        "group-users",
        r"""<record\b[^>]*model\s*=\s*["']res\.groups["'](?:(?!</record>).)*?name\s*=\s*["']users["']""",
        "is user_ids.",
    ),
    _xml("cron-fields", r"""name\s*=\s*["'](?:numbercall|doall)["']""", "crons have neither any more."),
    _xml("colors-fonts", r"<(?:list|field)\b[^>]*\s(?:colors|fonts)\s*=", "gone; use decoration-…=."),
    _xml("product-type", r"""name\s*=\s*["'](?:detailed_type|type)["']>product<""", "is 'consu' with is_storable."),
    _xml("t-raw", r"\st-(?:raw|esc-html)\s*=", "gone; use t-out."),
    Rule("odoo-define", ".js", re.compile(r"\bodoo\.define\("), "write an ES module with /** @odoo-module **/."),
    Rule(
        "tour-register",
        ".js",
        re.compile(r"""\btour\.register\(|require\(["']web_tour"""),
        """use registry.category("web_tour.tours").add().""",
    ),
)


def python_without_comments(text: str) -> str:
    """Blank out comments and docstrings, keeping every character's line; a text that doesn't parse stays as it is."""
    lines = text.splitlines(keepends=True)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return text
    starts_statement = True
    for token in tokens:
        is_doc = token.type == tokenize.STRING and starts_statement
        if token.type == tokenize.COMMENT or is_doc:
            _blank(lines, token.start, token.end)
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING):
            starts_statement = True
        elif token.type not in (tokenize.NL, tokenize.COMMENT):
            starts_statement = False
    return "".join(lines)


def _blank(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> None:
    for row in range(start[0] - 1, end[0]):
        first = start[1] if row == start[0] - 1 else 0
        last = end[1] if row == end[0] - 1 else len(lines[row].rstrip("\n"))
        lines[row] = lines[row][:first] + " " * (last - first) + lines[row][last:]


def xml_without_comments(text: str) -> str:
    """Blank out XML comments, keeping the lines."""
    return re.sub(r"<!--.*?-->", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)


def examine(path: Path, text: str) -> list[Finding]:
    """Everything found in one file."""
    lines = text.splitlines()
    bare = {".py": python_without_comments, ".xml": xml_without_comments}.get(path.suffix, str)(text)
    found = []
    for rule in RULES:
        if rule.suffix != path.suffix:
            continue
        for match in rule.pattern.finditer(bare):
            # A pattern may begin with white space or span an element; its last line holds the word it is about.
            number = bare.count("\n", 0, match.end() - 1) + 1
            if number <= len(lines) and ALLOWED not in lines[number - 1]:
                found.append(Finding(path, number, rule))
    return found


def examine_folders(folders: list[Path]) -> list[Finding]:
    """Everything found below some folders."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".xml", ".js") and "node_modules" not in path.parts and path.is_file():
                found += examine(path, path.read_text(encoding="utf-8"))
    return found


def main(arguments: list[str]) -> int:
    """Command line."""
    found = examine_folders([Path(argument) for argument in arguments])
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
