from . import contract_header
from . import brand, outlet, contract, contract_version, rebate_tier, contract_terms, contract_renewal
from . import charge, charge_account, charge_settlement, charge_texts
from . import sales_report, sales_reminder, price_check, target, contract_money
from . import entitlement, entitlement_grant, exchange, exchange_line, exchange_quota, res_partner
from . import exchange_date, exchange_move, target_achieved
from . import territory, contract_territory, outlet_change
from . import charge_posting, settlement_terms, target_interim
