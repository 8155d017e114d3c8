from . import (
    endpoint,
    endpoint_sftp,
    endpoint_email,
    message,
    message_letter,
    attempt,
    inbox,
    document,
    api_delivery,
    api_answers,
    api_monitor,
)
