from . import document, res_company, res_config_settings, ir_actions_report, account_move
