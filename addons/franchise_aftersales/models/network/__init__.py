from . import application, application_check, question, site_study, contract_application
from . import review_criterion, review, review_line, contract_grade
from . import inspection_plan, inspection, inspection_finding, conflict, res_company
