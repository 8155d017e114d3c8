import csv
import hashlib
import io
import json
import zipfile
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ..models.evidence.packet import Packet
from .flow_evidence import HTML, PDF, SVG, photo, upload
from .flow_resolution import Resolutions
from .test_claim_evidence import EvidenceCase

PHONE = "13812345678"


class PacketCase(EvidenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")

    def approved(self):
        claim = self.claim(description=f"Broken. Customer Li, {PHONE}")
        self.give(claim, "problem_record", text=f"Call {PHONE}")
        self.give(claim, "damage_photos")
        self.give(claim, "carrier_report", content=PDF, has_personal_data=True)
        self.flow.advance(claim, "approved")
        return claim.with_env(self.env)

    def packet(self, claim, role="service", **values):
        packets = self.env["franchise.claim.packet"].with_user(self.flow.users[role])
        return packets.create({"claim_id": claim.id, "lang": "en_US", **values})

    def ask(self, claim, **values):
        """A packet that is logged, as its buttons do it."""
        packet = self.packet(claim, **values)
        packet.action_zip()
        return packet

    def html(self, packet):
        claim = packet._claim_for_reader()
        report = "franchise_aftersales.report_claim_packet"
        return claim.env["ir.actions.report"]._render_qweb_html(report, claim.ids)[0].decode()

    def unzip(self, packet):
        with packet._claim_for_reader()._packet_archive() as target, zipfile.ZipFile(target) as made:
            self.assertIsNone(made.testzip())
            return {name: made.read(name) for name in made.namelist()}


@tagged("post_install", "-at_install")
class TestClaimPacket(PacketCase):
    """R-D17: what a supplier or a court gets; R-H5: with personal data covered unless they may have it."""

    def test_the_pdf_says_everything(self):
        claim = self.approved()
        text = self.html(self.ask(claim, reader="court"))
        for said in (
            claim.name,
            self.supplier.name,
            "Terms of",
            "Reported in time.",
            "Photos of the damage",
            "Losses",
            "Demands and Answers",
            self.flow.carrier.name,
            "Supplier 80 %",
            "data:image/jpeg;base64,",
            self.row(claim, "damage_photos").file_ids.franchise_sha256,
        ):
            self.assertIn(said, text)
        pdf = self.ask(claim)._claim_for_reader()._packet_pdf()
        self.assertTrue(pdf.startswith(b"%PDF-"))

    def test_a_party_reads_what_concerns_it(self):
        claim = self.approved()
        text = self.html(self.ask(claim, reader="supplier"))
        self.assertIn("Demands and Answers", text)
        section = claim._for_packet(Packet("supplier", self.supplier.id), "en_US")._packet_sections()
        demands = next(part for part in section if part["title"] == "Demands and Answers")
        self.assertEqual(len(demands["rows"]), 1)
        self.assertIn(self.supplier.display_name, demands["rows"][0])

    def negotiated(self):
        """A claim with an offer to the franchisee, one of the supplier's, one that was never made, and two counter-claims."""
        claim = self.approved()
        make = Resolutions(self.flow)
        make.offer(claim, kind="compensation", amount=40, terms=f"Ring {PHONE}")
        make.offer(claim, kind="replace", offered_by="supplier", terms="New cups from the maker")
        make.offer(claim, "draft", kind="goodwill", terms="Not said yet")
        for party, reason in (("supplier", "Transport to us"), ("carrier", "Waiting time")):
            self.env["franchise.claim.counter"].with_user(self.flow.users["service"]).create(
                {"claim_id": claim.id, "party": party, "amount": 12, "reason": reason}
            )
        return claim

    def tables(self, claim, reader, partner=None):
        """{title: rows as text} of the sections that the reader gets."""
        packet = Packet(reader, partner.id if partner else 0)
        return {part["title"]: str(part["rows"]) for part in claim._for_packet(packet, "en_US")._packet_sections()}

    def test_a_court_reads_the_whole_negotiation(self):
        """R-D17: all offers that were made and all counter-claims; R-H5: numbers covered."""
        claim = self.negotiated()
        found = self.tables(claim, "court")
        for said in ("Compensation", "New cups from the maker", "138****5678", "Head Office", "Supplier"):
            self.assertIn(said, found["Offers"])
        self.assertNotIn("Not said yet", found["Offers"])
        self.assertNotIn(PHONE, found["Offers"])
        self.assertIn("Transport to us", found["Counter-Claims"])
        self.assertIn("Waiting time", found["Counter-Claims"])
        self.assertEqual(list(found)[1:4], ["Losses", "Offers", "Counter-Claims"])
        text = self.html(self.ask(claim, reader="court"))
        self.assertIn("New cups from the maker", text)
        self.assertIn("Waiting time", text)

    def test_a_party_reads_its_own_part_of_the_negotiation(self):
        """R-D17: the supplier isn't told what the franchisee was offered, nor what the carrier demands."""
        claim = self.negotiated()
        found = self.tables(claim, "supplier", self.supplier)
        self.assertIn("New cups from the maker", found["Offers"])
        self.assertNotIn("Compensation", found["Offers"])
        self.assertIn("Transport to us", found["Counter-Claims"])
        self.assertNotIn("Waiting time", found["Counter-Claims"])
        carrier = self.tables(claim, "carrier", self.flow.carrier)
        self.assertNotIn("Offers", carrier)
        self.assertNotIn("Transport to us", carrier["Counter-Claims"])

    def test_personal_data_is_covered_unless_the_reader_may_have_it(self):
        claim = self.approved()
        text = self.html(self.ask(claim))
        self.assertNotIn(PHONE, text)
        self.assertIn("138****5678", text)
        self.assertIn("1 files withheld", text)
        names = self.unzip(self.ask(claim))
        self.assertFalse([name for name in names if "Report of the carrier" in name])
        packet = self.packet(claim, personal=True)
        self.refuse("Say why", packet.action_zip)
        packet.personal_reason = "Ordered by the court"
        self.assertEqual(packet.action_zip()["url"], f"/franchise/claim/packet/{packet.id}/zip")
        log = claim.message_ids[0]
        self.assertIn("with personal data: Ordered by the court", log.body)
        self.assertEqual(log.author_id, self.flow.users["service"].partner_id)
        self.assertIn(PHONE, self.html(packet))
        self.assertTrue([name for name in self.unzip(packet) if "Report of the carrier" in name])

    def test_who_reads_only_gives_no_personal_data_away(self):
        claim = self.approved()
        packet = self.packet(claim, "accountant", personal=True, personal_reason="curious")
        with self.assertRaises(AccessError):
            packet.action_pdf()
        covered = self.packet(claim, "accountant")
        covered.action_pdf()
        self.assertIn("personal data covered", claim.message_ids[0].body)

    def test_what_is_handed_out_is_what_was_logged(self):
        """R-H5: personal data ticked after the log was written, or never logged, is not handed out."""
        claim = self.approved()
        packet = self.packet(claim, "accountant", logged_at="2026-01-01 00:00:00")
        with self.assertRaises(AccessError):
            packet._claim_for_reader()
        packet.action_pdf()
        self.assertFalse(packet._claim_for_reader()._packet().personal)
        packet.write({"personal": True, "logged_at": "2026-01-01 00:00:00"})
        with self.assertRaises(AccessError):
            packet._claim_for_reader()

    def test_nobody_pretends_to_be_the_dialogue(self):
        """What a client can put into the context shows no personal data."""
        claim = self.approved()
        for forged in (True, {"personal": True}, ["court", 0, "", True], "Packet()"):
            context = json.loads(json.dumps({"franchise_packet": forged}))
            self.assertFalse(claim.with_context(**context)._packet().personal)

    def test_the_reader_is_chosen_and_the_language_is_theirs(self):
        claim = self.approved()
        self.supplier.lang = "zh_CN"
        packet = self.env["franchise.claim.packet"].with_user(self.flow.users["service"]).create({"claim_id": claim.id})
        self.assertEqual((packet.partner_id, packet.lang), (self.supplier, "zh_CN"))
        self.assertEqual(self.packet(claim, reader="carrier").partner_id, self.flow.carrier)
        self.assertFalse(self.packet(claim, reader="court").partner_id)
        packet.partner_id = False
        self.refuse("who reads it", packet.action_pdf)
        self.refuse("for whom", lambda: self.packet(claim.browse()).action_pdf())

    def test_the_archive_has_all_files_and_their_sums(self):
        claim = self.claim(description="x")
        row = self.row(claim, "damage_photos").with_user(self.flow.users["service"])
        files = [upload(self.flow, "service", name=name) for name in ("a/b.jpg", "b.jpg", "=cmd.jpg")]
        row.file_ids = [Command.link(file.id) for file in files]
        self.give(claim, "problem_record", text="x")
        self.flow.advance(claim, "approved")
        made = self.unzip(self.ask(claim))
        photos = [name for name in made if name.endswith(".jpg")]
        self.assertEqual(len(photos), 3)
        self.assertTrue(all(name.startswith("Evidence/") and ".." not in name for name in photos))
        sums = dict(reversed(line.split("  ", 1)) for line in made.pop("SHA256SUMS.txt").decode().splitlines())
        self.assertEqual(sums, {name: hashlib.sha256(content).hexdigest() for name, content in made.items()})
        index = list(csv.reader(io.StringIO(made["index.csv"].decode("utf-8-sig"))))
        self.assertEqual([cells[0] for cells in index[1:]], photos)
        self.assertEqual({cells[9] for cells in index[1:]}, {"Yes"})
        self.assertEqual(made[photos[0]], files[0].sudo().raw)

    def test_a_file_that_was_exchanged_on_the_disk_is_told(self):
        claim = self.approved()
        with patch.object(type(self.env["ir.attachment"]), "_full_path", lambda self, path: __file__):
            made = self.unzip(self.ask(claim))
        index = list(csv.reader(io.StringIO(made["index.csv"].decode("utf-8-sig"))))
        self.assertIn("NO", index[1][9])

    def test_large_archives_are_not_held_in_memory(self):
        claim = self.approved()
        with patch("odoo.addons.franchise_aftersales.models.evidence.packet_archive.IN_MEMORY", 1):
            target = self.ask(claim)._claim_for_reader()._packet_archive()
        self.assertTrue(target._rolled)
        target.close()

    def test_the_history_of_decisions(self):
        claim = self.claim(description="x")
        self.complete(claim)
        self.env.cr.precommit.run()
        for stage in ("submitted", "assessed"):
            step = {"submitted": "action_submit", "assessed": "action_assess"}[stage]
            getattr(
                claim.with_user(self.flow.users["service"]).with_context(lang="zh_CN", tracking_disable=False), step
            )()
            self.env.flush_all()
            self.env.cr.precommit.run()
        history = claim._for_packet(Packet(), "en_US")._packet_history()
        self.assertTrue(history)
        self.assertEqual([cells[2] for cells in history[0]["rows"]], ["Draft → Submitted", "Submitted → Assessed"])
        self.assertEqual({cells[1] for cells in history[0]["rows"]}, {self.flow.users["service"].name})


@tagged("post_install", "-at_install")
class TestEvidenceHttp(HttpCase, PacketCase):
    """R-D4, R-D17: what a browser gets."""

    def login(self, role):
        user = self.flow.users[role]
        user.password = f"{user.login}-Pass1"
        self.authenticate(user.login, user.password)

    def file(self, content, mimetype, name):
        """A file of evidence that came past every check, as an administrator's upload would."""
        row = self.give(self.claim(), "damage_photos")
        file = row._add_files(
            [{"name": name, "raw": content, "mimetype": mimetype, "res_model": row._name, "res_id": row.id}]
        )
        self.assertEqual(file.mimetype, mimetype)
        return file

    def test_markup_is_never_shown(self):
        """Downloaded as unknown data, whatever type the file or the address names; scripts stay shut out."""
        self.login("service")
        for content, mimetype, name in (
            (HTML, "text/html", "a.html"),
            (SVG, "image/svg+xml", "a.svg"),
            (b"<?xml version='1.0'?><a/>", "text/xml", "a.xml"),
            (b"plain", "text/plain", "a.txt"),
        ):
            file = self.file(content, mimetype, name)
            addresses = [
                f"/web/content/{file.id}",
                f"/web/content/{file.id}?download=false&mimetype=text/html",
                f"/web/content/{file.id}/{name}",
                f"/web/image/{file.id}",
            ]
            if mimetype != "text/plain":  # Odoo answers what can't be drawn with a picture of its own
                addresses.append(f"/web/image/{file.id}/100x100")
            for address in addresses:
                with self.subTest(address=address, mimetype=mimetype):
                    reply = self.url_open(address)
                    self.assertEqual(reply.status_code, 200)
                    self.assertTrue(reply.headers["Content-Disposition"].startswith("attachment"))
                    self.assertEqual(reply.headers["Content-Type"].split(";")[0], "application/octet-stream")
                    self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")

    def test_photos_are_shown_and_stay_what_they_are(self):
        self.login("service")
        file = self.file(photo(), "image/jpeg", "a.jpg")
        reply = self.url_open(f"/web/content/{file.id}?mimetype=text/html")
        self.assertEqual(reply.headers["Content-Type"], "image/jpeg")
        self.assertFalse(reply.headers["Content-Disposition"].startswith("attachment"))
        self.assertTrue(self.url_open(f"/web/image/{file.id}/20x20").headers["Content-Type"].startswith("image/"))

    def test_the_packet_is_sent_to_whoever_asked_for_it(self):
        claim = self.approved()
        packet = self.ask(claim)
        self.login("service")
        reply = self.url_open(f"/franchise/claim/packet/{packet.id}/zip")
        self.assertEqual((reply.status_code, reply.headers["Content-Type"]), (200, "application/zip"))
        self.assertEqual(int(reply.headers["Content-Length"]), len(reply.content))
        self.assertIsNone(zipfile.ZipFile(io.BytesIO(reply.content)).testzip())
        pdf = self.url_open(f"/franchise/claim/packet/{packet.id}/pdf")
        self.assertTrue(pdf.content.startswith(b"%PDF-"))
        self.assertEqual(self.url_open("/franchise/claim/packet/99999999999/zip").status_code, 404)
        self.assertEqual(self.url_open(f"/franchise/claim/packet/{packet.id}/exe").status_code, 404)
        for role in ("finance", "operator", "portal_franchisee", "employee"):
            self.login(role)
            with self.subTest(role=role):
                self.assertEqual(self.url_open(f"/franchise/claim/packet/{packet.id}/zip").status_code, 403)
        self.authenticate(None, None)
        reply = self.url_open(f"/franchise/claim/packet/{packet.id}/zip", allow_redirects=False)
        self.assertEqual(reply.status_code, 303)

    def test_the_printed_report_covers_personal_data(self):
        claim = self.approved()
        self.login("service")
        context = json.dumps({"franchise_packet": {"personal": True}})
        text = self.url_open(f"/report/html/franchise_aftersales.report_claim_packet/{claim.id}?context={context}").text
        self.assertIn(claim.name, text)
        self.assertNotIn(PHONE, text)
