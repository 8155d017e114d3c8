from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Reasons, people and approval tiers for claims that were there before these were kept.

    Where less was approved than was claimed nobody had to say why: the line says that. Who last changed a line was all that
    was known of who entered it.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute(
        """
        UPDATE franchise_claim_line SET assess_reason = 'Assessed before reasons were kept'
         WHERE COALESCE(amount_approved, 0) != 0 AND amount_approved != amount_claimed
           AND COALESCE(assess_reason, '') = ''
        """
    )
    cr.execute(
        """
        INSERT INTO franchise_claim_involved_users (franchise_claim_id, res_users_id)
        SELECT DISTINCT claim_id, write_uid FROM franchise_claim_line WHERE write_uid IS NOT NULL
            ON CONFLICT DO NOTHING
        """
    )
    env["franchise.approval.tier"]._make_defaults()
