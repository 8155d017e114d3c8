from . import brand, outlet, contract
