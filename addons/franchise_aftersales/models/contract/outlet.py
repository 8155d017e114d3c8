from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.territory import place

# Where and whose a store is: in a signed contract only an outlet change writes these.
PLACE_FIELDS = ("address_id", "state_id", "city_id", "latitude", "longitude")
FIXED_FIELDS = frozenset({*PLACE_FIELDS, "code", "contract_id", "opening_date", "closing_date", "active"})
# What the check of territories asks of an outlet.
CHECKED_FIELDS = FIXED_FIELDS - {"code", "active", "address_id"}


class FranchiseOutlet(models.Model):
    """A store that a franchisee runs under a contract.

    Its place (state, city, coordinates) is taken from its address while the contract is a draft. Once signed, the place
    is what was agreed: a later change of the address book doesn't move the store, only an outlet change does (R-A12).
    """

    _name = "franchise.outlet"
    _description = "Franchise Outlet"
    _order = "code"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    code = fields.Char(required=True, help="Short code of the store, unique in the company.")
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    contract_id = fields.Many2one(
        "franchise.contract", required=True, ondelete="cascade", index=True, check_company=True
    )
    contract_state = fields.Selection(related="contract_id.state", string="Contract Status")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    brand_id = fields.Many2one(related="contract_id.brand_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, index=True)
    address_id = fields.Many2one("res.partner", help="Where the store is.")
    state_id = fields.Many2one(
        "res.country.state", compute="_compute_state_id", store=True, readonly=False, precompute=True, index=True
    )
    city_id = fields.Many2one(
        "res.city", compute="_compute_place", store=True, readonly=False, precompute=True, index=True
    )
    latitude = fields.Float(
        digits=(10, 7), compute="_compute_place", store=True, readonly=False, precompute=True, help="In degrees, north."
    )
    longitude = fields.Float(
        digits=(10, 7), compute="_compute_place", store=True, readonly=False, precompute=True, help="In degrees, east."
    )
    has_place = fields.Boolean(compute="_compute_has_place")
    address_differs = fields.Boolean(
        compute="_compute_address_differs", help="The address has moved since the contract was signed."
    )
    opening_date = fields.Date(help="First day on which the store is open.")
    closing_date = fields.Date(
        string="Store Closed On", copy=False, help="First day on which the store is closed for good.", index=True
    )
    is_closed = fields.Boolean(compute="_compute_is_closed", search="_search_is_closed")

    _unique_code = models.UniqueIndex("(company_id, code)", "An outlet with this code exists already in the company.")
    _check_coordinates = models.Constraint(
        "CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)",
        "Latitude goes from -90 to 90 degrees, longitude from -180 to 180.",
    )
    _check_closing = models.Constraint(
        "CHECK (closing_date IS NULL OR opening_date IS NULL OR closing_date >= opening_date)",
        "An outlet can't close before it opens.",
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for outlet in self:
            outlet.display_name = f"[{outlet.code}] {outlet.name}" if outlet.code else outlet.name

    @api.depends("address_id.city_id", "address_id.partner_latitude", "address_id.partner_longitude")
    def _compute_place(self):
        for outlet in self:
            there = outlet if outlet._is_agreed() or not outlet.address_id else None
            values = outlet._place_of(outlet.address_id)
            for name in ("city_id", "latitude", "longitude"):
                outlet[name] = there[name] if there else values[name]

    @api.depends("address_id.state_id", "city_id.state_id")
    def _compute_state_id(self):
        for outlet in self:
            known = outlet.city_id.state_id or outlet.address_id.state_id
            outlet.state_id = outlet.state_id if outlet._is_agreed() or not known else known

    def _is_agreed(self):
        """Whether the place is part of a signed contract: the address book doesn't change it any more."""
        self.ensure_one()
        return bool(self._origin) and self.contract_id.state not in (False, "draft")

    @api.model
    def _place_of(self, address):
        """State, city and coordinates (degrees) of an address in the address book, as values of a place."""
        return {
            "state_id": (address.city_id.state_id or address.state_id).id,
            "city_id": address.city_id.id,
            "latitude": address.partner_latitude,
            "longitude": address.partner_longitude,
        }

    @api.depends("state_id", "city_id", "latitude", "longitude")
    def _compute_has_place(self):
        for outlet in self:
            outlet.has_place = bool(outlet.state_id or outlet.city_id or outlet.latitude or outlet.longitude)

    @api.depends(
        "address_id.state_id",
        "address_id.city_id",
        "address_id.partner_latitude",
        "address_id.partner_longitude",
        *PLACE_FIELDS,
    )
    def _compute_address_differs(self):
        for outlet in self:
            there = outlet._place_of(outlet.address_id)
            outlet.address_differs = any(
                value and value != (outlet[name].id if name.endswith("_id") else outlet[name])
                for name, value in there.items()
            )

    @api.depends("closing_date")
    def _compute_is_closed(self):
        today = fields.Date.context_today(self)
        for outlet in self:
            outlet.is_closed = bool(outlet.closing_date and outlet.closing_date <= today)

    def _search_is_closed(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        closed = fields.Domain("closing_date", "<=", today)
        if True in value and False in value:
            return fields.Domain.TRUE
        return closed if True in value else ~closed | fields.Domain("closing_date", "=", False)

    @api.constrains("state_id", "city_id")
    def _check_city(self):
        for outlet in self:
            state = outlet.city_id.state_id
            if state and outlet.state_id and state != outlet.state_id:
                raise ValidationError(
                    self.env._(
                        "%(outlet)s: %(city)s lies in %(state)s, not in %(other)s.",
                        outlet=outlet.display_name,
                        city=outlet.city_id.name,
                        state=state.name,
                        other=outlet.state_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        contracts = self.env["franchise.contract"].browse({vals.get("contract_id") for vals in vals_list} - {None})
        self._check_agreed(contracts, self._description)
        outlets = super().create(vals_list)
        outlets.contract_id._check_territory()
        return outlets

    def write(self, vals):
        if FIXED_FIELDS.intersection(vals):
            contracts = self.contract_id
            if "contract_id" in vals:
                contracts |= contracts.browse(vals["contract_id"])
            self._check_agreed(contracts, self[:1].display_name)
        result = super().write(vals)
        if CHECKED_FIELDS.intersection(vals):
            self.contract_id._check_territory()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        kept = self.filtered(lambda outlet: outlet.contract_id.state != "draft")
        if kept:
            raise UserError(
                self.env._(
                    "%(outlet)s belongs to contract %(contract)s, which is signed: close the outlet instead of deleting it.",
                    outlet=kept[0].display_name,
                    contract=kept[0].contract_id.name,
                )
            )

    def _check_agreed(self, contracts, what):
        """Refuse to change a signed contract's outlets by hand; the superuser (import, other documents' steps) may.

        :raises UserError: names the contract and the document to use.
        """
        if self.env.su:
            return
        fixed = contracts.filtered(lambda contract: contract.state != "draft")
        if fixed:
            raise UserError(
                self.env._(
                    "%(what)s: contract %(contract)s is signed. Outlets are added, moved and closed by an outlet change, "
                    "which a second person approves.",
                    what=what,
                    contract=fixed[0].name,
                )
            )

    def _place(self):
        """The place as the pure functions take it; :raises UserError: coordinates that are not on the globe."""
        self.ensure_one()
        try:
            return place(self.latitude, self.longitude, self.state_id.id, self.city_id.id)
        except ValueError:
            raise UserError(
                self.env._("%s: latitude goes from -90 to 90 degrees, longitude from -180 to 180.", self.display_name)
            )

    def _span(self):
        """(first day, last day) on which the store is open under its contract; first > last: never."""
        self.ensure_one()
        contract = self.contract_id
        first = max(contract.date_start, self.opening_date or contract.date_start)
        last = contract.date_end
        if self.closing_date:
            last = min(last, fields.Date.subtract(self.closing_date, days=1))
        return first, last
