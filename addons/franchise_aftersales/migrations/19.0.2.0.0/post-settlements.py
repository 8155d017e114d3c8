def migrate(cr, version):
    """Who posted earlier settlements, so that somebody else can reverse them; they were posted as one netted invoice."""
    cr.execute(
        """
        UPDATE franchise_settlement settlement
           SET posted_by_id = move.create_uid, posted_on = move.create_date::date, posting_form = 'invoice',
               is_netted = TRUE
          FROM account_move move
         WHERE move.id = settlement.move_id AND settlement.state = 'posted' AND settlement.posted_by_id IS NULL
        """
    )
