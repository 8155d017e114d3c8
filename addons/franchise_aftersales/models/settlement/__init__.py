from . import source, settlement, settlement_line, posting, tie_out
