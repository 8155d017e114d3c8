from . import archive, portal_fields, portal_files, mail_message, res_company, charge_kinds
from . import notice, notice_letter, notice_terms, notice_record
from . import signature, contract_signature, contract_paper, contract_document, contract_version_end
from . import default, transfer, incapacity, asset_option, contract_counts
from . import terms_departed
from . import notice_sync
from . import notice_obligations, notice_renewal
