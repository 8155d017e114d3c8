from . import document, dated_version, deadline
from . import res_company, res_config_settings, ir_actions_report, ir_attachment, ir_sequence, account_move
