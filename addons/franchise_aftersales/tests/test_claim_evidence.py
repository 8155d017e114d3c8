import hashlib
import io
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from PIL import Image

from .flow import FlowCase
from .flow_evidence import EXE, EXIF, GPS, HTML, PDF, agreement, kind, photo, upload


class EvidenceCase(FlowCase):
    """A supplier whose terms ask for a record of the problem and photos, and want the carrier's report."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = agreement(cls.flow)
        cls.supplier = cls.agreement.supplier_id
        cls.flow.users["portal_supplier"].partner_id.parent_id = cls.supplier

    def claim(self, stage="draft", **values):
        return self.flow.claim(stage=stage, supplier=self.supplier, **values)

    def row(self, claim, name):
        return claim.evidence_ids.filtered(lambda row: row.type_id == kind(self.flow, name))

    def give(self, claim, name, role="service", content=None, **values):
        """Give evidence in the form, as staff do."""
        row = self.row(claim, name).with_user(self.flow.users[role])
        files = [Command.link(upload(self.flow, role, content=content).id)] if content is not None or not values else []
        row.write({**values, **({"file_ids": files} if files else {})})
        return row.with_env(self.env)

    def complete(self, claim):
        self.give(claim, "problem_record", text="Leaks since Monday")
        self.give(claim, "damage_photos")
        return claim

    def rows(self, claim):
        return [
            (row.type_id.get_external_id()[row.type_id.id].split("evidence_")[1], row.requirement, row.state)
            for row in claim.evidence_ids
        ]

    def refuse(self, pattern, call):
        with self.assertRaisesRegex(UserError, pattern), self.env.cr.savepoint():
            call()


@tagged("post_install", "-at_install")
class TestClaimEvidence(EvidenceCase):
    """R-D4: the checklist by cause, and what is done with it."""

    def test_the_checklist_follows_the_terms_in_force(self):
        claim = self.claim()
        self.assertEqual(
            self.rows(claim),
            [
                ("problem_record", "mandatory", "missing"),
                ("damage_photos", "mandatory", "missing"),
                ("carrier_report", "wanted", "missing"),
            ],
        )
        self.assertEqual(claim.evidence_missing_count, 2)
        self.assertIn("Photos of the damage", claim.evidence_missing)
        self.give(claim, "problem_record", text="Leaks")
        # A change of cause in draft: what was given stays as additional, what is missing goes.
        claim.with_user(self.flow.users["service"]).cause_id = self.env.ref("franchise_aftersales.cause_late")
        self.assertEqual(self.rows(claim), [("problem_record", "extra", "given")])
        claim.with_user(self.flow.users["service"]).cause_id = self.flow.cause
        self.assertEqual(self.rows(claim)[0], ("problem_record", "mandatory", "given"))
        self.assertEqual(len(claim.evidence_ids), 3)
        # Terms that changed before the claim is submitted.
        self.flow.make_version(self.agreement, date_from=self.flow.day(-25)).action_confirm()
        self.flow.advance(claim, "submitted")
        self.assertEqual(self.rows(claim), [("problem_record", "extra", "given")])

    def test_many_claims_take_as_many_queries_as_one(self):
        values = self.flow.claim_values([("labour", None, 5.0)], self.supplier)
        claims = self.env["franchise.claim"].with_user(self.flow.users["service"])

        def queries(count):
            self.env.flush_all()
            self.env.invalidate_all()
            made = claims.create([dict(values) for _number in range(count)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            made._sync_checklist()
            found = made._missing_evidence()
            self.env.flush_all()
            self.assertEqual({len(kinds) for kinds in found.values()}, {2})
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertEqual(queries(5), queries(50))

    def test_nothing_is_demanded_while_mandatory_evidence_is_missing(self):
        """Submitting by the claimant isn't blocked; the supplier is told at the approval."""
        claim = self.claim("assessed")
        self.assertIn("Photos of the damage", claim.obstacle_html)
        finance = claim.with_user(self.flow.users["finance"])
        self.refuse("missing: Record of the problem, Photos of the damage", finance.action_approve)
        self.assertFalse(claim.recovery_ids)
        self.complete(claim)
        row = self.row(claim, "damage_photos").with_user(self.flow.users["service"])
        row.return_reason = "Too dark"
        row.action_send_back()
        self.refuse("missing: Photos of the damage", finance.action_approve)
        self.give(claim, "damage_photos")
        self.assertFalse(claim.obstacle_count)
        finance.action_approve()
        self.assertTrue(claim.recovery_ids)

    def test_a_deleted_row_lets_nothing_through(self):
        claim = self.claim("assessed")
        claim.evidence_ids._trusted().unlink()
        self.refuse("Record of the problem", claim.with_user(self.flow.users["finance"]).action_approve)

    def test_each_kind_asks_for_its_own_form(self):
        """Facts where the kind needs a fact rather than a file."""
        names = ("agreed_date", "delay_days", "reason", "carrier_report", "damage_photos", "packaging_kept")
        other = agreement(self.flow, names, ())
        claim = self.flow.claim(supplier=other.supplier_id)
        wrong = {
            "agreed_date": {"text": "soon"},
            "delay_days": {"text": "many"},
            "reason": {"date": self.flow.today},
            "carrier_report": {"text": "see letter"},
            "packaging_kept": {"number": 1},
        }
        right = {
            "agreed_date": {"date": self.flow.today},
            "delay_days": {"number": 12},
            "reason": {"text": "Production"},
            "packaging_kept": {"text": "In the store room"},
        }
        for name, values in wrong.items():
            self.assertEqual(self.give(claim, name, **values).state, "missing", name)
        self.assertEqual(self.give(claim, "damage_photos", content=PDF).state, "missing")
        for name, values in right.items():
            self.assertEqual(self.give(claim, name, **values).state, "given", name)
        self.assertEqual(self.give(claim, "damage_photos").state, "given")
        self.assertEqual(self.give(claim, "carrier_report", content=PDF).state, "given")
        self.assertFalse(claim.evidence_missing)

    def test_who_gave_it_and_when_is_kept(self):
        row = self.give(self.claim(), "damage_photos")
        self.assertEqual((row.given_by, row.given_by_partner_id), ("staff", self.flow.users["service"].partner_id))
        self.assertTrue(row.given_at)

    def test_additional_evidence_takes_the_place_of_what_is_missing(self):
        claim = self.claim()
        values = {"claim_id": claim.id, "type_id": kind(self.flow, "problem_record").id, "text": "Leaks"}
        rows = self.env["franchise.claim.evidence"].with_user(self.flow.users["service"])
        rows.create(values)
        self.assertEqual(self.rows(claim)[0], ("problem_record", "mandatory", "given"))
        rows.create(values)
        self.assertEqual(self.rows(claim)[-1], ("problem_record", "extra", "given"))
        self.assertEqual(len(claim.evidence_ids), 4)

    def test_sending_back_and_waiving_need_a_reason_and_the_right_person(self):
        claim = self.claim("submitted")
        row = self.give(claim, "problem_record", text="Leaks")
        self.refuse("say why", row.with_user(self.flow.users["service"]).action_send_back)
        with self.assertRaises(AccessError):
            row.with_user(self.flow.users["finance"]).action_send_back()
        missing = self.row(claim, "damage_photos")
        missing.with_user(self.flow.users["finance"]).waive_reason = "Thrown away by the carrier"
        with self.assertRaises(AccessError):
            missing.with_user(self.flow.users["service"]).action_waive()
        involved = self.claim("submitted", entered_by="manager")
        own = self.row(involved, "damage_photos").with_user(self.flow.users["manager"])
        own.waive_reason = "I say so"
        self.refuse("nobody waives", own.action_waive)
        missing.with_user(self.flow.users["finance"]).action_waive()
        self.assertEqual((missing.state, missing.decided_by_id), ("waived", self.flow.users["finance"]))
        claim.with_user(self.flow.users["service2"]).action_assess()
        claim.with_user(self.flow.users["finance"]).action_approve()
        empty = self.row(self.claim("submitted"), "damage_photos").with_user(self.flow.users["finance"])
        self.refuse("say why", empty.action_waive)

    def test_after_the_decision_evidence_is_fixed_and_can_be_added_to(self):
        claim = self.complete(self.claim("assessed"))
        claim.with_user(self.flow.users["finance"]).action_approve()
        row = self.row(claim, "damage_photos").with_user(self.flow.users["service"])
        for change in (
            lambda: row.write({"file_ids": [Command.clear()]}),
            lambda: row.write({"text": "other"}),
            lambda: row.write({"has_personal_data": True}),
            lambda: row.write({"return_reason": "x"}),
            row.action_accept,
            row.unlink,
        ):
            self.refuse("decided|can't be deleted", change)
        file = row.file_ids
        self.assertTrue(file.franchise_frozen)
        for change in (lambda: file.write({"raw": b"x"}), lambda: file.write({"name": "x"}), file.unlink):
            self.refuse("evidence", lambda change=change: change())
        self.assertTrue(file._franchise_intact())
        late = self.give(claim, "carrier_report", content=PDF)
        self.assertEqual((late.state, late.is_addition), ("given", True))
        self.assertTrue(late.file_ids.franchise_frozen)
        more = (
            self.env["franchise.claim.evidence"]
            .with_user(self.flow.users["service"])
            .create(
                {
                    "claim_id": claim.id,
                    "type_id": kind(self.flow, "damage_photos").id,
                    "file_ids": [Command.link(upload(self.flow, "service").id)],
                }
            )
        )
        self.assertEqual((more.state, more.requirement, more.is_addition), ("given", "extra", True))
        self.assertIn("added after the decision", str(claim.message_ids[0].body))
        self.refuse("decided", lambda: more.write({"text": "x"}))

    def test_a_cancelled_claim_takes_none(self):
        claim = self.claim("submitted")
        claim.with_user(self.flow.users["service"]).action_cancel()
        self.refuse("cancelled", lambda: self.give(claim, "problem_record", text="x"))


