"""Age buckets of open claims and recoveries. Pure: no ORM."""

# (code, last day of the bucket); codes sort by age, as groups do in pivots. The last bucket has no end; both ends belong to
# a bucket: day 30 is "0–30".
BUCKETS = (("1_30", 30), ("2_60", 60), ("3_90", 90), ("4_180", 180), ("5_older", None))
LABELS = [
    ("1_30", "0–30 days"),
    ("2_60", "31–60 days"),
    ("3_90", "61–90 days"),
    ("4_180", "91–180 days"),
    ("5_older", "More than 180 days"),
]


def bucket(days: int) -> str:
    """Code of the bucket of an age in whole days; what lies in the future is as young as today."""
    return next(code for code, last in BUCKETS if last is None or days <= last)
