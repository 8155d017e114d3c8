from . import (
    confirmation,
    confirmation_answer,
    confirmation_letter,
    position,
    run,
    run_line,
    settlement,
    statement_terms,
    three_way,
    tie_out_check,
)
