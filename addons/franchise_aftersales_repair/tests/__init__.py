from . import test_repairs, test_translations
