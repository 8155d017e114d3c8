from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from ..base.batch import BatchRun, by_id
from .cluster import OPEN_STATES

# Claims that say something of the goods; a rejected one may have been late and true all the same.
COUNTED = ("submitted", "assessed", "approved", "closed", "rejected")


class FranchiseClaimCluster(models.Model):
    """How recall signals are found: one statement of window functions a company."""

    _inherit = "franchise.claim.cluster"

    @api.model
    def _run_search(self, commit=True):
        """Scheduled action: raise new signals and let open ones grow, company by company; one that fails stops no other.

        :return: {"raised": number, "grown": number, "failed": number of companies}.
        """
        result = {"raised": 0, "grown": 0}

        def search(company):
            raised, grown = self.with_company(company)._search_company(company)
            self.env.flush_all()
            result["raised"] += len(raised)
            result["grown"] += len(grown)

        with BatchRun(self.env, "The search for recall signals", commit) as run:
            # A company a batch: each is a statement over all of its claims.
            run.work(by_id(self.env["res.company"], [("franchise_cluster_claims", ">", 0)], 1), search)
        return {**result, "failed": run.failed}

    @api.model
    def _search_company(self, company):
        """(new signals, signals that grew) of one company."""
        open_ones = self.search([("company_id", "=", company.id), ("state", "in", OPEN_STATES)], order="id")
        known = defaultdict(self.browse)
        for cluster in open_ones:
            known[cluster.product_id.id, cluster.cause_id.id, cluster.kind, cluster.key] |= cluster
        new, grown = [], self.browse()
        for product, cause, kind, key, low, high, claim_ids in self._found(company):
            same = known[product, cause, kind, key].filtered(
                lambda cluster, low=low, high=high: cluster.lot_from <= high and low <= cluster.lot_to
            )
            if same:
                grown |= same._grow(low, high, claim_ids)
                continue
            new.append(
                {
                    "company_id": company.id,
                    "product_id": product,
                    "cause_id": cause,
                    "kind": kind,
                    "key": key,
                    "lot_from": low,
                    "lot_to": high,
                    "claim_ids": [Command.set(claim_ids)],
                    "user_id": (company.franchise_quality_user_id or company.franchise_escalation_user_id).id,
                }
            )
        raised = self._trusted().create(new)
        raised._tell_owner()
        return raised, grown

    def _grow(self, low, high, claim_ids):
        """These overlapping signals and claims are one: the first takes all. Returns it when it got more claims."""
        first, others = self[0], self[1:]
        before = set(first.claim_ids.ids)
        joined = before.union(claim_ids, others.claim_ids.ids)
        if others:
            for other in others:
                other._move(
                    "absorb",
                    {
                        "claim_ids": [Command.clear()],
                        "finding": self.env._("Joined to %s: the numbers between them were claimed too.", first.name),
                        "decided_on": fields.Date.context_today(self),
                    },
                )
            others.activity_unlink(["mail.mail_activity_data_warning"], only_automated=True)
        if joined == before:
            return self.browse()
        first._trusted().write(
            {
                "claim_ids": [Command.set(sorted(joined))],
                "lot_from": min([low, *self.mapped("lot_from")]),
                "lot_to": max([high, *self.mapped("lot_to")]),
            }
        )
        first._message_log(body=self.env._("%s more claims.", len(joined) - len(before)))
        return first

    @api.model
    def _found(self, company):
        """[(product, cause, kind, key, first and last number, claim ids)] of what is enough for a signal.

        Numbers of one prefix form ranges (gaps and islands); in each batch or range a claim belongs to the signal when it
        lies in a span of the company's days that has enough claims. Claims of signals that are over don't count again.
        """
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                WITH goods AS (
                    SELECT claim.id AS claim_id, line.product_id, claim.cause_id, claim.event_date,
                           upper(trim(line.batch)) AS batch, upper(trim(line.lot)) AS lot
                      FROM franchise_claim_line line
                      JOIN franchise_claim claim ON claim.id = line.claim_id
                     WHERE claim.company_id = %(company)s AND claim.state IN %(states)s AND line.product_id IS NOT NULL
                       AND (line.batch IS NOT NULL OR line.lot IS NOT NULL)
                       AND NOT EXISTS (
                           SELECT 1 FROM %(relation)s AS joined
                             JOIN franchise_claim_cluster cluster ON cluster.id = joined.franchise_claim_cluster_id
                            WHERE joined.franchise_claim_id = claim.id AND cluster.state IN ('closed', 'dismissed')
                              AND cluster.product_id = line.product_id AND cluster.cause_id = claim.cause_id)
                ), item AS (
                    SELECT claim_id, product_id, cause_id, event_date, 'batch' AS kind, batch AS key, 0 AS number
                      FROM goods WHERE batch != ''
                     UNION
                    SELECT claim_id, product_id, cause_id, event_date, 'lot', regexp_replace(lot, '\\d{1,9}$', ''),
                           substring(lot FROM '(\\d{1,9})$')::integer
                      FROM goods WHERE lot ~ '\\d$'
                ), stepped AS (
                    SELECT *, (number - lag(number) OVER numbers > %(gap)s)::integer AS jump
                      FROM item
                    WINDOW numbers AS (PARTITION BY product_id, cause_id, kind, key ORDER BY number, claim_id)
                ), island AS (
                    SELECT *, COALESCE(SUM(jump) OVER numbers, 0) AS run
                      FROM stepped
                    WINDOW numbers AS (PARTITION BY product_id, cause_id, kind, key ORDER BY number, claim_id)
                ), member AS (
                    SELECT product_id, cause_id, kind, key, run, claim_id, event_date,
                           MIN(number) AS low, MAX(number) AS high
                      FROM island
                  GROUP BY product_id, cause_id, kind, key, run, claim_id, event_date
                ), counted AS (
                    SELECT *, COUNT(*) OVER (
                               PARTITION BY product_id, cause_id, kind, key, run ORDER BY event_date
                               RANGE BETWEEN make_interval(days => %(days)s) PRECEDING AND CURRENT ROW) AS before
                      FROM member
                ), spanned AS (
                    SELECT *, MAX(before) OVER (
                               PARTITION BY product_id, cause_id, kind, key, run ORDER BY event_date
                               RANGE BETWEEN CURRENT ROW AND make_interval(days => %(days)s) FOLLOWING) AS best
                      FROM counted
                )
                SELECT product_id, cause_id, kind, key, MIN(low), MAX(high), array_agg(DISTINCT claim_id)
                  FROM spanned
                 WHERE best >= %(claims)s
              GROUP BY product_id, cause_id, kind, key, run
              ORDER BY product_id, cause_id, kind, key, run
                """,
                company=company.id,
                states=COUNTED,
                relation=SQL.identifier(self._fields["claim_ids"].relation),
                gap=company.franchise_cluster_gap,
                days=company.franchise_cluster_days,
                claims=company.franchise_cluster_claims,
            )
        )
