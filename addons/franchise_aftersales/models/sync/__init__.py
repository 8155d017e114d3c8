from . import endpoint, endpoint_odoo, message, attempt, inbox, document, api_delivery, api_answers, api_monitor
