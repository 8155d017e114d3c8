from odoo.tests import tagged

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimBatches(FlowCase):
    """R-D7, R-D15: many claims at once cost no query more than a few, rows that are inserted left out."""

    def claims(self, count):
        """Claims of goods and labour, each of an amount of its own, on a bill of their own."""
        bills = self.flow.bill(tuple(100.0 + number for number in range(count)))
        values = [
            self.flow.claim_values([("goods", bill, 10.0 + number), ("labour", None, 5.0 + number)])
            for number, bill in enumerate(bills)
        ]
        return self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values).with_env(self.env)

    def queries(self, claims, action, role):
        """Queries of one step from a cold cache, without the INSERTs of its rows."""
        self.env.flush_all()
        self.env.invalidate_all()
        executed = []
        cursor = self.env.cr
        execute = type(cursor).execute

        def counted(cr, query, params=None, log_exceptions=True):
            text = query.code if hasattr(query, "code") else str(query)
            if not text.lstrip().upper().startswith("INSERT"):
                executed.append(text)
            return execute(cr, query, params, log_exceptions)

        with self.patch_execute(counted):
            getattr(claims.with_user(self.flow.users[role]), action)()
            self.env.flush_all()
        return executed

    def patch_execute(self, counted):
        from unittest.mock import patch

        return patch.object(type(self.env.cr), "execute", counted)

    def test_steps_cost_the_same_for_5_and_for_50(self):
        few, many = self.claims(5), self.claims(50)
        for action, role in (
            ("action_submit", "service"),
            ("action_reopen", "service"),
            ("action_submit", "service"),
            ("action_assess", "service2"),
            ("action_approve", "finance"),
        ):
            small, large = (self.queries(claims, action, role) for claims in (few, many))
            with self.subTest(action):
                self.assertEqual(len(large), len(small), _more(small, large))


def _more(small, large):
    """Which statements run more often in the larger batch."""
    heads = lambda texts: [" ".join(text.split())[:110] for text in texts]  # noqa: E731
    few, many = heads(small), heads(large)
    return "\n".join(f"{few.count(head)} → {many.count(head)}: {head}" for head in sorted(set(many)) if many.count(head) > few.count(head))
