from . import brand, outlet, contract, contract_version, charge, charge_account, charge_settlement