@tagged("post_install", "-at_install")
class TestEvidenceFiles(EvidenceCase):
    """R-D4, R-H5: what may be given as a file, and what is kept of it."""

    def test_content_counts_not_the_name(self):
        claim = self.claim()
        for content in (HTML, EXE, b"PK\x03\x04junk", b"\x00\x01\x02"):
            self.refuse(
                "photo.jpg.*whatever its name",
                lambda content=content: self.give(claim, "damage_photos", content=content),
            )
        self.assertEqual(self.row(claim, "damage_photos").state, "missing")
        self.flow.company.franchise_evidence_pdf = False
        self.refuse("none of Photos, Videos", lambda: self.give(claim, "carrier_report", content=PDF))
        self.flow.company.franchise_evidence_pdf = True
        row = self.give(claim, "carrier_report", content=PDF)
        self.assertEqual((row.file_ids.name, row.file_ids.mimetype), ("photo.jpg.pdf", "application/pdf"))

    def test_the_size_is_limited(self):
        self.flow.company.franchise_evidence_max_mb = 1
        big = photo() + bytes(1024 * 1024)
        self.refuse("has at most 1 MB", lambda: self.give(self.claim(), "damage_photos", content=big))
        empty = upload(self.flow, "service", content=b"")
        row = self.row(self.claim(), "damage_photos").with_user(self.flow.users["service"])
        self.refuse("is empty", lambda: row.write({"file_ids": [Command.link(empty.id)]}))

    def test_where_it_was_taken_is_removed_and_when_it_was_stays(self):
        """R-H5: by default; a hash of what is kept and of what came."""
        came = photo()
        file = self.give(self.claim(), "damage_photos", content=came).file_ids
        exif = Image.open(io.BytesIO(file.raw)).getexif()
        self.assertFalse(exif.get_ifd(GPS))
        self.assertEqual(exif.get_ifd(EXIF)[0x9003], "2026:11:03 10:20:30")
        self.assertEqual(file.franchise_sha256, hashlib.sha256(file.raw).hexdigest())
        self.assertEqual(file.franchise_original_sha256, hashlib.sha256(came).hexdigest())
        self.flow.company.franchise_evidence_keep_location = True
        kept = self.give(self.claim(), "damage_photos", content=came).file_ids
        self.assertEqual((kept.raw, kept.franchise_original_sha256), (came, False))

    def test_photos_keep_their_size(self):
        """Odoo scales larger ones down, which would be another picture."""
        large = photo(size=(2400, 1200))
        file = self.give(self.claim(), "damage_photos", content=large).file_ids
        self.assertEqual(Image.open(io.BytesIO(file.raw)).size, (2400, 1200))

    def test_nobody_elses_file_can_be_named(self):
        """R-H1: neither a document's file, nor a colleague's upload, nor another claim's evidence, nor a link."""
        claim, other = self.claim(), self.claim()
        row = self.row(claim, "damage_photos").with_user(self.flow.users["service"])
        given = self.give(other, "damage_photos").file_ids
        admin = self.env["ir.attachment"]
        values = {"name": "a.jpg", "raw": photo()}
        for file in (
            given,
            admin.create(values),
            admin.create({**values, "res_model": "res.company", "res_id": self.flow.company.id}),
            upload(self.flow, "service2"),
            upload(self.flow, "service", res_model="res.partner"),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                row.write({"file_ids": [Command.link(file.id)]})
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                row.create({"claim_id": claim.id, "type_id": row.type_id.id, "file_ids": [Command.link(file.id)]})
        link = upload(self.flow, "service", raw=False, type="url", url="https://example.com/a.jpg")
        self.refuse("is a link", lambda: row.write({"file_ids": [Command.link(link.id)]}))

    def test_a_file_of_evidence_changes_on_its_claim_only(self):
        claim = self.claim()
        row = self.give(claim, "damage_photos").with_user(self.flow.users["service"])
        file = row.file_ids
        for change in (
            lambda: file.write({"raw": photo()}),
            lambda: file.write({"mimetype": "text/html"}),
            lambda: file.write({"res_id": 0}),
            lambda: file.write({"franchise_original_sha256": "x"}),
            file.unlink,
        ):
            self.refuse("evidence", lambda change=change: change())
        self.assertFalse(upload(self.flow, "service", franchise_original_sha256="x").franchise_original_sha256)
        row.write({"file_ids": [Command.link(upload(self.flow, "service").id), Command.unlink(file.id)]})
        self.assertEqual(len(row.file_ids), 1)
        self.refuse("exchange it", lambda: row.write({"file_ids": [Command.clear()]}))

    def test_unused_uploads_are_removed_after_a_day(self):
        kept = self.give(self.claim(), "damage_photos").file_ids
        lost, fresh = upload(self.flow, "service"), upload(self.flow, "service")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET create_date = create_date - interval '2 days' WHERE id IN %s",
            [(kept.id, lost.id)],
        )
        self.env["franchise.claim.evidence"]._gc_unused_uploads()
        self.assertEqual((kept | lost | fresh).exists(), kept | fresh)


