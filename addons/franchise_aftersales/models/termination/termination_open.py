import re

from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

SHOWN = 5  # names a sentence spells out


class FranchiseTermination(models.Model):
    """What is still open: shown on the form, and what closing is refused with (R-B14)."""

    _inherit = "franchise.termination"

    open_point_count = fields.Integer(string="Open Points", compute="_compute_open_points")
    open_point_html = fields.Html(string="What Is Open", compute="_compute_open_points", sanitize=False)
    progress = fields.Float(
        compute="_compute_progress",
        store=True,
        aggregator="avg",
        help="Of the clauses, suppliers, tasks and marks of the case, the part that is finished, in %.",
    )

    @api.depends("review_ids.finding", "impact_ids.state", "task_ids.state", "deidentification_ids.state")
    def _compute_progress(self):
        done, total = dict.fromkeys(self.ids, 0), dict.fromkeys(self.ids, 0)
        for model, column, finished in (
            ("franchise.termination.clause.review", "finding", bool),
            ("franchise.termination.impact", "state", lambda value: value == "notified"),
            ("franchise.termination.task", "state", lambda value: value != "open"),
            ("franchise.termination.deidentification", "state", lambda value: value != "open"),
        ):
            for case, value, count in self.env[model]._read_group(
                [("termination_id", "in", self.ids)], ["termination_id", column], ["__count"]
            ):
                total[case.id] += count
                done[case.id] += count if finished(value) else 0
        for case in self:
            whole = total.get(case._origin.id, 0)
            case.progress = 100.0 * done[case._origin.id] / whole if whole else 0.0

    @api.depends(
        "state",
        "notice_ids.state",
        "review_ids.finding",
        "impact_ids.state",
        "impact_ids.amendment_id.state",
        "impact_ids.override_by_id",
        "task_ids.state",
        "deidentification_ids.state",
    )
    @api.depends_context("lang", "uid")
    def _compute_open_points(self):
        for case in self:
            running = case._origin and case.state not in case._final_states
            points = case._origin._open_points() if running else []
            links = case._origin._open_point_records() if points else {}
            case.open_point_count = len(points)
            case.open_point_html = Markup("<ul class='mb-0'>%s</ul>") % Markup("").join(
                Markup("<li>%s</li>") % case._linked(sentence, links.get(code)) for code, sentence in points
            )

    @api.model
    def _linked(self, sentence, records):
        """`sentence` as HTML in which the names of `records` are links; where it names none, links follow it."""
        records = (records or ())[:SHOWN]
        links = {str(escape(name)): self._link(record, name) for record in records for name in self._names_told(record)}
        text = str(escape(sentence))
        pattern = "|".join(re.escape(name) for name in sorted(links, key=len, reverse=True))
        if links and re.search(pattern, text):
            return Markup(re.sub(pattern, lambda match: links[match.group()], text))  # noqa: S704 — escaped above
        more = (Markup(" %s") % self._link(record, self.env._("Open %s", record.display_name)) for record in records)
        return Markup("").join([escape(sentence), *more])

    @api.model
    def _names_told(self, record):
        """The names by which a sentence may tell of `record`: its own, its short one, its supplier's."""
        names = [record.display_name, record["name"] if "name" in record._fields else None]
        if "supplier_id" in record._fields:
            names.append(record["supplier_id"].name)
        return [name for name in names if name]

    @api.model
    def _link(self, record, text):
        return Markup('<a href="/odoo/%s/%s">%s</a>') % (record._name, record.id, text)

    def _open_point_records(self):
        """{code of an open point: its records}, for the links on the form; rooms add theirs."""
        self.ensure_one()
        return {
            "notice_unacknowledged": self._franchisee_notice(),
            "tasks_open": self.task_ids.filtered(lambda task: task.state == "open"),
            "suppliers_undecided": self._open_impacts("open"),
            "suppliers_not_notified": self._open_impacts("decided"),
            "amendments_draft": self._draft_amendments(),
            "suppliers_unpaid": self._unpaid_impacts(),
            "deidentification_open": self.deidentification_ids.filtered(lambda row: row.state == "open"),
        }

    def _open_points(self):
        """What still stands in the way of closing: a list of (code, sentence in the reader's language).

        Rooms that build on terminations add theirs, and the records to link to in `_open_point_records`.
        """
        self.ensure_one()
        records = self._open_point_records()
        points = []
        notice = records["notice_unacknowledged"]
        if not notice:
            points.append(("notice_missing", self.env._("The franchisee has not been given notice.")))
        elif not notice._is_received():
            points.append(
                (
                    "notice_unacknowledged",
                    self.env._("The franchisee has not acknowledged the notice “%s”.", notice.name),
                )
            )
        unreviewed = self.review_ids.filtered(lambda review: not review.finding)
        for code, rows, sentence in (
            (
                "clauses_unreviewed",
                unreviewed,
                self.env._("Clauses without a finding: %s.", self._names(unreviewed, "clause_number")),
            ),
            (
                "suppliers_undecided",
                records["suppliers_undecided"],
                self.env._(
                    "Suppliers about whose agreement nothing is decided: %s.",
                    self._names(records["suppliers_undecided"]),
                ),
            ),
            (
                "suppliers_not_notified",
                records["suppliers_not_notified"],
                self.env._("Suppliers that were not notified: %s.", self._names(records["suppliers_not_notified"])),
            ),
            (
                "amendments_draft",
                records["amendments_draft"],
                self.env._("Amendments that are not confirmed: %s.", self._names(records["amendments_draft"])),
            ),
            (
                "tasks_open",
                records["tasks_open"],
                self.env._("Open tasks of the transition: %s.", self._names(records["tasks_open"])),
            ),
            (
                "deidentification_open",
                records["deidentification_open"],
                self.env._("Marks not removed from the outlets: %s.", self._names(records["deidentification_open"])),
            ),
        ):
            if rows:
                points.append((code, sentence))
        return points + self._unpaid_points()

    def _unpaid_points(self):
        points = []
        unpaid = self.impact_ids._unpaid_amounts()
        for impact in self.impact_ids:
            amounts = unpaid.get(impact.id)
            if amounts and not impact.override_by_id:
                points.append(
                    (
                        "suppliers_unpaid",
                        self.env._(
                            "%(supplier)s is owed %(amount)s: pay it, or finance says why the case may close.",
                            supplier=impact.supplier_id.name,
                            amount=" + ".join(
                                format_amount(self.env, amount, currency) for currency, amount in amounts
                            ),
                        ),
                    )
                )
        return points

    def _unpaid_impacts(self):
        unpaid = self.impact_ids._unpaid_amounts()
        return self.impact_ids.filtered(lambda impact: impact.id in unpaid and not impact.override_by_id)

    def _open_impacts(self, state):
        return self.impact_ids.filtered(lambda impact: impact.state == state)

    def _draft_amendments(self):
        return self.impact_ids.amendment_id.filtered(lambda version: version.state == "draft")

    def _names(self, records, name="display_name"):
        """The first names of `records`, and how many more there are."""
        names = [str(record[name] or "") for record in records[:SHOWN]]
        more = len(records) - SHOWN
        if more > 0:
            names.append(self.env._("and %s more", more))
        return ", ".join(names)

    def action_close(self):
        """Close the case.

        :raises UserError: something is open; the message lists all of it.
        """
        self._check_transition("close")
        for case in self:
            points = case._open_points()
            if points:
                raise UserError(
                    self.env._(
                        "%(case)s can't be closed yet:\n%(points)s",
                        case=case.name,
                        points="\n".join(f"- {sentence}" for _code, sentence in points),
                    )
                )
        return self._move("close", {"closed_by_id": self.env.uid, "closed_on": fields.Date.context_today(self)})
