from . import endpoint, message, attempt, inbox, document, api_delivery, api_answers, api_files, api_monitor
