"""`scripts/access.sh`: write the addon's access rights, record rules and their page in docs/ from one table."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

from .settings import REPO, Settings

ADDON = REPO / "addons" / "franchise_aftersales"
TABLE = ADDON / "security" / "access.py"
HEAD = "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink"


def table() -> tuple[dict[str, Any], dict[str, str]]:
    """The table and its groups, read without Odoo."""
    names = runpy.run_path(str(TABLE))
    return names["ACCESS"], names["GROUPS"]


def rights_csv(access: dict[str, Any], groups: dict[str, str]) -> str:
    """Text of ir.model.access.csv."""
    lines = [HEAD]
    for model, entry in access.items():
        flat = model.replace(".", "_")
        module = "" if model.startswith("franchise.") else f"{model.partition('.')[0]}."
        for role, letters in entry.rights.items():
            flags = ",".join(str(int(letter in letters)) for letter in "rwcd")
            lines.append(f"access_{flat}_{role},{model} {role},{module}model_{flat},{groups[role]},{flags}")
    return "\n".join(lines) + "\n"


def _rule(model: str, kind: str, title: str, domain: str, groups: str = "") -> list[str]:
    flat = model.replace(".", "_")
    escaped = domain.replace("&", "&amp;").replace("<", "&lt;")
    lines = [
        f'    <record id="rule_{flat}_{kind}" model="ir.rule">',
        f'        <field name="name">{model}: {title}</field>',
        f'        <field name="model_id" ref="model_{flat}"/>',
        f'        <field name="domain_force">{escaped}</field>',
    ]
    if groups:
        lines.append(f'        <field name="groups" eval="[(4, ref(\'{groups}\'))]"/>')
    return [*lines, "    </record>"]


def rules_xml(access: dict[str, Any], groups: dict[str, str]) -> str:
    """Text of rules.xml: own companies for everybody, own records for the portal."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8" ?>',
        "<!-- Written by scripts/access.sh from access.py: change it there. -->",
        "<odoo>",
    ]
    for model, entry in access.items():
        if entry.company:
            lines += _rule(model, "company", "own companies", f"[('{entry.company}', 'in', company_ids)]")
        if entry.portal:
            lines += _rule(model, "portal", "own records in the portal", entry.portal, groups["portal"])
    return "\n".join([*lines, "</odoo>"]) + "\n"


def page(access: dict[str, Any], groups: dict[str, str]) -> str:
    """Text of docs/access.md."""
    roles = list(groups)
    lines = [
        "# Who may do what",
        "",
        "Written by `scripts/access.sh` from `addons/franchise_aftersales/security/access.py`; the tests try every cell.",
        "Create, read, write, delete. Internal users see the companies that they work for, portal users their own records.",
        "The sync worker's user may call `franchise.sync.api` and has no rights on any of these.",
        "",
        "| model | " + " | ".join(roles) + " |",
        "| --- |" + " --- |" * len(roles),
    ]
    lines += [
        f"| `{model}` | " + " | ".join(entry.rights.get(role, "") for role in roles) + " |"
        for model, entry in access.items()
    ]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """{file: the text that follows from the table}."""
    access, groups = table()
    for model, entry in access.items():
        if ("portal" in entry.rights) != bool(entry.portal):
            raise ValueError(f"{model}: rights of the portal and the domain of what it sees belong together.")
    return {
        ADDON / "security" / "ir.model.access.csv": rights_csv(access, groups),
        ADDON / "security" / "rules.xml": rules_xml(access, groups),
        REPO / "docs" / "access.md": page(access, groups),
    }


def outdated() -> list[Path]:
    """Files that don't say what the table says."""
    return [path for path, text in files().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(_settings: Settings | None, arguments: list[str]) -> int:
    """Write the files; with `--check` only say which are outdated (exit code 1)."""
    found = outdated()
    if "--check" in arguments:
        for path in found:
            print(f"{path.relative_to(REPO)} doesn't follow from {TABLE.relative_to(REPO)}: run scripts/access.sh.")
        return 1 if found else 0
    texts = files()
    for path in found:
        path.write_text(texts[path], encoding="utf-8")
        print(f"Written: {path.relative_to(REPO)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(None, sys.argv[1:]))
