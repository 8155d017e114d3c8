from . import part, terms, clause, template, duty, annex, ir_attachment
from . import obligation, obligation_series, obligation_check
from . import holder, on_contract
