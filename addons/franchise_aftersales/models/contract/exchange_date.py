from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseExchange(models.Model):
    """The window of an exchange is kept on the day of its request, which the system writes (R-A7).

    A franchisee who asked earlier, by letter or telephone, doesn't lose by that: the earlier day counts with the reason that
    the approver reads. It never lies before the purchase, nor ahead.
    """

    _inherit = "franchise.exchange"

    requested_on = fields.Date(
        string="Entered On", readonly=True, copy=False, help="Day on which the request was submitted here."
    )
    date_reason = fields.Char(
        string="Why an Earlier Day",
        copy=False,
        help="How the franchisee asked before it was entered here; who approves reads it.",
    )
    is_set_back = fields.Boolean(compute="_compute_is_set_back")

    _check_set_back = models.Constraint(
        "CHECK (state IN ('draft', 'cancelled') OR requested_on IS NULL OR date >= requested_on OR date_reason IS NOT NULL)",
        "A day of request before that of its entry has a reason.",
    )

    def _own_fields(self):
        return super()._own_fields() | {"requested_on"}

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"date_reason"}

    def _compute_is_set_back(self):
        for exchange in self:
            exchange.is_set_back = bool(exchange.requested_on) and exchange.date < exchange.requested_on

    def action_submit(self):
        """Submit; the day of request is today's unless it is set back with a reason.

        :raises UserError: the day lies ahead, before the purchase, or before today without a reason.
        """
        self._check_transition("submit")
        today = fields.Date.context_today(self)
        for exchange in self:
            exchange._check_date(today)
        self._trusted().write({"requested_on": today})
        return super().action_submit()

    def _check_date(self, today):
        self.ensure_one()
        if self.date > today:
            raise UserError(
                self.env._(
                    "%(exchange)s: %(day)s lies ahead; enter the day of the request.", exchange=self.name, day=self.date
                )
            )
        if self.date < today and not (self.date_reason or "").strip():
            raise UserError(
                self.env._(
                    "%(exchange)s: it is submitted today, %(today)s. Say how the franchisee asked for it on %(day)s, or enter "
                    "today as the day of the request.",
                    exchange=self.name,
                    today=today,
                    day=self.date,
                )
            )
        for line in self.line_ids:
            if line.bought_on and self.date < line.bought_on:
                raise UserError(
                    self.env._(
                        "%(exchange)s: “%(item)s” was bought on %(bought)s, after the request of %(day)s. Correct the day.",
                        exchange=self.name,
                        item=line._item(),
                        bought=line.bought_on,
                        day=self.date,
                    )
                )
