from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase


@tagged("post_install", "-at_install")
class TestTerminationTogether(CommitCase):
    """What two people do to one contract at the same moment."""

    def test_one_contract_gets_one_case(self):
        """R-B1: two terminations opened together: the index lets one through, the other is told to use it."""
        contract_id = self.ids["contract"][0]

        def work(env):
            case = env["franchise.termination"].create({"contract_id": contract_id})
            env.flush_all()
            return case.id

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(work, work)
        opened = [result for result, _tries, error in results if not error]
        (refused,) = [error for _result, _tries, error in results if error]
        self.assertEqual(len(opened), 1)
        self.assertIn("running termination already", str(refused))
        with self.transaction(commit=False) as env:
            cases = env["franchise.termination"].search([("contract_id", "=", contract_id)])
            self.assertEqual(cases.ids, opened)
