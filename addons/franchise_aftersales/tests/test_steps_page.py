from pathlib import Path

from odoo.tests import TransactionCase, tagged

from ..tools.steps_page import Document, Step, documents, page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "steps.md"


@tagged("post_install", "-at_install")
class TestStepsPage(TransactionCase):
    """R-D7, R-H1: the manual's page of steps says what the models' tables say."""

    def test_the_page_is_up_to_date(self):
        self.assertEqual(
            PAGE.read_text(encoding="utf-8"),
            page(documents(self.env)),
            "docs/steps.md is outdated: run scripts/manual.sh.",
        )

    def test_every_document_is_on_it(self):
        tables = {
            name
            for name, model in self.env.registry.items()
            if getattr(model, "_transitions", None) and not model._abstract
        }
        self.assertEqual({document.model for document in documents(self.env)}, tables)
        self.assertIn("franchise.contract", tables)

    def test_a_document_becomes_a_table_and_a_diagram(self):
        steps = (Step("sign_off", ("draft", "open"), "done", "Contract Manager"),)
        text = page(
            [Document("franchise.x", "Thing", "draft", {"draft": "Draft", "open": "Open", "done": "Done"}, steps)]
        )
        self.assertIn("| sign off | Draft, Open | Done | Contract Manager |", text)
        self.assertIn("    open --> done: sign off\n", text)
        self.assertIn("    [*] --> draft\n", text)
        self.assertIn("[access.md](access.md)", text)
