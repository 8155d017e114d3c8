from . import endpoint, endpoint_health, endpoint_monitor
from . import endpoint_odoo, endpoint_rest, endpoint_sftp, endpoint_email
from . import message, message_operator, message_letter, intervention, attempt, inbox, document
from . import reconciliation, drift
from . import api_delivery, api_finish, api_rate, api_answers, api_files, api_monitor, api_reconcile
from . import wake, worker_user, api_webhook
from . import purge, res_company
