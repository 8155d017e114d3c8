from . import res_company, cause_severity, claim_priority, claim_history
from . import claim_told, claim_reopening, claim_satisfaction, followup, claim_portal
from . import team, claim_assignment, res_users
from . import staff_complaint
from . import lesson, cluster, cluster_search
