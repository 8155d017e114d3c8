from . import (
    evidence_type,
    evidence,
    evidence_file,
    ir_attachment,
    ir_binary,
    claim,
    claim_portal,
    claim_regroup,
    intake_portal,
    intake_portal_form,
)
from . import packet, packet_content, packet_archive, res_company
