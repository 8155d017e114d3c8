from . import settlement_generate, agreement_amend, service_level_try
