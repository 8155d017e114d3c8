from . import reason, template
from . import termination, termination_steps, termination_end, termination_open
from . import row, consultation, duty, task, deidentification
from . import clause_review, impact, impact_figures, impact_steps, impact_unpaid, override
from . import outlet, claim_owner, risk, announcement
from . import contract, notice, expiry
