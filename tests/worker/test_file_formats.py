"""R-G2: the files for suppliers, in both formats: exact, the same each time, valid by the schema that we publish."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from test_sftp_answers import NAMESPACE, OTHER, UUID
from worker_fakes import PAYLOADS
from worker_sftp import message

from franchise_sync.errors import PayloadError
from franchise_sync.suppliers.email_letter import TITLES
from franchise_sync.suppliers.file_answers import BadFile, read_answers
from franchise_sync.suppliers.file_layout import LAYOUTS, FileDocument, document_of
from franchise_sync.suppliers.file_write import FORMATS, harmless, human_csv, machine_csv, xml

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = etree.XMLSchema(etree.parse(DOCS / "formats/franchise-files-1.xsd"))
SHA = "0" * 64


def document(kind: str = "claim_submitted", **changes: object) -> FileDocument:
    sent = message(kind, **changes)
    made = document_of(kind, sent.payload, sent.uuid)
    assert made is not None
    return made


def test_every_kind_has_a_layout_and_a_title() -> None:
    """R-G1: a kind that can be sent at all can be sent as a file and as a letter."""
    assert set(LAYOUTS) == set(PAYLOADS) == set(TITLES)
    assert document_of("telegram_sent", "{}", "x") is None


@pytest.mark.parametrize("kind", PAYLOADS)
def test_xml_is_valid_and_says_what_the_csv_says(kind: str) -> None:
    made = document(kind)
    tree = etree.fromstring(xml(made, SHA))
    SCHEMA.assertValid(tree)
    fields = {field.get("name"): field.text or "" for field in tree.findall(f"{{{NAMESPACE}}}field")}
    lines = [[field.text or "" for field in line] for line in tree.findall(f"{{{NAMESPACE}}}line")]
    rows = list(csv.reader(io.StringIO(machine_csv(made, SHA).decode(), newline="")))
    assert len(set(rows[0])) == len(rows[0])
    head = dict(zip(rows[0], rows[1], strict=True))
    assert {name: head[name] for name in fields} == fields
    assert (head["kind"], head["uuid"], head["sha256"]) == (kind, made.uuid, SHA)
    if lines:
        assert [row[-len(made.line_names) :] for row in rows[1:-1]] == lines
    assert rows[-1] == ["end", str(len(rows) - 2)]


@pytest.mark.parametrize("kind", PAYLOADS)
@pytest.mark.parametrize("write", FORMATS.values())
def test_the_same_message_gives_the_same_bytes(kind: str, write) -> None:
    """R-G4: a repetition is known by its hash."""
    sent = message(kind)
    both = [document_of(kind, sent.payload, sent.uuid) for _round in range(2)]
    assert both[0] is not both[1]
    assert write(both[0], sent.sha256) == write(both[1], sent.sha256)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=200))
def test_machine_cells_are_exact(text: str) -> None:
    """A program gets what was frozen, formula or not; what XML can't carry is not sent instead of changed."""
    made = document(reason=text)
    rows = list(csv.reader(io.StringIO(machine_csv(made, SHA).decode(), newline="")))
    assert rows[1][rows[0].index("reason")] == text
    if re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
        with pytest.raises(PayloadError, match="XML can't carry"):
            xml(made, SHA)
        return
    tree = etree.fromstring(xml(made, SHA))
    SCHEMA.assertValid(tree)
    reasons = [field.text or "" for field in tree.iter(f"{{{NAMESPACE}}}field") if field.get("name") == "reason"]
    assert reasons == [text]


def test_nul_and_half_characters_are_not_sent() -> None:
    """Bad input: NUL, lone surrogates."""
    for text in ("a\0b", "a\ud800b"):
        made = FileDocument("claim_submitted", UUID, (("number", text),), (), ())
        for write in (machine_csv, xml):
            with pytest.raises(PayloadError, match="not sent"):
                write(made, SHA)


@given(st.text(max_size=50).filter(lambda text: "\0" not in text))
def test_a_persons_cells_are_no_formulas(text: str) -> None:
    """Intruders: cells that start with = + - @, tab, CR, LF are neutralised; nothing is lost."""
    cell = harmless(text)
    assert cell in (text, f"'{text}")
    assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n"))
    assert not cell.startswith("-") or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)


def test_a_persons_table_has_the_lines() -> None:
    text = human_csv(document()).decode("utf-8-sig")
    assert "number,AFC/2026/00012" in text
    assert "Valve" in text


@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_documents_name_every_field(kind: str) -> None:
    """R-G2: a stranger finds each field of each kind in the description of the format."""
    words = (DOCS / "connectors.md").read_text(encoding="utf-8")
    made = document(kind)
    missing = [name for name in (*dict(made.head), *made.line_names) if f"`{name}`" not in words]
    assert missing == []


def _examples(language: str) -> list[str]:
    words = (DOCS / "connectors.md").read_text(encoding="utf-8")
    return [text for text in re.findall(rf"```{language}\n(.*?)```", words, re.DOTALL) if "uuid" in text]


def test_the_documents_examples_are_read() -> None:
    """R-G3: what the description shows is what is accepted."""
    answers = [text for text in _examples("csv") if text.startswith("uuid,status,number")]
    acknowledgements = [text for text in _examples("csv") if text.startswith("uuid,status,reason")]
    trees = [text for text in _examples("xml") if "<answers" in text]
    assert (len(answers), len(acknowledgements), len(trees)) == (1, 1, 1)
    by_csv, by_xml = read_answers("a.csv", answers[0].encode()), read_answers("a.xml", trees[0].encode())
    assert [(a.uuid, a.state, a.amount, a.lines) for a in by_csv] == [
        (a.uuid, a.state, a.amount, a.lines) for a in by_xml
    ]
    assert [a.state for a in read_answers("a.ack", acknowledgements[0].encode())] == ["acknowledged", "rejected"]
    SCHEMA.assertValid(etree.fromstring(trees[0].encode()))


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xml", "a.ack", "a.ack.xml"]))
def test_no_bytes_break_the_reader(data: bytes, name: str) -> None:
    """Bad input: whatever comes is an answer or a sentence."""
    try:
        said = [answer.uuid for answer in read_answers(name, data)]
    except BadFile as error:
        said = [str(error).removeprefix(name)]
    assert all(said)


@given(st.integers(0, 400))
def test_a_file_cut_anywhere_is_never_half_an_answer(size: int) -> None:
    """Faults: a transfer that broke off settles nothing."""
    text = f"uuid,status,reason\n{UUID},disputed,a\n{OTHER},disputed,b\nend,2\n"
    cut = text[:size]
    if cut == text:
        assert len(read_answers("a.csv", cut.encode())) == 2
    else:
        with pytest.raises(BadFile):
            read_answers("a.csv", cut.encode())
