from datetime import timedelta

from .flow import FlowCase


class OutboxCase(FlowCase):
    def messages(self, number):
        """`number` messages waiting for the supplier's system, one a claim."""
        return self.env["franchise.sync.message"].union(
            *(self.flow.message(self.flow.recovery()) for _ in range(number))
        )

    def pass_time(self, **delta):
        """Let leases and waits of every message run out: the clock is PostgreSQL's, so their moments move back."""
        self.env.flush_all()
        seconds = timedelta(**delta).total_seconds()
        self.env.cr.execute(
            """UPDATE franchise_sync_message SET lease_until = lease_until - %(s)s * INTERVAL '1 second',
                      next_attempt_at = next_attempt_at - %(s)s * INTERVAL '1 second' WHERE endpoint_id = %(e)s""",
            {"s": seconds, "e": self.flow.endpoint.id},
        )
        self.env["franchise.sync.message"].invalidate_model()

    def leased(self, **values):
        return [message["id"] for message in self.flow.lease(**values)["messages"]]

    def count_queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = work()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before, result
