"""What a supplier without any system gets: a letter as text and PDF, and the lines as a table.

WeasyPrint, because it takes whatever fonts the machine has for Chinese, Japanese and Korean and puts them
into the PDF; our Odoo prints its statements with it as well. Nothing of a payload is markup, and nothing is
fetched.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any

from franchise_sync.errors import ConfigurationError, PayloadError
from franchise_sync.payload.parts import MAX_TEXT
from franchise_sync.suppliers.file_layout import FileDocument
from franchise_sync.suppliers.file_write import human_csv
from franchise_sync.text import one_line

TITLES = {
    "claim_submitted": "Claim",
    "claim_changed": "Change of a claim",
    "claim_withdrawn": "Claim withdrawn",
    "termination_notice": "Termination notice",
    "agreement_amended": "Amended agreement",
    "settlement_issued": "Statement",
    "settlement_reversed": "Statement taken back",
}
_STYLE = (
    "@page{size:A4;margin:20mm;@bottom-right{content:counter(page) ' / ' counter(pages);font-size:8pt}}"
    "body{font:10pt 'Noto Sans CJK SC','Noto Sans',sans-serif}h1{font-size:15pt}"
    "table{border-collapse:collapse;width:100%;margin-top:5mm}thead{display:table-header-group}"
    "th,td{border-bottom:0.3pt solid #999;padding:1mm 2mm;text-align:left;vertical-align:top}"
    "th,td{overflow-wrap:anywhere}"
    "td{white-space:pre-wrap}.head th{width:35mm;font-weight:normal;color:#555}"
    ".amount{text-align:right;white-space:nowrap}"
)


def letter(document: FileDocument, sender: str, recipient: str, moment: Any) -> EmailMessage:
    """:param moment: aware datetime of sending
    :return: one mail, whose Message-ID is made of the message's key
    :raise PayloadError: a text can't be written
    """
    # 7bit: a server that can't take eight would have to change the mail on its way.
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    # Control characters can't begin another header: the policy refuses them, and a subject is one line.
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = _printable(one_line(f"{title(document)} {document.number}", 150))
    mail["Date"] = format_datetime(moment)
    mail["Message-ID"] = message_id(document.uuid, sender)
    mail["X-Idempotency-Key"] = document.uuid
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text(document))
    mail.add_attachment(human_csv(document), maintype="text", subtype="csv", filename=f"{document.name}.csv")
    mail.add_attachment(pdf(document), maintype="application", subtype="pdf", filename=f"{document.name}.pdf")
    return mail


def in_bytes(mail: EmailMessage) -> bytes:
    """:return: the mail as it is sent; a Message-ID is never broken in two lines, which some programs can't
    read"""
    return mail.as_bytes(policy=mail.policy.clone(max_line_length=900))


def message_id(uuid: str, sender: str) -> str:
    """:return: the same for the same message, by which mail programs and people recognise a repetition"""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "franchise-sync.invalid"
    return f"<{uuid}.franchise-sync@{domain}>"


def title(document: FileDocument) -> str:
    """:return: what it is, in words"""
    return TITLES.get(document.kind, label(document.kind))


def label(name: str) -> str:
    """:return: the name of a field as a person reads it"""
    return name.replace("_", " ").capitalize()


def text(document: FileDocument) -> str:
    """:return: the letter for a mail program that shows text"""
    parts = [f"{title(document)} {document.number}", ""]
    parts += [f"{label(name)}: {value}" for name, value in document.head if value]
    if document.lines:
        parts += ["", "Lines:"]
    for line in document.lines:
        named = zip(document.line_names, line, strict=True)
        parts.append("- " + "; ".join(f"{label(name)} {value}" for name, value in named if value))
    parts += [
        "",
        "Please answer this mail; name the number above. The same is attached as PDF and as a table.",
        "",
    ]
    return _printable("\n".join(parts))


def pdf(document: FileDocument) -> bytes:
    """:return: the letter as PDF
    :raise ConfigurationError: WeasyPrint or a library of the machine's is missing
    """
    head = "".join(
        f"<tr><th>{_html(label(name))}</th><td>{_html(value)}</td></tr>"
        for name, value in document.head
        if value
    )
    columns = [
        index for index in range(len(document.line_names)) if any(line[index] for line in document.lines)
    ]
    names = "".join(f"<th{_amount(document, i)}>{_html(label(document.line_names[i]))}</th>" for i in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td{_amount(document, i)}>{_html(line[i])}</td>" for i in columns) + "</tr>"
        for line in document.lines
    )
    lines = f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>" if columns else ""
    heading = _html(f"{title(document)} {document.number}")
    html = (
        "<!DOCTYPE html><html lang='zh-Hans'><head><meta "
        f"charset='utf-8'><title>{heading}</title><style>{_STYLE}</style>"
        f"</head><body><h1>{heading}</h1><table class='head'>{head}</table>{lines}</body></html>"
    )
    return bytes(printer()(string=html, base_url=None).write_pdf())


def printer() -> Any:
    """:return: WeasyPrint's class ``HTML``
    :raise ConfigurationError: it is not installed, or a library of the machine's is missing
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise ConfigurationError(
            f"Letters can't be printed ({one_line(str(error), 200)}): install franchise-sync[email], and "
            "Pango and "
            "HarfBuzz of the machine's."
        ) from None
    return HTML


def _amount(document: FileDocument, index: int) -> str:
    return " class='amount'" if document.line_names[index].endswith("amount") else ""


def _html(value: str) -> str:
    if len(value) > MAX_TEXT:  # pragma: no cover - the payload's own check comes first
        raise PayloadError("A text of the payload is longer than anybody reads; it was not sent.")
    return escape(_printable(value))


def _printable(value: str) -> str:
    """No control characters: they are nothing to a reader, and in a header they would begin another one."""
    return "".join(char for char in value if char == "\n" or char.isprintable())
