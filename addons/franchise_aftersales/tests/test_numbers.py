from .flow import FlowCase


class TestNumbers(FlowCase):
    """R-D1: many documents get their numbers in one statement, in order, each from its own company's sequence."""

    def make(self, count, **values):
        line = ("labour", None, 10.0)
        claims = self.env["franchise.claim"].with_user(self.flow.users["service"])
        return claims.create([self.flow.claim_values([line], **values) for _number in range(count)])

    def test_numbers_rise_without_a_double(self):
        names = self.make(5).mapped("name") + self.make(2).mapped("name")
        self.assertEqual(names, sorted(set(names)))
        self.assertTrue(all(name.startswith("AFC/") for name in names))

    def test_a_number_that_is_brought_along_stays(self):
        self.assertEqual(self.make(1, name="OLD-7").name, "OLD-7")

    def test_fifty_take_as_many_queries_for_numbers_as_five(self):
        self.env["ir.sequence"]._next_batch_by_code("franchise.claim", 1)  # what is looked up once
        asked = {}
        for count in (5, 50):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["ir.sequence"]._next_batch_by_code("franchise.claim", count)
            asked[count] = self.env.cr.sql_log_count - before
        self.assertEqual(asked[5], asked[50])

    def test_a_companys_own_sequence_goes_first_and_others_are_asked_one_by_one(self):
        own = self.env["ir.sequence"].create(
            {
                "name": "Own",
                "code": "franchise.claim",
                "prefix": "OWN",
                "padding": 3,
                "implementation": "no_gap",
                "company_id": self.flow.company.id,
            }
        )
        self.assertEqual(self.make(3).mapped("name"), ["OWN001", "OWN002", "OWN003"])
        self.assertEqual(own.number_next, 4)
        self.assertEqual(self.env["ir.sequence"]._next_batch_by_code("franchise.nothing", 2), [])
