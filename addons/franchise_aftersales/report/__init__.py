from . import statement, statement_xlsx
