from odoo import models

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


class FranchiseContract(models.Model):
    _name = "franchise.contract"
    _inherit = ["franchise.contract", "franchise.portal.mixin"]

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
