from . import (
    confirmation,
    confirmation_answer,
    confirmation_letter,
    position,
    settlement,
    statement_terms,
    three_way,
)
