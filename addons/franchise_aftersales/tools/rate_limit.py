"""A token bucket that never lets more than a number of messages through in any minute."""

BURST_SECONDS = 5
MINUTE = 60


def burst(per_minute):
    """Most messages that may go at once under a limit of `per_minute`: five seconds' worth, at least one."""
    return max(1, per_minute * BURST_SECONDS // MINUTE)


def refilled(tokens, seconds, per_minute):
    """Tokens in the bucket, `seconds` after it held `tokens` (a float; None: never used, so it is full).

    It is refilled with `per_minute` − burst + 1 tokens a minute and holds `burst` of them. So in any 60 seconds, the
    end not included, fewer than burst + (per_minute − burst + 1) tokens are given out, which are at most `per_minute`
    whole ones: the supplier's own limit holds in whatever minute it counts. A clock that goes back adds nothing.
    """
    most = burst(per_minute)
    if tokens is None:
        return float(most)
    return min(float(most), tokens + max(0.0, seconds) * (per_minute - most + 1) / MINUTE)
