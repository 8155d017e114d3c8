from odoo import api, models
from odoo.exceptions import AccessDenied
from odoo.tools import SQL

from odoo.addons.base.models.res_users import INDEX_SIZE

from .api_delivery import GROUP_SYNC_WORKER


class ResUsers(models.Model):
    """The worker's user: an API key and nothing else lets it in, and no longer than that key exists.

    Odoo's /jsonrpc remembers a user and key once they were right, until its caches are cleared, which deleting a key
    or its end doesn't do. /json/2 asks the database at each call, and so do we for this user.
    """

    _inherit = "res.users"

    def _rpc_api_keys_only(self):
        return super()._rpc_api_keys_only() or self.has_group(GROUP_SYNC_WORKER)

    @api.model
    def _check_uid_passwd(self, uid, passwd):
        result = super()._check_uid_passwd(uid, passwd)
        if self.browse(uid).has_group(GROUP_SYNC_WORKER):
            self._check_key_lives(uid, passwd)
        return result

    def _check_key_lives(self, uid, key):
        """The hash was compared when the key was remembered; here it is only asked whether it is still there."""
        alive = self.env.execute_query(
            SQL(
                """
                SELECT 1
                  FROM res_users_apikeys apikey
                  JOIN res_users ON res_users.id = apikey.user_id AND res_users.active
                 WHERE apikey.user_id = %s AND apikey.index = %s AND (apikey.scope IS NULL OR apikey.scope = 'rpc')
                   AND (apikey.expiration_date IS NULL OR apikey.expiration_date >= now() AT TIME ZONE 'utc')
                 LIMIT 1
                """,
                uid,
                str(key)[:INDEX_SIZE],
            )
        )
        if not alive:
            raise AccessDenied()
