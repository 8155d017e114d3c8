"""Files and terms for the tests of evidence."""

import io
import zipfile

from odoo.fields import Command
from PIL import Image

GPS, EXIF = 0x8825, 0x8769


def photo(form="JPEG", located=True, size=(64, 48)):
    """A photo (bytes) taken on 3 November 2026, at a position unless told otherwise."""
    image = Image.new("RGB", size, (180, 90, 20))
    exif = Image.Exif()
    exif[0x0110] = "Camera"
    exif.get_ifd(EXIF)[0x9003] = "2026:11:03 10:20:30"
    if located:
        exif.get_ifd(GPS).update({1: "N", 2: (30.0, 15.0, 23.25), 3: "E", 4: (120.0, 9.0, 41.5), 29: "2026:11:03"})
    target = io.BytesIO()
    image.save(target, form, exif=exif)
    return target.getvalue()


def archive(entries):
    """A ZIP (bytes) of {name: content}."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return target.getvalue()


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b"<?xml version='1.0'?><a/>"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(60)
DOCX = archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
DOCM = archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>", "word/vbaProject.bin": "x"})
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08mdat"


def kind(flow, name):
    return flow.env.ref(f"franchise_aftersales.evidence_{name}")


def agreement(
    flow, required=("problem_record", "damage_photos"), wanted=("carrier_report",), cause="cause_quality", **version
):
    """An agreement with a new supplier whose terms ask for this evidence."""
    term = {
        "cause_id": flow.env.ref(f"franchise_aftersales.{cause}").id,
        "evidence_required_ids": [Command.set([kind(flow, name).id for name in required])],
        "evidence_wanted_ids": [Command.set([kind(flow, name).id for name in wanted])],
    }
    return flow.make_agreement(flow.partner("Proof"), cause_term_ids=[Command.create(term)], **version)


def upload(flow, role, name="photo.jpg", content=None, **values):
    """A file as the web client uploads it for a row of evidence."""
    return (
        flow.env["ir.attachment"]
        .with_user(flow.users[role])
        .create(
            {
                "name": name,
                "raw": photo() if content is None else content,
                "res_model": "franchise.claim.evidence",
                "res_id": 0,
                **values,
            }
        )
    )
