from . import test_transfers, test_translations
