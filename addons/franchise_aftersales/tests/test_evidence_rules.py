import io
import struct
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged
from PIL import Image

from ..tools.evidence_files import (
    SHOWN_INLINE,
    file_type,
    matching_name,
    safe_name,
    spreadsheet_text,
    unique_names,
)
from ..tools.masking import covered, hidden, masked
from ..tools.photo_location import without_location
from .flow_evidence import DOCM, DOCX, EXE, EXIF, GPS, HTML, MP4, PDF, SVG, XML, archive, photo

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@tagged("post_install", "-at_install")
class TestEvidenceRules(BaseCase):
    """R-D4, R-H5: pure rules on files, names and personal data."""

    def test_a_file_is_what_its_content_says(self):
        for content, expected in (
            (photo(), ("image", "image/jpeg")),
            (photo("PNG"), ("image", "image/png")),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", ("image", "image/webp")),
            (b"GIF89a" + bytes(10), ("image", "image/gif")),
            (b"\x00\x00\x00\x18ftypheic" + bytes(10), ("image", "image/heic")),
            (PDF, ("pdf", "application/pdf")),
            (MP4, ("video", "video/mp4")),
            (b"\x00\x00\x00\x14ftypqt  ", ("video", "video/quicktime")),
            (b"\x1a\x45\xdf\xa3" + b"webm", ("video", "video/webm")),
            (b"RIFF\x00\x00\x00\x00AVI LIST", ("video", "video/x-msvideo")),
            (DOCX, ("office", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")),
            (
                archive({"mimetype": "application/vnd.oasis.opendocument.text"}),
                ("office", "application/vnd.oasis.opendocument.text"),
            ),
            (OLE + "Workbook".encode("utf-16-le"), ("office", "application/vnd.ms-excel")),
            ("温度 35 °C\n".encode(), ("text", "text/plain")),
            ("温度三十五度，漏水。\n".encode("gb18030"), ("text", "text/plain")),
        ):
            with self.subTest(expected):
                self.assertEqual(file_type(content)[:2], expected)

    def test_what_may_run_is_never_taken(self):
        """Whatever its name: programs, scripts, markup, installers, macros, archives, unknown data."""
        for content in (
            HTML,
            SVG,
            XML,
            b"\xef\xbb\xbf  <html>",
            b"hello <script>alert(1)</script>",
            EXE,
            b"\x7fELF" + bytes(20),
            b"#!/bin/sh\nrm -rf /\n",
            DOCM,
            archive({"evil.exe": "MZ"}),
            archive({"mimetype": "application/java-archive"}),
            archive({"mimetype": "application/vnd.oasis.opendocument.text", "Basic/x": ""}),
            OLE,
            OLE + "WordDocument_VBA_PROJECT".encode("utf-16-le"),
            b"PK\x03\x04" + bytes(30),
            b"",
            b"\x00\x01",
            b"text\x1b[2J",
            "<html>".encode("utf-16"),
        ):
            with self.subTest(content[:30]):
                self.assertIsNone(file_type(content))
        self.assertFalse({kind for kind in SHOWN_INLINE if "xml" in kind or "ht" in kind or "text" in kind})

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=400))
    def test_any_bytes_are_answered(self, content):
        found = file_type(content)
        if found and found.kind == "text":
            self.assertNotIn(b"\x00", content)
        self.assertEqual(len(without_location(content)), len(content))
        for head in (b"\xff\xd8\xff\xe1\x00\x00Exif\x00\x00MM\x00*", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"):
            self.assertEqual(len(without_location(head + content)), len(head + content))
            file_type(head + content)

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=300), st.sampled_from(["", ".jpg", ".pdf"]))
    def test_names_are_safe_everywhere(self, name, ending):
        safe = safe_name(name, ending)
        self.assertTrue(safe.endswith(ending))
        self.assertTrue(1 <= len(safe) <= 120 and len(safe.encode(errors="replace")) <= 220)
        self.assertFalse(set(safe) & set('/\\:*?"<>|\x00\n\r\u202e'))
        self.assertNotIn(safe.strip(), (".", "..", ""))

    def test_names_that_deceive(self):
        for name, expected in (
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\temp\\a.jpg", "a.jpg"),
            ("CON.jpg", "_CON.jpg"),
            ("evil.exe", "evil.exe.jpg"),
            ("photo.JPEG", "photo.jpeg"),
            ("x\u202egpj.exe", "x_gpj.exe.jpg"),
            ("", "file.jpg"),
            ("封口机.jpg", "封口机.jpg"),
        ):
            self.assertEqual(matching_name(name, file_type(photo())), expected)
        self.assertEqual(unique_names(["a.jpg", "A.jpg", "a.jpg", "b"]), ["a.jpg", "A (2).jpg", "a (3).jpg", "b"])
        for text in ("=1+1", "+1", "-1", "@x", " =1", "\t=1"):
            self.assertEqual(spreadsheet_text(text)[0], "'")
        self.assertEqual((spreadsheet_text("a=1"), spreadsheet_text(False), spreadsheet_text(0)), ("a=1", "", "0"))

    def test_positions_leave_every_kind_of_photo(self):
        """R-H5: nothing else changes, not one byte of length, not the day."""
        for form in ("JPEG", "PNG"):
            with self.subTest(form):
                came = photo(form)
                self.assertTrue(Image.open(io.BytesIO(came)).getexif().get_ifd(GPS))
                kept = without_location(came)
                self.assertEqual(len(kept), len(came))
                image, before = Image.open(io.BytesIO(kept)), Image.open(io.BytesIO(came))
                self.assertFalse(image.getexif().get_ifd(GPS))
                self.assertEqual(image.getexif().get_ifd(EXIF)[0x9003], "2026:11:03 10:20:30")
                self.assertEqual(image.tobytes(), before.tobytes())
                self.assertIs(without_location(kept), kept)
                plain = photo(form, located=False)
                self.assertIs(without_location(plain), plain)
        chunk = without_location(photo("PNG"))
        at = chunk.index(b"eXIf")
        size = struct.unpack(">I", chunk[at - 4 : at])[0]
        self.assertEqual(
            struct.unpack(">I", chunk[at + 4 + size : at + 8 + size])[0], zlib.crc32(chunk[at : at + 4 + size])
        )

    def test_positions_leave_other_metadata(self):
        heic = b"\x00\x00\x00\x18ftypheic" + bytes(12) + b"\x00\x00\x00\x06Exif\x00\x00" + _tiff()
        self.assertIn(b"\x00\x1e", heic)
        self.assertNotIn(struct.pack(">I", 30), without_location(heic)[60:])
        webp = b"RIFF\x00\x00\x00\x00WEBPVP8X\x00\x00\x00\x00EXIF\x44\x00\x00\x00" + _tiff()
        self.assertNotIn(struct.pack(">I", 30), without_location(webp)[28:])
        xmp = photo(located=False) + b'<x:xmpmeta><r exif:GPSLatitude="30,15.5N" exif:Day="3"/></x:xmpmeta>'
        self.assertNotIn(b"30,15.5", without_location(xmp))
        self.assertIn(b'exif:Day="3"', without_location(xmp))
        movie = MP4 + b"\x00\x00\x00\x1e\xa9xyz\x00\x12\x15\xc7+30.2564+120.1615/"
        self.assertNotIn(b"30.2564", without_location(movie))
        self.assertEqual(len(without_location(movie)), len(movie))

    @settings(max_examples=100, deadline=None)
    @given(st.floats(0, 59.99), st.integers(0, 89), st.integers(0, 179))
    def test_any_position_leaves(self, seconds, latitude, longitude):
        image, exif = Image.new("RGB", (4, 4)), Image.Exif()
        exif.get_ifd(GPS).update({1: "N", 2: (latitude, 15.0, seconds), 3: "E", 4: (longitude, 9.0, seconds)})
        target = io.BytesIO()
        image.save(target, "JPEG", exif=exif)
        self.assertFalse(Image.open(io.BytesIO(without_location(target.getvalue()))).getexif().get_ifd(GPS))

    def test_personal_data_in_text_is_covered(self):
        for text, expected in (
            ("Wang 13812345678 called", "Wang 138****5678 called"),
            ("电话：138 1234 5678。", "电话：138****5678。"),
            ("+86 138-1234-5678", "+86 138****5678"),
            ("0571-87654321", "0571-*****21"),
            ("mail li.lei@example.com!", "mail l***@example.com!"),
            ("身份证330106199001011234", "身份证3301**************"),
            ("33010619900101123X", "3301**************"),
            ("card 6222 0212 3456 7890 123", "card 6222********123"),
            ("+49 171 2345678", "+49*****78"),
            ("lot A1234567, 12 pieces, 2026-11-03, 35.5", "lot A1234567, 12 pieces, 2026-11-03, 35.5"),
            ("", ""),
            (False, ""),
        ):
            with self.subTest(text):
                self.assertEqual(masked(text), expected)
        self.assertEqual((covered("王小明"), covered(""), covered(None)), ("王**", "", ""))

    def test_a_person_is_hidden_in_text(self):
        """R-B11: (text, words, what is left)."""
        for text, words, expected in (
            ("Zhang Wei says: it leaks", ["Zhang Wei"], "** says: it leaks"),
            ("ZHANG WEI, 13800138000", ["zhang wei"], "**, 138****8000"),
            ("Weighing of Wei", ["Wei"], "Weighing of **"),
            ("王小明说漏水", ["王小明"], "**说漏水"),
            ("a.b*c", ["a.b*c"], "**"),
            ("nobody", [], "nobody"),
            (None, ["x"], ""),
        ):
            with self.subTest(text=text):
                self.assertEqual(hidden(text, words), expected)

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=20), st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.text(max_size=20))
    def test_no_mobile_number_is_left(self, before, number, after):
        self.assertNotIn(number, masked(f"{before} {number} {after}"))


def _tiff():
    """A TIFF structure, big-endian, with a GPS directory of one value out of line: 30°."""
    gps = struct.pack(">H", 1) + struct.pack(">HHII", 2, 5, 3, 44) + bytes(4)
    return (
        b"MM\x00*"
        + struct.pack(">I", 8)
        + struct.pack(">H", 1)
        + struct.pack(">HHII", GPS, 4, 1, 26)
        + bytes(4)
        + gps
        + struct.pack(">6I", 30, 1, 15, 1, 0, 1)
    )
