"""Age buckets of open claims and recoveries. Pure: no ORM."""

# (code, last day of the bucket); the last bucket has no end. Both ends belong to the bucket: day 30 is "0–30".
BUCKETS = (("d30", 30), ("d60", 60), ("d90", 90), ("d180", 180), ("older", None))
LABELS = (
    ("d30", "0–30 days"),
    ("d60", "31–60 days"),
    ("d90", "61–90 days"),
    ("d180", "91–180 days"),
    ("older", "More than 180 days"),
)


def bucket(days: int) -> str:
    """Code of the bucket of an age in whole days; what lies in the future is as young as today."""
    return next(code for code, last in BUCKETS if last is None or days <= last)
