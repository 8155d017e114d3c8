import base64
import json
import os
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..controllers.sync_webhook import MAX_BODY
from ..tools.webhook_signature import sign
from .flow import Flow

KEY, OTHER_KEY = b"a key of northern bakery parts!!", b"a key that nobody gave to anyone"
LOG = "odoo.addons.franchise_aftersales.models.sync.api_webhook"


def secret(*keys):
    return " ".join("whsec_" + base64.b64encode(key).decode() for key in keys)


@tagged("post_install", "-at_install")
class TestSyncWebhook(HttpCase):
    """R-G3, R-H5: a supplier's system sends its answers by itself; who has no key gets in nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env

    def setUp(self):
        super().setUp()
        self.endpoint = self.flow.endpoint
        self.endpoint.write({"connector": "rest", "webhook_enabled": True})
        self.variable = f"FRANCHISE_SYNC_SECRET_{self.endpoint.code.upper()}"
        self.startPatcher(patch.dict(os.environ, {self.variable: secret(KEY)}))
        self.recovery = self.flow.recovery()

    def answer(self, recovery=None, *args, **values):
        answer = self.flow.answer(recovery or self.recovery, *args, **values)
        return {name: value for name, value in answer.items() if name != "raw"}

    def post(self, body, message_id="m", key=KEY, stamp=None, code=None, headers=None, signature=None):
        """(status, JSON of the reply) of a signed POST."""
        if isinstance(body, dict):
            message_id, body = body.get("message_id", message_id), json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        stamp = str(int(time.time())) if stamp is None else stamp
        signature = sign(key, message_id, stamp, body).decode() if signature is None else signature
        sent = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature,
            **(headers or {}),
        }
        with mute_logger(LOG):
            reply = self.url_open(
                f"/franchise/sync/{code or self.endpoint.code}/webhook", data=body, headers=sent, allow_redirects=False
            )
        try:
            return reply.status_code, reply.json()
        except ValueError:
            return reply.status_code, reply.text

    def kept(self):
        return self.env["franchise.sync.inbox"].search_count([("endpoint_id", "=", self.endpoint.id)])

    def test_an_answer_is_applied_once_and_told_alike_again(self):
        """R-G3: the same answer again gets the same reply and has no second effect."""
        answer = self.answer(amount="50.00", reason="理由")
        first = self.post(answer)
        self.assertEqual(first, (200, {"message_id": answer["message_id"], "status": "applied", "reason": ""}))
        facts = (self.recovery.state, self.recovery.amount_accepted, len(self.recovery.message_ids))
        self.assertEqual(facts[:2], ("partial", 50))
        self.assertEqual(self.post(answer), first)
        self.assertEqual(self.post({**answer, "amount": "80.00"}), first, "its id decides")
        self.assertEqual((self.recovery.state, self.recovery.amount_accepted, len(self.recovery.message_ids)), facts)
        self.assertEqual(self.kept(), 1)
        self.assertEqual(self.flow.receive({**answer, "raw": ""}), ["duplicate"], "by polling as well")
        kept = self.env["franchise.sync.inbox"].search([("message_uid", "=", answer["message_id"])])
        self.assertEqual(json.loads(kept.raw), answer, "as it came")

    def test_an_early_answer_waits(self):
        early = self.answer(uuid=str(uuid.uuid4()))
        status, reply = self.post(early)
        self.assertEqual((status, reply["status"]), (200, "parked"))
        self.assertEqual(self.post(early), (status, reply))

    def test_a_key_is_replaced_without_a_gap(self):
        """R-H5: while both are set, either is good; afterwards only the new one."""
        new = b"the next key of that supplier!!!"
        with patch.dict(os.environ, {self.variable: secret(new, KEY)}):
            for key in (KEY, new):
                self.assertEqual(self.post(self.answer(), key=key)[0], 200)
        with patch.dict(os.environ, {self.variable: secret(new)}):
            self.assertEqual(self.post(self.answer(), key=KEY)[0], 401)
        body, stamp = json.dumps(self.answer(message_id="two")), str(int(time.time()))
        two = " ".join(sign(key, "two", stamp, body.encode()).decode() for key in (OTHER_KEY, KEY))
        self.assertEqual(self.post(body, "two", stamp=stamp, signature=two)[0], 200, "the sender signs with both")

    def test_who_has_no_key_is_told_nothing(self):
        """Wrong or missing signature, wrong time, no such system, switched off: 401 in the same words, nothing kept."""
        now, body = int(time.time()), json.dumps(self.answer(message_id="x"))
        good = sign(KEY, "x", str(now), body.encode()).decode()
        other = self.flow.make_endpoint(self.flow.carrier, "other")
        attempts = [
            {"key": OTHER_KEY},
            {"key": b"\0" * 32},
            {"signature": ""},
            {"signature": "v1,"},
            {"signature": "v1a," + good[3:]},
            {"signature": good[3:]},
            {"signature": good[:-2]},
            {"signature": "v1,é"},
            {"signature": " ".join(["v1,x"] * 9 + [good])},
            {"stamp": str(now - 301)},
            {"stamp": str(now + 310)},
            {"stamp": ""},
            {"stamp": "now"},
            {"stamp": f"{now}.0"},
            {"stamp": "-1"},
            {"stamp": "9" * 30},
            {"signature": good, "stamp": str(now + 1)},
            {"signature": good, "stamp": str(now), "message_id": "y"},
            {"signature": good, "stamp": str(now), "body": body.replace("80.00", "79.00")},
            {"code": "nobody"},
            {"code": other.code},
            {"code": "no%20body"},
            {"code": "x" * 200},
        ]
        replies = [self.post(**{"body": body, "message_id": "x", **attempt}) for attempt in attempts]
        for attempt, reply in zip(attempts, replies, strict=True):
            with self.subTest(attempt):
                self.assertEqual(reply, (401, {"reason": "The signature is missing, wrong or too old."}))
        for values in ({"webhook_enabled": False}, {"enabled": False}, {"active": False}, {"connector": "odoo"}):
            with self.subTest(values):
                before = self.endpoint.read(list(values))[0]
                self.endpoint.write(values)
                self.assertEqual(self.post(body, "x"), replies[0])
                self.endpoint.write({name: before[name] for name in values})
        for broken in ("", "whsec_", "whsec_c2hvcnQ=", "hunter2", secret(KEY)[6:], secret(KEY, KEY, KEY)):
            with self.subTest(secret=broken), patch.dict(os.environ, {self.variable: broken}):
                self.assertEqual(self.post(body, "x"), replies[0])
                self.assertFalse(self.endpoint.webhook_is_ready)
                self.endpoint.invalidate_recordset()
        self.assertEqual(self.kept(), 0)
        self.assertEqual(self.post(body, "x")[0], 200)

    def test_paths_lead_nowhere_else(self):
        """No code names a file outside the folder of secrets."""
        for code in ("..", "../etc", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a/b"):
            with self.subTest(code):
                self.assertIn(self.post(self.answer(), code=code)[0], (401, 404, 405))
        self.assertEqual(self.url_open(f"/franchise/sync/{self.endpoint.code}/webhook").status_code, 405, "no GET")

    def test_what_is_no_answer_is_refused_and_not_kept(self):
        """400, 413, 415 with a good signature: malformed, too large, another type of content."""
        good = self.answer(message_id="m")
        for body in (
            " ",
            "{",
            "[]",
            "null",
            '"text"',
            b"\xff\xfe",
            json.dumps([good]),
            json.dumps(good)[:-1],
            json.dumps({**good, "amount": float("nan")}),
            json.dumps(good).replace('"80.00"', "Infinity"),
            json.dumps(good).replace('"80.00"', "9" * 5000),
            "[" * 100_000,
            json.dumps({**good, "amount": 80.0}),
            json.dumps({**good, "amount": ["80.00"]}),
            json.dumps({**good, "reason": "a\x00b"}),
            json.dumps({**good, "uuid": "../../etc"}),
            json.dumps({**good, "uuid": None}),
            json.dumps({**good, "state": ""}),
            json.dumps({**good, "state": {}}),
            json.dumps({**good, "lines": "all"}),
            json.dumps({**good, "lines": [1]}),
            json.dumps({**good, "lines": [{"key": "1", "amount": 80}]}),
            json.dumps({**good, "message_id": "another"}),
            json.dumps({name: value for name, value in good.items() if name != "message_id"}),
        ):
            with self.subTest(body[:80]):
                status, reply = self.post(body)
                self.assertEqual((status, list(reply)), (400, ["reason"]))
        for large in (json.dumps({**good, "reason": "x" * MAX_BODY}), b" " * (MAX_BODY + 1)):
            self.assertEqual(self.post(large)[0], 413)
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"):
            self.assertEqual(self.post(json.dumps(good), headers={"Content-Type": kind})[0], 415, kind)
        long_id = "i" * 129
        self.assertEqual(self.post({**good, "message_id": long_id})[0], 400)
        self.assertEqual(self.kept(), 0)
        self.assertEqual(self.recovery.state, "demanded")

    def test_wrong_answers_are_kept_and_refused_with_the_reason(self):
        """R-G3: negative, not a number, wrong currency, more than demanded; said alike when they come again."""
        for words, values in (
            ("-1 of 80.00", {"amount": "-1"}),
            ("is not an amount", {"amount": "NaN"}),
            ("is in CNY, the answer in USD", {"currency": "USD"}),
            ("80.01 of 80.00", {"amount": "80.01"}),
            ("no answer that we know", {"state": "paid"}),
        ):
            answer = self.answer(**{"amount": "80.00", **values})
            with self.subTest(values):
                status, reply = self.post(answer)
                self.assertEqual((status, reply["status"]), (422, "refused"))
                self.assertIn(words, reply["reason"])
                self.assertEqual(self.post(answer), (status, reply))
        self.assertEqual(self.kept(), 5)
        self.assertEqual(self.recovery.state, "demanded")

    def test_a_supplier_can_not_answer_for_another(self):
        """Refused, nothing changed, the owner is told."""
        other = self.flow.make_endpoint(self.flow.carrier, "other")
        other.write({"connector": "rest", "webhook_enabled": True})
        with patch.dict(os.environ, {f"FRANCHISE_SYNC_SECRET_{other.code.upper()}": secret(OTHER_KEY)}):
            status, reply = self.post(self.answer(), key=OTHER_KEY, code=other.code)
        self.assertEqual((status, reply.get("status")), (422, "refused"), reply)
        self.assertIn("another supplier", reply["reason"])
        self.assertEqual(self.recovery.state, "demanded")
        self.assertEqual(other.activity_ids.mapped("summary"), ["Answers refused"])

    def test_too_many_wait(self):
        """R-G4: a flood from one system is held off, others are not."""
        with patch("odoo.addons.franchise_aftersales.models.sync.api_webhook.MAX_PER_MINUTE", 2):
            answers = [self.answer() for _turn in range(3)]
            self.assertEqual([self.post(answer)[0] for answer in answers], [200, 200, 429])
        self.assertEqual(self.kept(), 2)

    def test_the_interface_is_not_opened_by_that(self):
        """No login may call what the webhook calls; the webhook calls nothing else."""
        for name in ("_take_webhook", "_receive", "_webhook_keys"):
            self.assertTrue(name.startswith("_"), "private methods can't be called from outside")
        self.authenticate("admin", "admin")
        self.assertEqual(self.post(self.answer(), key=OTHER_KEY)[0], 401, "a session is no key")

    def test_the_key_is_found_where_the_worker_finds_it(self):
        """R-H5: in the environment or in a file named by the code, never in the database."""
        folder = Path(self.enterContext(TemporaryDirectory()))
        (folder / self.endpoint.code).write_text(secret(OTHER_KEY) + "\n")
        with patch.dict(os.environ, {"FRANCHISE_SYNC_SECRETS_DIR": str(folder)}):
            self.assertEqual(self.post(self.answer(), key=OTHER_KEY)[0], 401, "the variable goes first")
            del os.environ[self.variable]
            self.assertEqual(self.post(self.answer(), key=OTHER_KEY)[0], 200)
        del os.environ[self.variable]
        with patch("odoo.addons.franchise_aftersales.models.sync.endpoint_rest.config") as config:
            config.get.return_value = str(folder)
            self.assertEqual(self.post(self.answer(), key=OTHER_KEY)[0], 200)
        values = json.dumps(self.endpoint.read()[0], default=str)
        for word in (secret(KEY), secret(OTHER_KEY), KEY.decode()):
            self.assertNotIn(word, values)

    def test_what_the_worker_is_told(self):
        """R-G2: the options of this connector, and of no other."""
        self.endpoint.write({"rest_concurrency": 8, "rest_many": True, "rest_dedup": False})
        options = self.endpoint._connection()["options"]
        self.assertEqual([options[name] for name in ("concurrency", "many", "dedup")], [8, True, False])
        self.assertTrue(self.endpoint.webhook_url.endswith(f"/franchise/sync/{self.endpoint.code}/webhook"))
        self.assertTrue(self.endpoint.webhook_is_ready)
        self.endpoint.connector = "odoo"
        self.assertNotIn("dedup", self.endpoint._connection()["options"])
        self.assertFalse(self.endpoint.webhook_url)
