from . import test_allocation, test_coverage, test_recovery_terms
from . import test_statement
