import json
import logging
import re
import time

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ...tools.webhook_signature import CODE, is_signed
from .api_answers import MAX_ID
from .api_delivery import plain_text

_logger = logging.getLogger(__name__)
# New answers of one system in a minute; a sender that is told to wait comes again.
MAX_PER_MINUTE = 1200
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TEXTS = ("message_id", "uuid", "state", "currency", "amount", "number", "reason", "occurred_at")
NEEDED = ("message_id", "uuid", "state")


class FranchiseSyncInbox(models.Model):
    _inherit = "franchise.sync.inbox"

    _recent = models.Index("(endpoint_id, create_date)")


class FranchiseSyncApi(models.AbstractModel):
    """Answers that a supplier's system sends by itself: whoever has its key may hand over answers, and nothing else."""

    _inherit = "franchise.sync.api"

    @api.model
    def _take_webhook(self, code, headers, body):
        """Take one signed answer (docs/api/webhook.yaml). Nothing is read from `body` before its signature is right.

        :param code: of the supplier's system, as the sender names it.
        :param headers: {"id", "timestamp", "signature"}, texts as they came.
        :param body: bytes as they came.
        :return: (HTTP status, JSON-able dict to answer, seconds to wait or 0).
        """
        # Private and called by the controller alone; who sends has proved it by the signature, not by a login.
        api_system = self.with_user(SUPERUSER_ID)
        system = api_system._webhook_system(code)
        keys = system._webhook_keys() if system else []
        if not is_signed(keys, headers["id"], headers["timestamp"], headers["signature"], body, time.time()):
            _logger.info(
                "An answer by webhook for %r was refused: %s", plain_text(code, 40), self._webhook_fault(system, keys)
            )
            return 401, {"reason": self.env._("The signature is missing, wrong or too old.")}, 0
        answer, reason = api_system._read_webhook(headers["id"], body)
        if reason:
            return 400, {"reason": reason}, 0
        if wait := api_system._webhook_wait(system):
            return 429, {"reason": self.env._("Too many answers in a minute: send this one again later.")}, wait
        [receipt] = api_system.with_company(system.company_id)._receive(system, [answer])
        if receipt["status"] == "duplicate":
            receipt |= api_system._receipt_before(system, answer["message_id"])
        return 422 if receipt["status"] == "refused" else 200, receipt, 0

    def _webhook_system(self, code):
        systems = self.env["franchise.sync.endpoint"]
        if not CODE.fullmatch(code):
            return systems
        return systems.search(
            [("code", "=", code), ("connector", "=", "rest"), ("webhook_enabled", "=", True), ("enabled", "=", True)]
        )

    @staticmethod
    def _webhook_fault(system, keys):
        """For our own log only: senders are told the same whatever is wrong."""
        if not system:
            return "no system with this code takes answers by webhook"
        return "its signature is missing, wrong or too old" if keys else "this server has no key of that system"

    def _read_webhook(self, message_id, body):
        """(the answer, "") of a signed body, or (None, what is wrong with it)."""
        try:
            answer = json.loads(body, parse_constant=self._refuse_constant)
        except (ValueError, RecursionError):
            return None, self.env._("The body is not JSON.")
        if not isinstance(answer, dict):
            return None, self.env._("The body is not one answer, a JSON object.")
        texts = {name: answer[name] for name in TEXTS if answer.get(name) is not None}
        wrong = [name for name in NEEDED if not texts.get(name)]
        wrong += [name for name, value in texts.items() if not isinstance(value, str) or "\x00" in value]
        lines = answer.get("lines") or []
        if not isinstance(lines, list) or not all(self._is_line(line) for line in lines):
            wrong.append("lines")
        if not wrong and not UUID.fullmatch(texts["uuid"]):
            wrong.append("uuid")
        if wrong:
            return None, self.env._("Missing or not of the right kind: %s.", ", ".join(dict.fromkeys(wrong)))
        if texts["message_id"] != message_id or len(message_id) > MAX_ID:
            return None, self.env._("The answer's message_id and the header webhook-id must be the same.")
        return {**texts, "lines": lines, "raw": body.decode()}, ""

    @staticmethod
    def _is_line(line):
        return isinstance(line, dict) and all(isinstance(line.get(name), str) for name in ("key", "amount"))

    @staticmethod
    def _refuse_constant(name):
        raise ValueError(name)

    def _webhook_wait(self, system):
        """Seconds to wait, 0 while fewer than `MAX_PER_MINUTE` answers came in the last minute."""
        self.env.flush_all()
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*) FROM (
                    SELECT 1 FROM franchise_sync_inbox
                     WHERE endpoint_id = %s AND create_date > %s - INTERVAL '1 minute' LIMIT %s) recent
                """,
                system.id,
                self._now(),
                MAX_PER_MINUTE,
            )
        )
        return 60 if count >= MAX_PER_MINUTE else 0

    def _receipt_before(self, system, message_id):
        """What was said when this answer came first: a repetition gets the same reply."""
        kept = self.env["franchise.sync.inbox"].search(
            [("endpoint_id", "=", system.id), ("message_uid", "=", message_id)]
        )
        return {"status": kept.state, "reason": kept.reason or ""}
