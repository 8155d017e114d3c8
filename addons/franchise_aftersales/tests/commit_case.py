"""Tests that really commit, on connections of their own, and take away what they left."""

# pylint: disable=invalid-commit,sql-injection

import threading
from contextlib import contextmanager

import psycopg2
from odoo import api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name

from .flow import Flow

WAIT = 30


class CommitCase(BaseCase):
    """One world, committed; each test opens transactions as separate users of the server would.

    Whatever a class commits is taken away at its end: every row that is newer than its start, in every table. Rows
    that were there before must not be changed but by counters, which are put back.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.addClassCleanup(cls.registry.clear_all_caches)
        with cls.connection() as cr:
            cls._newest = cls._newest_rows(cr)
        cls.addClassCleanup(cls._take_away)
        with cls.transaction() as env:
            flow = Flow(env)
            cls.prepare(flow)
            env.flush_all()
            cls.ids = {
                name: value.ids
                for name, value in vars(flow).items()
                if hasattr(value, "_ids") and hasattr(value, "_name")
            }
            cls.models = {name: getattr(flow, name)._name for name in cls.ids}
            cls.user_ids = {role: user.id for role, user in flow.users.items()}
            cls.account_ids = {name: account.id for name, account in flow.account.items()}
            cls.context = {**flow.env.context}
            cls.plain = {"key": flow.key, "today": flow.today}

    @classmethod
    def prepare(cls, flow):
        """Documents that every test of the class starts from; records set on `flow` come back in `world`."""

    @classmethod
    @contextmanager
    def connection(cls):
        cr = db_connect(get_db_name()).cursor()
        try:
            yield cr
        finally:
            cr.close()

    @classmethod
    @contextmanager
    def transaction(cls, user=api.SUPERUSER_ID, commit=True, context=None):
        """An environment on a connection of its own, committed at the end unless something was raised."""
        with cls.connection() as cr:
            env = api.Environment(cr, user, dict(context or getattr(cls, "context", {})))
            try:
                yield env
                if commit:
                    env.flush_all()
                    cr.commit()
            finally:
                cr.rollback()

    def world(self, env):
        """The committed world as seen by `env`."""
        flow = Flow.__new__(Flow)
        vars(flow).update(self.plain)
        flow.env = env
        for name, ids in self.ids.items():
            setattr(flow, name, env[self.models[name]].browse(ids))
        flow.users = {role: env["res.users"].browse(user_id) for role, user_id in self.user_ids.items()}
        flow.account = {name: env["account.account"].browse(account) for name, account in self.account_ids.items()}
        return flow

    def run_as_server(self, work, user=api.SUPERUSER_ID, started=None):
        """Run `work(env)` as a request of Odoo would: repeated on serialization errors, then committed.

        :return: (result, number of tries, error).
        """
        tries = []
        with self.connection() as cr:
            env = api.Environment(cr, user, dict(self.context))

            def attempt():
                tries.append(1)
                if started and len(tries) == 1:
                    cr.execute("SELECT 1")  # the snapshot is taken here
                    started.wait(WAIT)
                return work(env)

            try:
                result = retrying(attempt, env)
                cr.commit()
                return result, len(tries), None
            except Exception as error:
                cr.rollback()
                return None, len(tries), error

    def together(self, *works):
        """Run several `work(env)` at the same time, each in its own thread, from snapshots taken before any began."""
        barrier = threading.Barrier(len(works), timeout=WAIT)
        results = [None] * len(works)

        def run(number, work):
            results[number] = self.run_as_server(work, started=barrier)

        threads = [threading.Thread(target=run, args=(number, work), daemon=True) for number, work in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * WAIT)
        self.assertFalse([thread for thread in threads if thread.is_alive()], "a transaction hangs")
        return results

    @staticmethod
    def _newest_rows(cr):
        cr.execute(
            """SELECT table_name FROM information_schema.columns
                WHERE table_schema = 'public' AND column_name = 'id' AND data_type IN ('integer', 'bigint')
                  AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"""
        )
        cr.execute(
            " UNION ALL ".join(f"SELECT '{table}', COALESCE(MAX(id), 0) FROM \"{table}\"" for (table,) in cr.fetchall())
        )
        newest = dict(cr.fetchall())
        cr.execute("SELECT id, number_next FROM ir_sequence WHERE implementation = 'no_gap'")
        return newest, cr.fetchall()

    @classmethod
    def _take_away(cls):
        newest, counters = cls._newest
        with cls.connection() as cr:
            # Most tables have nothing new, and there are hundreds.
            cr.execute(
                " UNION ALL ".join(
                    f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\" WHERE id > {last})"
                    for table, last in newest.items()
                )
            )
            waiting = sorted(table for (table,) in cr.fetchall())
            while waiting:
                kept = []
                for table in waiting:
                    cr.execute("SAVEPOINT take_away")
                    try:
                        cr.execute(f'DELETE FROM "{table}" WHERE id > %s', [newest[table]])
                        cr.execute("RELEASE SAVEPOINT take_away")
                    except psycopg2.IntegrityError:
                        cr.execute("ROLLBACK TO SAVEPOINT take_away")
                        kept.append(table)
                if len(kept) == len(waiting):
                    # They restrict each other in a circle, as a credit note's line and the offer that it fulfils do.
                    cr.execute("SET LOCAL session_replication_role = replica")
                waiting = kept
            cr.execute("SET LOCAL session_replication_role = origin")
            for sequence_id, number in counters:
                cr.execute("UPDATE ir_sequence SET number_next = %s WHERE id = %s", [number, sequence_id])
            cr.commit()
