from odoo import models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_access(self, operation):
        """Whoever reads a document in the portal gets those of its files that its page gives, not all that hang on it.

        A file of a field follows the field, and what is public is public.
        """
        result = super()._check_access(operation)
        if self.env.su or not self.env.user._is_portal():
            return result
        mixin = self.env.registry["franchise.portal.mixin"]
        allowed = self - result[0] if result else self
        closed = allowed.sudo().filtered(
            lambda file: (
                not file.public
                and not file.res_field
                and file.res_model in self.env
                and isinstance(self.env[file.res_model], mixin)
            )
        )
        if not closed:
            return result
        forbidden = closed.with_env(self.env)
        if result:
            return result[0] | forbidden, result[1]
        return forbidden, lambda: AccessError(self.env._("This file is not yours to read."))
