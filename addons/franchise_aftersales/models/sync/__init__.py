from . import endpoint, endpoint_health, endpoint_monitor
from . import endpoint_odoo, endpoint_rest, endpoint_sftp, endpoint_email
from . import message, message_operator, message_letter, intervention, attempt, inbox, document
from . import reconciliation, drift
from . import api_delivery, api_pending, api_finish, api_rate, api_answers, api_files, api_monitor, api_reconcile
from . import api_webhook, wake, worker_user
from . import purge, res_company
