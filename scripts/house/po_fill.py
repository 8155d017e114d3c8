"""`po_fill.py POT PO BEFORE REPORT [FILE …]`: keep old translations, fill in new ones, report terms without any.

Runs in the tools' own Python, which has polib.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import polib

# Names that Odoo exports beside what people read.
TECHNICAL = re.compile(r"\(?object\..*|[a-z_.]+|[A-Z0-9-]+|(\W|\d)*|%\w+|https?://\S*", re.DOTALL)
# What a mail template computes, and its tags: the words between them are what people read.
COMPUTED = re.compile(r"\{\{.*?\}\}|<[^>]*>", re.DOTALL)


def untranslated(catalogue: polib.POFile) -> list[str]:
    """Terms that a person reads and that have no translation."""
    return [
        entry.msgid
        for entry in catalogue
        if not entry.obsolete and not entry.msgstr and not TECHNICAL.fullmatch(COMPUTED.sub("", entry.msgid))
    ]


def given(files: list[str]) -> dict[str, str]:
    """{term: translation} of files with lines "term<TAB>translation"; "\\n" in a term stands for a new line."""
    found: dict[str, str] = {}
    for name in files:
        with Path(name).open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if len(row) == 2 and row[0]:
                    term, text = (cell.replace("\\n", "\n") for cell in row)
                    found[term] = text
    return found


def main(pot: str, po: str, before: str, report: str, *files: str) -> None:
    """Write the catalogue anew in the template's order."""
    template, catalogue = polib.pofile(pot), polib.pofile(po)
    known = {entry.msgid: entry.msgstr for entry in [*catalogue, *polib.pofile(before)] if entry.msgstr}
    known |= given(list(files))
    for entry in catalogue:
        entry.msgstr = known.get(entry.msgid, "")
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    names = {entry.msgid for entry in template}
    for entry in [entry for entry in catalogue if entry.obsolete or entry.msgid not in names]:
        catalogue.remove(entry)
    catalogue.save(po)
    Path(report).write_text("".join(f"{term!r}\n" for term in untranslated(catalogue)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
