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
