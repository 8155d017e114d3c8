from . import statement, statement_xlsx
from . import settlement_report
