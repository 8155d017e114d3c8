from . import recovery, recovery_line, recovery_sync, claim, tie_out