@tagged("post_install", "-at_install")
class TestPortalEvidence(EvidenceCase):
    """R-D4: what the other parties of a claim give and see, for the pages of the portal."""

    def add(self, claim, name, files=(), text="", role="portal_franchisee"):
        return claim.with_user(self.flow.users[role])._portal_add_evidence(kind(self.flow, name), files, text)

    def test_the_claimant_gives_what_is_asked_for(self):
        claim = self.claim("submitted")
        row = self.add(claim, "damage_photos", [("a.jpg", photo()), ("../b.jpg", photo())])
        self.assertEqual((row.state, row.given_by, row.requirement), ("given", "claimant", "mandatory"))
        self.assertEqual(row.given_by_partner_id, self.flow.users["portal_franchisee"].partner_id)
        self.assertEqual(row.file_ids.mapped("name"), ["a.jpg", "b.jpg"])
        self.assertEqual(set(row.file_ids.mapped("res_id")), {row.id})
        again = self.add(claim, "damage_photos", [("c.jpg", photo())])
        self.assertEqual((again, len(row.file_ids)), (row, 3))
        row.with_user(self.flow.users["service"]).action_accept()
        self.assertEqual(self.add(claim, "damage_photos", [("d.jpg", photo())]).requirement, "extra")
        self.assertEqual(self.add(claim, "problem_record", text="Leaks").text, "Leaks")
        self.assertFalse(claim.evidence_missing)

    def test_facts_are_read_from_text(self):
        other = agreement(self.flow, ("agreed_date", "delay_days"), ())
        claim = self.flow.claim(supplier=other.supplier_id)
        self.assertEqual(str(self.add(claim, "agreed_date", text=" 2026-11-03 ").date), "2026-11-03")
        self.assertEqual(self.add(claim, "delay_days", text="12.5").number, 12.5)
        for name, text in (
            ("agreed_date", "3 November"),
            ("agreed_date", "2026-13-40"),
            ("delay_days", "twelve"),
            ("delay_days", "-1"),
            ("delay_days", "inf"),
            ("delay_days", "nan"),
            ("delay_days", "1" * 400),
        ):
            self.refuse("is a date|is a number", lambda name=name, text=text: self.add(claim, name, text=text))

    def test_nothing_is_half_written(self):
        claim = self.claim("submitted")
        before = self.env["ir.attachment"].search_count([])
        for files, text, pattern in (
            ([("a.jpg", photo()), ("b.jpg", EXE)], "", "b.jpg"),
            ([("a.jpg", photo()), ("b.jpg", b"")], "", "empty"),
            ([], "", "send a file"),
            ([], "no photo", "send a photo or a video"),
            ([("a.pdf", PDF)], "", "send a photo or a video"),
            ([("a.jpg", photo())] * 21, "", "At most 20"),
        ):
            with self.assertRaisesRegex(UserError, pattern):  # no savepoint: what is refused undoes itself
                self.add(claim, "damage_photos", files, text)
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)
        self.assertEqual(self.row(claim, "damage_photos").state, "missing")
        with self.assertRaisesRegex(UserError, "Choose what"):
            claim.with_user(self.flow.users["portal_franchisee"])._portal_add_evidence(
                self.env["franchise.evidence.type"], [], "x"
            )
        with patch("odoo.addons.franchise_aftersales.models.evidence.claim_portal.MAX_PARTNER_FILES", 1):
            self.add(claim, "damage_photos", [("a.jpg", photo())])
            self.refuse("already", lambda: self.add(claim, "damage_photos", [("b.jpg", photo())]))

    def test_who_may(self):
        claim = self.complete(self.claim("assessed"))
        for role in ("portal", "portal_supplier", "public"):
            with self.assertRaises(AccessError):
                self.add(claim, "problem_record", text="x", role=role)
            with self.assertRaises(AccessError):
                claim.with_user(self.flow.users[role])._portal_checklist()
        claim.with_user(self.flow.users["finance"]).action_approve()
        row = self.add(claim, "carrier_report", [("answer.pdf", PDF)], role="portal_supplier")
        self.assertEqual((row.given_by, row.is_addition), ("supplier", True))
        with self.assertRaises(AccessError):
            self.add(claim, "problem_record", text="x", role="portal")

    def test_a_party_sees_its_own(self):
        claim = self.complete(self.claim("assessed"))
        mine = self.add(claim, "damage_photos", [("mine.jpg", photo())])
        user = claim.with_user(self.flow.users["portal_franchisee"])
        listed = {(entry["name"], entry["own"]): entry for entry in user._portal_checklist()}
        self.assertEqual(listed["Record of the problem", False]["text"], "")
        self.assertEqual(listed["Record of the problem", False]["state"], "given")
        own = listed["Photos of the damage", True]
        self.assertEqual([file["name"] for file in own["files"]], ["mine.jpg"])
        self.assertEqual(user._portal_evidence_file(mine.file_ids.id), mine.file_ids)
        others = self.row(claim, "damage_photos").file_ids - mine.file_ids
        for file_id in (*others.ids, 0, 2**31):
            with self.assertRaises(AccessError):
                user._portal_evidence_file(file_id)
        claim.with_user(self.flow.users["finance"]).action_approve()
        theirs = claim.with_user(self.flow.users["portal_supplier"])
        self.assertEqual(theirs._portal_checklist(), [])
        with self.assertRaises(AccessError):
            theirs._portal_evidence_file(mine.file_ids.id)
