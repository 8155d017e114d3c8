from .flow import FlowCase
from .flow_evidence import agreement, kind, upload


class TestEvidenceRegroup(FlowCase):
    """R-D15, R-D4: evidence that was given goes along when claims are merged or split."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maker = agreement(cls.flow).supplier_id

    def claim(self, lines=1):
        bill = self.flow.bill((100.0,) * lines, supplier=self.maker)
        return self.flow.claim([("goods", line, 50.0) for line in bill], supplier=self.maker)

    def row(self, claim, name):
        return claim.evidence_ids.filtered(lambda row: row.type_id == kind(self.flow, name))

    def give(self, claim, name):
        row = self.row(claim, name).with_user(self.flow.users["service"])
        row.write({"file_ids": [(4, upload(self.flow, "service").id)]})
        self.assertEqual(row.state, "given")
        return row.with_env(self.env)

    def missing(self, claim):
        return claim._missing_evidence()[claim]

    def test_what_was_given_fills_the_checklist_of_the_merged_claim(self):
        target, other = self.claim(), self.claim()
        given = self.give(other, "damage_photos")
        other.with_user(self.flow.users["service"]).browse((target | other).ids)._merge(
            target.with_user(self.flow.users["service"])
        )
        self.assertEqual((given.claim_id, given.requirement, given.state), (target, "mandatory", "given"))
        self.assertEqual(self.row(target, "damage_photos"), given)
        self.assertEqual(self.missing(target), kind(self.flow, "problem_record"))
        self.assertTrue(given.file_ids.with_user(self.flow.users["service"]).mapped("name"))

    def test_two_of_a_kind_stay_both(self):
        target, other = self.claim(), self.claim()
        first, second = self.give(target, "damage_photos"), self.give(other, "damage_photos")
        (target | other).with_user(self.flow.users["service"])._merge(target.with_user(self.flow.users["service"]))
        self.assertEqual(self.row(target, "damage_photos"), first | second)
        self.assertEqual((first.requirement, second.requirement), ("mandatory", "extra"))

    def test_a_part_that_is_split_off_gets_copies(self):
        claim = self.claim(lines=2)
        given = self.give(claim, "damage_photos")
        part = claim.with_user(self.flow.users["service"])._split(
            claim.line_ids[0].with_user(self.flow.users["service"])
        )
        copied = self.row(part.with_env(self.env), "damage_photos")
        self.assertEqual((copied.state, copied.requirement), ("given", "mandatory"))
        self.assertEqual((copied.given_at, copied.given_by), (given.given_at, given.given_by))
        self.assertEqual(copied.file_ids.franchise_sha256, given.file_ids.franchise_sha256)
        self.assertNotEqual(copied.file_ids, given.file_ids)
        self.assertEqual(copied.file_ids.res_id, copied.id)
        self.assertEqual(given.claim_id, claim)

    def test_without_files_nothing_is_copied(self):
        claim = self.claim(lines=2)
        self.give(claim, "damage_photos")
        part = claim.with_user(self.flow.users["service"])._split(
            claim.line_ids[0].with_user(self.flow.users["service"]), files=False
        )
        self.assertEqual(self.row(part, "damage_photos").state, "missing")
