from . import settlement_generate
from . import territory_lookup
