import json
import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessDenied, AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..models.sync.wake import NOTIFICATION, RUNG
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestSyncTransport(FlowCase):
    """R-G8, R-G9: who comes in, for how long, what opens for them, and the bell that wakes the worker."""

    def setUp(self):
        super().setUp()
        self.worker = self.flow.users["worker"]
        self.key = self._key(self.worker)
        self.users = self.env["res.users"].sudo()

    def _key(self, user, days=1):
        end = fields.Datetime.now() + timedelta(days=days)
        return self.env["res.users.apikeys"].with_user(user).sudo()._generate(None, "worker", end)

    def _keys(self):
        return self.env["res.users.apikeys"].sudo().search([("user_id", "=", self.worker.id)])

    def test_a_deleted_key_is_refused_at_once(self):
        """R-G8: Odoo itself would remember it as right until its caches are cleared."""
        self.users._check_uid_passwd(self.worker.id, self.key)
        self._keys().unlink()
        with self.assertRaises(AccessDenied):
            self.users._check_uid_passwd(self.worker.id, self.key)

    def test_a_key_that_has_ended_is_refused_at_once(self):
        """R-G8: the day of its end is a revocation, too."""
        self.users._check_uid_passwd(self.worker.id, self.key)
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = now() AT TIME ZONE 'utc' - interval '1 second'"
            " WHERE user_id = %s",
            [self.worker.id],
        )
        with self.assertRaises(AccessDenied):
            self.users._check_uid_passwd(self.worker.id, self.key)

    def test_another_key_lives_on(self):
        """R-G8: keys are changed one after the other, without a gap."""
        second = self._key(self.worker)
        for key in (self.key, second):
            self.users._check_uid_passwd(self.worker.id, key)
        self._keys().filtered(lambda key: key.id == min(self._keys().ids)).unlink()
        with self.assertRaises(AccessDenied):
            self.users._check_uid_passwd(self.worker.id, self.key)
        self.users._check_uid_passwd(self.worker.id, second)

    def test_an_archived_user_is_refused_at_once(self):
        self.users._check_uid_passwd(self.worker.id, self.key)
        self.worker.sudo().active = False
        with self.assertRaises(AccessDenied):
            self.users._check_uid_passwd(self.worker.id, self.key)

    def test_without_its_group_the_worker_may_do_nothing(self):
        """R-G8: the right is asked for at each call."""
        self.worker.sudo().group_ids = [(3, self.env.ref("franchise_aftersales.group_sync_worker").id)]
        with self.assertRaises(AccessError):
            self.flow.api().pending()

    def test_no_password_lets_the_worker_in(self):
        """R-G8: what may be typed into a screen can't be used by a program, and the other way round."""
        self.worker.sudo().password = "a long enough password"
        with self.assertRaises(AccessDenied):
            self.users._check_uid_passwd(self.worker.id, "a long enough password")

    def test_others_are_checked_as_before(self):
        """R-G8: people's passwords are none of our business."""
        finance = self.flow.users["finance"]
        finance.sudo().password = "a long enough password"
        self.users._check_uid_passwd(finance.id, "a long enough password")

    def test_the_outbox_is_shut(self):
        """R-G8: the worker reads and writes messages through its interface only."""
        message = self.flow.message(self.flow.recovery()).with_user(self.worker)
        for name, args in (
            ("read", [message.ids, ["payload"]]),
            ("search_read", [[]]),
            ("write", [message.ids, {"state": "delivered"}]),
            ("create", [{"uuid": "x"}]),
            ("unlink", [message.ids]),
            ("action_replay", [message.ids]),
            ("_ring", [message.ids]),
        ):
            with self.subTest(method=name), self.assertRaises(AccessError):
                call_kw(self.env["franchise.sync.message"].with_user(self.worker), name, args, {})

    def test_the_bell_rings_once_a_transaction(self):
        """R-G9: one empty notification on a channel that nobody can guess, with the message, in its transaction."""
        channel = self.flow.api().wake_channel()
        self.assertTrue(re.fullmatch(rf"{NOTIFICATION}:[0-9a-f]{{64}}", channel))
        before = self._new_transaction()
        self.flow.message(self.flow.recovery())
        self.flow.message(self.flow.recovery())
        rung = self._rung(before)
        self.assertEqual(len(rung), 1)
        self.assertEqual(json.loads(rung.channel), [self.env.cr.dbname, channel])
        self.assertEqual(json.loads(rung.message), {"type": NOTIFICATION, "payload": {}})

    def test_a_replay_rings_as_well(self):
        """R-G4, R-G9: who presses the button doesn't wait for the next look."""
        message = self.flow.message(self.flow.recovery())
        message.sudo().state = "dead"
        before = self._new_transaction()
        message.with_user(self.flow.users["operator"]).action_replay()
        self.assertTrue(self._rung(before))

    def _new_transaction(self):
        """Id of the bus's last row; from here on it is as in a transaction that has rung no bell."""
        self.env.cr.flush()
        self.env.cr.postcommit.data.pop(RUNG, None)
        return self.env["bus.bus"].sudo().search([], order="id desc", limit=1).id

    def _rung(self, before):
        self.env.cr.flush()
        return self.env["bus.bus"].sudo().search([("id", ">", before), ("channel", "like", NOTIFICATION)])
