from . import endpoint, endpoint_health, endpoint_monitor, endpoint_rest
from . import message, message_operator, intervention, attempt, inbox, document
from . import reconciliation, drift
from . import api_delivery, api_pending, api_finish, api_rate, api_answers, api_monitor, api_reconcile, api_webhook
from . import wake, worker_user
from . import purge, res_company
