from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimBatches(FlowCase):
    """R-D7, R-D15: many claims at once cost no query more than a few, rows that are inserted left out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One liable party: Odoo updates at most 100 rows in a statement, and 30 claims have fewer rows than that.
        cls.supplier = cls.flow.partner("Batch")
        cls.flow.make_agreement(cls.supplier, shares={"supplier": 100})

    def claims(self, count):
        """Claims of goods and labour, each of an amount of its own, on a bill of their own."""
        bills = self.flow.bill(tuple(100.0 + number for number in range(count)), supplier=self.supplier)
        values = [
            self.flow.claim_values(
                [("goods", bill, 10.0 + number), ("labour", None, 5.0 + number)], supplier=self.supplier
            )
            for number, bill in enumerate(bills)
        ]
        return self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values).with_env(self.env)

    def queries(self, claims, action, role):
        """Statements of one step from a cold cache of records, without the INSERTs of its rows."""
        self.env.flush_all()
        self.env.invalidate_all()
        executed, execute = [], type(self.env.cr).execute

        def counted(cr, query, *args, **kwargs):
            text = " ".join((query.code if isinstance(query, SQL) else str(query)).split())
            if not text.startswith(("INSERT", "SAVEPOINT", "RELEASE")):
                executed.append(text)
            return execute(cr, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", counted):
            getattr(claims.with_user(self.flow.users[role]), action)()
            self.env.flush_all()
        return Counter(executed)

    def test_steps_cost_the_same_for_5_and_for_30(self):
        warm, few, many = self.claims(2), self.claims(5), self.claims(30)
        for action, role in (
            ("action_submit", "service"),
            ("action_reopen", "service"),
            ("action_submit", "service"),
            ("action_assess", "service2"),
            ("action_approve", "finance"),
        ):
            _warm, small, large = (self.queries(claims, action, role) for claims in (warm, few, many))
            with self.subTest(action):
                more = "\n".join(f"{count} × {text[:150]}" for text, count in (large - small).items())
                self.assertEqual(large.total(), small.total(), more)
        self.assertEqual(set(many.mapped("state")), {"approved"})
