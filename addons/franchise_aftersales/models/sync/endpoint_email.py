import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# One address without a name, quotes or comments: nothing in it can be taken for a header or a second recipient.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])")


class FranchiseSyncEndpoint(models.Model):
    """A supplier without any system: told by letter, and a person records what it answers (docs/connectors.md)."""

    _inherit = "franchise.sync.endpoint"

    connector = fields.Selection(selection_add=[("email", "Letters by E-Mail")], ondelete={"email": "cascade"})
    email_to = fields.Char(
        string="E-Mail Address", tracking=True, help="Where the letters go: one address, read by people."
    )

    @api.constrains("connector", "email_to")
    def _check_email_to(self):
        for endpoint in self.filtered(lambda endpoint: endpoint.connector == "email"):
            if not ADDRESS.fullmatch(endpoint.email_to or ""):
                raise ValidationError(
                    self.env._(
                        "%(name)s: “%(address)s” is not one plain address like claims@supplier.example.",
                        name=endpoint.name,
                        address=endpoint.email_to or "",
                    )
                )

    @api.onchange("connector")
    def _onchange_connector(self):
        """What another kind of connection needs would only mislead."""
        if self.connector == "email":
            self.url = self.login = self.database = False
            self.email_to = self.email_to or self.partner_id.email

    def _gives_answers(self):
        return self.connector != "email" and super()._gives_answers()

    def _connector_options(self):
        options = super()._connector_options()
        if self.connector == "email":
            options |= {"email_to": self.email_to or ""}
        return options
