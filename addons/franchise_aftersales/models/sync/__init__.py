from . import (
    endpoint,
    endpoint_rest,
    message,
    attempt,
    inbox,
    document,
    api_delivery,
    api_answers,
    api_monitor,
    api_webhook,
)
from . import endpoint, message, attempt, inbox, document, api_delivery, api_answers, api_monitor, wake, worker_user
from . import endpoint, endpoint_health, endpoint_monitor
from . import message, message_operator, intervention, attempt, inbox, document
from . import reconciliation, drift
from . import api_delivery, api_finish, api_rate, api_answers, api_monitor, api_reconcile
from . import purge, res_company
