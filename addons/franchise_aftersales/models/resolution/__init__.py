from . import offer, offer_line, offer_steps, offer_signature, refund_quota
from . import (
    execution,
    execution_document,
    execution_money,
    offer_executions,
    claim,
    account_move,
    settlement,
    res_company,
    former,
    packet,
)
