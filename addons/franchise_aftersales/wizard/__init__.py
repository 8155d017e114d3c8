from . import settlement_generate
from . import territory_lookup
from . import review_open
