from . import clock_kinds, clock, clock_live, clock_price, clock_sweep, clock_remind, pause, claim, claim_live
from . import recovery, answers, settings, evidence, delivery, catch_up
