from odoo import fields, models

ALWAYS = frozenset({"id", "display_name"})


class FranchisePortalMixin(models.AbstractModel):
    """A model of which portal users read their own records: of those, the fields that are named, and no others.

    A list of what may be read rather than of what may not: a field that somebody adds is internal until it is named.
    """

    _name = "franchise.portal.mixin"
    _description = "Fields That the Portal Reads"

    _portal_fields: frozenset[str] = frozenset()

    def _has_field_access(self, field, operation):
        if not self.env.su and self.env.user._is_portal():
            named = field.name in self._portal_fields or field.name in ALWAYS
            return operation == "read" and named and super()._has_field_access(field, operation)
        return super()._has_field_access(field, operation)

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # Reading a document is no reason to read what is written on it to others, nor to write there past its page.
        if not self.env.su and self.env.user._is_portal():
            return {}
        return super()._mail_get_operation_for_mail_message_operation(message_operation)


class FranchisePortalDocumentMixin(models.AbstractModel):
    """A document with a page in the portal that its link opens without an account.

    The link's token signs for the other party, so none of our staff reads or sets it: only what goes out to the other
    party holds it. Staff open the page with their own login.
    """

    _name = "franchise.portal.document.mixin"
    _description = "Document With a Page in the Portal"
    _inherit = ["franchise.portal.mixin", "portal.mixin"]

    access_token = fields.Char(groups="base.group_system")

    def get_portal_url(self, suffix=None, report_type=None, download=None, query_string=None, anchor=None):
        """Address of the page (see `portal.mixin`); with the token for the other party's letters and pages only."""
        if self.env.su and not self.env.context.get("franchise_own_login"):
            return super().get_portal_url(suffix, report_type, download, query_string, anchor)
        self.ensure_one()
        asked = f"&report_type={report_type}" if report_type else ""
        asked += "&download=true" if download else ""
        asked += query_string or ""
        return f"{self.access_url}{suffix or ''}{'?' if asked else ''}{asked[1:]}{f'#{anchor}' if anchor else ''}"

    def _get_share_url(self, redirect=False, signup_partner=False, pid=None, share_token=True):
        return super()._get_share_url(redirect, signup_partner, pid, share_token and self.env.su)

    def _sign_token(self, pid):
        # Letters to the other party are signed with the token that who writes them doesn't know.
        return super(FranchisePortalDocumentMixin, self.sudo())._sign_token(pid)


class FranchiseContract(models.Model):
    _name = "franchise.contract"
    _inherit = ["franchise.contract", "franchise.portal.document.mixin"]

    _portal_fields = frozenset(
        {
            "name",
            "state",
            "company_id",
            "franchisee_id",
            "brand_id",
            "date_sign",
            "date_start",
            "date_end",
            "currency_id",
        }
    )


class FranchiseContractVersion(models.Model):
    _name = "franchise.contract.version"
    _inherit = ["franchise.contract.version", "franchise.portal.mixin"]

    _portal_fields = frozenset({"number", "state", "contract_id", "company_id", "date_from", "date_to"})


class FranchiseOutlet(models.Model):
    _name = "franchise.outlet"
    _inherit = ["franchise.outlet", "franchise.portal.mixin"]

    _portal_fields = frozenset({"code", "name", "active", "contract_id", "company_id", "franchisee_id", "opening_date"})
