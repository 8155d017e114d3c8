from . import statement, portal_notice, portal_contract
