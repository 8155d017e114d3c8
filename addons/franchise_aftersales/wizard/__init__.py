from . import settlement_generate
from . import renewal_refuse, sales_missing
