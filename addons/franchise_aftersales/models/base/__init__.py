from . import document, document_row, dated_version, deadline, tree
from . import res_company, res_config_settings, ir_actions_report, ir_attachment, account_move
from . import ir_sequence, condensed
