from . import brand, outlet, contract, contract_version, charge, charge_account, charge_settlement
from . import territory, contract_territory, outlet_change
