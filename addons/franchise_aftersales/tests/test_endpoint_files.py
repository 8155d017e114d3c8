import uuid

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .flow import FlowCase

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGsrB4Y1Zs5bmyq3JQKvQnqcTSQZ0GTzEWdhRYq5NGR5"
HOST_KEY = f"files.supplier.example.com ssh-ed25519 {KEY}"
SFTP = {
    "connector": "sftp",
    "url": "sftp://files.supplier.example.com:2222/franchise",
    "login": "franchise",
    "sftp_known_hosts": HOST_KEY,
}


@tagged("post_install", "-at_install")
class TestEndpointFiles(FlowCase):
    """R-G2, R-G3: suppliers who exchange files by SFTP, and suppliers who are only written to."""

    def test_the_worker_is_told_what_sftp_needs(self):
        self.flow.endpoint.write({**SFTP, "sftp_format": "xml", "sftp_folder_out": "to/them"})
        told = self.flow.endpoint._connection()
        self.assertEqual(told["connector"], "sftp")
        self.assertEqual(told["options"]["host_key"], HOST_KEY)
        self.assertEqual(told["options"]["file_format"], "xml")
        self.assertEqual((told["options"]["folder_out"], told["options"]["folder_in"]), ("to/them", "in"))

    def test_mistakes_of_sftp_are_refused(self):
        """R-G7: on save, each in a sentence."""
        for change, words in (
            ({"url": "https://files.supplier.example.com"}, "sftp://"),
            ({"url": "sftp://127.0.0.1"}, "inside a network"),
            ({"url": "sftp://user:key@files.supplier.example.com"}, "not an address"),
            ({"url": False}, "need an address"),
            ({"login": False}, "and a login"),
            ({"sftp_known_hosts": False}, "ssh-keyscan"),
            ({"sftp_known_hosts": "# only a comment"}, "ssh-keyscan"),
            ({"sftp_known_hosts": "SHA256:abc"}, "not a line"),
            ({"sftp_known_hosts": f"host ssh-rsa {KEY}"}, "not a line"),
            ({"sftp_folder_out": "../out"}, "not a folder"),
            ({"sftp_folder_in": "/etc"}, "not a folder"),
            ({"sftp_folder_in": "out"}, "two folders"),
            ({"sftp_folder_in": "archive"}, "two folders"),
        ):
            with (
                self.subTest(change),
                self.assertRaisesRegex(ValidationError, words),
                self.env.cr.savepoint(),
            ):
                self.flow.endpoint.write({**SFTP, **change})

    def test_an_address_must_fit_the_connector(self):
        """R-G7: also when only the connector changes."""
        self.flow.endpoint.write(SFTP)
        with self.assertRaises(ValidationError):
            self.flow.endpoint.connector = "odoo"

    def test_a_letter_needs_one_plain_address(self):
        """Intruders: no second recipient, no header."""
        for address in (
            False,
            "supplier",
            "a@b.example, c@d.example",
            "a@b.example\nBcc: c@d.example",
            "A <a@b.example>",
        ):
            with self.subTest(address), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.flow.endpoint.write({"connector": "email", "email_to": address})
        self.flow.endpoint.write({"connector": "email", "email_to": "claims@supplier.example.com"})
        self.assertEqual(self.flow.endpoint._connection()["options"]["email_to"], "claims@supplier.example.com")

    def test_the_form_asks_for_what_the_connector_needs(self):
        with Form(self.flow.endpoint) as form:
            form.connector = "email"
            form.email_to = "claims@supplier.example.com"
        self.assertFalse(self.flow.endpoint.url)
        with Form(self.flow.endpoint) as form:
            form.connector = "sftp"
            for name in ("url", "login", "sftp_known_hosts"):
                setattr(form, name, SFTP[name])
        self.assertEqual(self.flow.endpoint.connector, "sftp")

    def test_letters_are_answered_by_hand(self):
        """R-G3: the message is told only, is not waited for, and the answer is recorded on the recovery."""
        self.flow.endpoint.write({"connector": "email", "email_to": "claims@supplier.example.com"})
        recovery = self.flow.recovery()
        message = self.flow.message(recovery)
        self.assertEqual(message.kind, "claim_submitted")
        self.assertFalse(message.awaits_answer)
        self.assertFalse(recovery._portal_obstacles("answer"))
        self.as_role(recovery, "service")._answer_by_hand({line: line._amount_asked() for line in recovery.line_ids})
        self.assertEqual(recovery.state, "accepted")

    def test_a_system_that_answers_is_still_not_answered_for(self):
        """R-D9: files are answered by files."""
        self.flow.endpoint.write(SFTP)
        recovery = self.flow.recovery()
        with self.assertRaisesRegex(UserError, "its own system"):
            recovery.action_answer()

    def test_a_file_that_could_not_be_read_alerts_the_owner(self):
        """R-G3: refused with the worker's sentence, once."""
        endpoint = self.flow.endpoint
        endpoint.write(SFTP)
        sentence = "answers.csv is not UTF-8 (byte 13)."
        answer = {
            "message_id": f"file:{uuid.uuid4()}",
            "uuid": "",
            "state": "unreadable",
            "number": "",
            "currency": "",
            "amount": "0",
            "lines": [],
            "reason": sentence,
            "occurred_at": "",
            "raw": "",
        }
        api = self.flow.api()
        [receipt] = api.receive(endpoint.code, [answer])
        self.assertEqual((receipt["status"], receipt["reason"]), ("refused", sentence))
        self.assertIn(sentence, str(endpoint.activity_ids.note))
        [again] = api.receive(endpoint.code, [answer])
        self.assertEqual(again["status"], "duplicate")
        self.assertEqual(len(endpoint.activity_ids), 1)

    def test_the_worker_learns_that_a_lease_was_lost(self):
        """R-G4: a letter that may have been sent is not written again; after a replay by a person it is."""
        self.flow.endpoint.write({"connector": "email", "email_to": "claims@supplier.example.com"})
        message = self.flow.message(self.flow.recovery())
        [first] = self.flow.lease()["messages"]
        self.assertEqual(first["lost"], 0)
        message.sudo().lease_until = "2020-01-01 00:00:00"
        reply = self.flow.lease()
        self.assertEqual([row["lost"] for row in reply["messages"]], [1])
        self.flow.finish(reply, "unknown")
        self.assertEqual((message.state, message.connector), ("parked", "email"))
        message.with_user(self.flow.users["operator"]).action_replay()
        self.assertEqual([row["lost"] for row in self.flow.lease()["messages"]], [0])
