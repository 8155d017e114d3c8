"""What tests of clocks start from: a supplier with service levels that cost something, and short ways to a clock."""

from datetime import timedelta

from odoo.fields import Command, Datetime

from .flow import MODULE, FlowCase

utc = Datetime.to_datetime


def working_calendar(env, company, zone, begin=9, end=17):
    """Mondays to Fridays from `begin` to `end` o'clock in `zone`."""
    calendar = env["resource.calendar"].create(
        {
            "name": f"{zone} {begin}-{end}",
            "tz": zone,
            "company_id": company.id,
            "hours_per_day": end - begin,
            "attendance_ids": [Command.clear()],
        }
    )
    middle = (begin + end) / 2
    calendar.attendance_ids = [
        Command.create(
            {"name": "Work", "dayofweek": str(day), "hour_from": start, "hour_to": stop, "day_period": period}
        )
        for day in range(5)
        for start, stop, period in ((begin, middle, "morning"), (middle, end, "afternoon"))
    ]
    return calendar


def level(kind, duration, unit="hours", **values):
    return Command.create({"kind": kind, "duration": duration, "unit": unit, **values})


def priced(env):
    """Levels of every kind round the clock; lateness of the supplier costs 50 an hour up to 120, of a delivery 30 a day."""
    reasons = [Command.set(env.ref(f"{MODULE}.pause_parts").ids)]
    fine = {"penalty_rule": "hour", "penalty_rate": 50, "penalty_cap": 120}
    return [
        level("first_answer", 4, pause_reason_ids=reasons, **fine),
        level("complaint", 24, pause_reason_ids=reasons, **fine),
        level("test_report", 24, pause_reason_ids=reasons, **fine),
        level("resolution", 30, "days"),
        level("evidence", 10, "days"),
        level("delivery", 3, "days", penalty_rule="day", penalty_rate=30),
    ]


class ClockCase(FlowCase):
    """A world with a supplier whose levels cost something."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parts = cls.env.ref(f"{MODULE}.pause_parts")
        cls.customer = cls.env.ref(f"{MODULE}.pause_customer")
        cls.maker = cls.flow.partner("Maker", email="maker@test.example.com")
        cls.agreement = cls.flow.make_agreement(cls.maker, level_ids=priced(cls.env))

    def claim(self, stage="draft", **values):
        return self.flow.claim(stage=stage, **{"supplier": self.maker, "reported_date": self.flow.today, **values})

    def clock(self, claim, kind, side=None):
        clocks = self.env["franchise.claim.clock"].search([("claim_id", "=", claim.id), ("kind", "=", kind)])
        return clocks.filtered(lambda clock: side in (None, clock.side))

    def started(self, clock, start, **values):
        """The clock as if it had started then."""
        clock.sudo().write({"start_at": start, **values})
        clock.sudo()._refresh()
        return clock

    def ago(self, **span):
        return Datetime.now() - timedelta(**span)

    def pause(self, claim, begin, end=False, reason=None):
        return self.env["franchise.claim.pause"].create(
            {"claim_id": claim.id, "reason_id": (reason or self.parts).id, "date_from": begin, "date_to": end}
        )
