from odoo.tests import tagged

from .outbox_case import OutboxCase

FINISHED = 20_000


@tagged("post_install", "-at_install")
class TestOutboxIndexes(OutboxCase):
    """Delivery stays as fast with many finished messages as with none: it never reads through the table (R-G4, R-G6)."""

    def finished(self, message):
        """Very many delivered and answered messages, made from one."""
        self.env.flush_all()
        columns = "endpoint_id, company_id, kind, awaits_answer, res_model, document_name, revision, payload, sha256"
        self.env.cr.execute(
            f"""INSERT INTO franchise_sync_message
                       ({columns}, uuid, res_id, aggregate, seq, state, next_attempt_at, lost_leases, attempts,
                        delivered_at, answered_at)
                SELECT {columns}, gen_random_uuid()::text, 1000000000 + number, 'old,' || number, 1, 'delivered',
                       next_attempt_at, 0, 1, now(), now()
                  FROM franchise_sync_message, generate_series(1, %s) AS number WHERE id = %s""",
            [FINISHED, message.id],
        )
        self.env.cr.execute("ANALYZE franchise_sync_message")
        self.env.invalidate_all()

    def reads_of_all(self, work):
        """How often `work` read the outbox from its first row to its last."""
        query = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'franchise_sync_message'"
        self.env.cr.execute(query)
        before = self.env.cr.fetchone()[0]
        result = work()
        self.env.flush_all()
        self.env.cr.execute(query)
        return self.env.cr.fetchone()[0] - before, result

    def test_delivery_never_reads_the_whole_outbox(self):
        messages = self.messages(6)
        self.finished(messages[0])
        api, endpoint = self.flow.api(), self.flow.endpoint
        scans, reply = self.reads_of_all(self.flow.lease)
        self.assertEqual((scans, len(reply["messages"])), (0, 6), "lease")
        for name, work in (
            ("repeated lease", lambda: self.flow.lease(request_id=reply["request_id"])),
            ("finish", lambda: self.flow.finish(reply, "retry")),
            ("release", lambda: api.release("x" * 36)),
            ("pending", api.pending),
            ("monitor", lambda: endpoint.read(["pending_count", "lag_hours", "awaiting_count", "failed_count"])),
            ("page", lambda: api.reconcile_page(endpoint.code, messages[-1].id, 50)),
        ):
            with self.subTest(name):
                self.assertEqual(self.reads_of_all(work)[0], 0)

    def test_every_document_has_its_note_of_the_delivery(self):
        """One statement writes them all, as if each had been logged alone."""
        recoveries = self.env["franchise.claim.recovery"].union(*(self.flow.recovery() for _ in range(4)))
        before = {recovery: recovery.message_ids for recovery in recoveries}
        self.flow.finish(self.flow.lease())
        notes = [recovery.message_ids - before[recovery] for recovery in recoveries]
        self.assertEqual([len(note) for note in notes], [1] * 4)
        for note in notes:
            self.assertIn("has the claim", note.body)
            self.assertEqual((note.subtype_id, note.message_type), (self.env.ref("mail.mt_note"), "notification"))
            self.assertEqual((note.author_id, note.date), (notes[0].author_id, notes[0].date))
