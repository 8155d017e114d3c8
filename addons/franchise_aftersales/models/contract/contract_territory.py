"""The contract's part of the territory: what it protects, and the one check that keeps contracts apart (R-A3)."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.territory import Protection, from_day, overlap, place, protects, same_days

# What of a signed contract decides whom it meets.
MEETING = frozenset({"is_exclusive", "date_start", "date_end", "brand_id", "franchisee_id"})


class FranchiseBrand(models.Model):
    _inherit = "franchise.brand"

    territory_checked_at = fields.Datetime(
        string="Territories Last Checked",
        readonly=True,
        help="Also the lock that lets one change of territory at a time.",
    )

    def _lock_territory(self):
        """One transaction a brand at a time: under REPEATABLE READ one that waited fails and is repeated by Odoo."""
        self.ensure_one()
        self.env.execute_query(
            SQL(
                "UPDATE franchise_brand SET territory_checked_at = now() AT TIME ZONE 'UTC' WHERE id = %s RETURNING id",
                self.id,
            )
        )
        self.invalidate_recordset(["territory_checked_at"])


class FranchiseContract(models.Model):
    _inherit = "franchise.contract"

    is_exclusive = fields.Boolean(
        string="Exclusive Territory", help="Nobody else of the brand may open an outlet in this contract's territory."
    )
    territory_ids = fields.One2many("franchise.territory", "contract_id")

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"is_exclusive"}

    def write(self, vals):
        result = super().write(vals)
        if MEETING.intersection(vals):
            self._check_territory()
        return result

    def _move(self, action, values=None):
        if action == "sign":
            self._check_transition("sign")
            self._check_territory(signing=True)
        result = super()._move(action, values)
        # Now rather than later: the next check reads from PostgreSQL what is protected.
        self.env["franchise.territory"].flush_model()
        return result

    def _copy_to_successors(self, successors):
        """Protected states and cities go on; circles follow by hand, once the outlets at their centres have gone over."""
        for contract, successor in zip(self, successors, strict=True):
            successor.is_exclusive = contract.is_exclusive
            lasting = contract.territory_ids.filtered(lambda row: row.kind != "radius" and not row.date_to)
            for territory in lasting:
                territory.copy({"contract_id": successor.id, "date_from": False})
        return super()._copy_to_successors(successors)

    def _check_territory(self, signing=False):
        """Refuse what would put two exclusive contracts, or a stranger's outlet, on the same ground on the same day.

        Of the contracts of this set that are signed (or about to be, `signing`), within their brand:

        * an exclusive contract's areas and circles may not overlap another exclusive contract's;
        * a circle conflicts with an area that contains the outlet at its centre;
        * no outlet may lie in an area or circle that protects another franchisee, whoever came first.

        An outlet without coordinates lies in no circle, one without state and city in no area: what isn't known can't
        be refused. Circles and outlets are compared from today on, for where they were before is history; areas on all
        their days, as PostgreSQL does. Asked before anything is flushed, under the brand's lock; afterwards PostgreSQL compares the areas
        once more by its exclusion constraint.

        :raises UserError: names both contracts and what is protected.
        """
        contracts = self if signing else self.filtered(lambda contract: contract.state == "signed")
        for contract in contracts:
            contract.brand_id._lock_territory()
            contract._check_territory_of_one()
            self.env["franchise.territory"].flush_model()
            self.env["franchise.outlet"].flush_model()

    def _check_territory_of_one(self):
        self.ensure_one()
        today = fields.Date.context_today(self)
        others = self._protections_of_others()
        own = [territory._protection() for territory in self.territory_ids] if self.is_exclusive else []
        for protection in own:
            for other, (contract_id, _partner_id) in others.items():
                areas = protection.radius_km is None and other.radius_km is None
                if overlap(protection if areas else from_day(protection, today), other):
                    self._refuse_overlap(protection, other, contract_id)
        own_partner = self.franchisee_id.commercial_partner_id.id
        strangers = [other for other, (_contract_id, partner_id) in others.items() if partner_id != own_partner]
        for outlet in self.outlet_ids if strangers else ():
            there, days = outlet._place(), from_day(Protection(outlet.id, *outlet._span()), today)
            for other in strangers:
                if same_days(days, other) and protects(other, there):
                    self._refuse_outlet(outlet.display_name, self, others[other][0], other)
        if own:
            self._check_outlets_of_others(own, own_partner, today)

    def _check_outlets_of_others(self, own, own_partner, today):
        """:raises UserError: an outlet of another signed contract lies in what this contract would protect."""
        rows = self.env.execute_query(
            SQL(
                """SELECT o.id, o.contract_id, o.latitude, o.longitude, o.state_id, o.city_id,
                          GREATEST(c.date_start, o.opening_date), LEAST(c.date_end, o.closing_date - 1)
                     FROM franchise_outlet o
                     JOIN franchise_contract c ON c.id = o.contract_id
                     JOIN res_partner p ON p.id = c.franchisee_id
                    WHERE c.brand_id = %s AND c.state = 'signed' AND c.id != %s
                      AND COALESCE(p.commercial_partner_id, p.id) != %s
                    ORDER BY o.id""",
                self.brand_id.id,
                self.id,
                own_partner,
            )
        )
        for outlet_id, contract_id, latitude, longitude, state, city, first, last in rows:
            there, days = place(latitude, longitude, state, city), from_day(Protection(outlet_id, first, last), today)
            for protection in own:
                if same_days(days, protection) and protects(protection, there):
                    outlet = self.env["franchise.outlet"].sudo().browse(outlet_id)
                    self._refuse_outlet(outlet.display_name, self.sudo().browse(contract_id), self.id, protection)

    def _protections_of_others(self):
        """{Protection: (contract id, id of the franchisee's commercial partner)} of the brand's other contracts."""
        self.ensure_one()
        return {
            protection: whose
            for protection, whose in self.env["franchise.territory"]._protections(self.brand_id)[self.brand_id.id]
            if whose[0] != self.id
        }

    def _refuse_overlap(self, protection, other, contract_id):
        territories = self.env["franchise.territory"].sudo()
        raise UserError(
            self.env._(
                "%(contract)s can't have “%(mine)s”: contract %(other)s of %(franchisee)s protects “%(theirs)s” from "
                "%(start)s to %(end)s. Change the territory or the dates, or make it not exclusive.",
                contract=self.name,
                mine=territories.browse(protection.key)._what(),
                other=self.sudo().browse(contract_id).name,
                franchisee=self.sudo().browse(contract_id).franchisee_id.name,
                theirs=territories.browse(other.key)._what(),
                start=other.date_from,
                end=other.date_to,
            )
        )

    def _refuse_outlet(self, outlet, contract, protector_id, protection):
        protector = self.sudo().browse(protector_id)
        raise UserError(
            self.env._(
                "Outlet %(outlet)s of contract %(contract)s lies in “%(area)s”, which contract %(other)s of %(franchisee)s "
                "protects from %(start)s to %(end)s.",
                outlet=outlet,
                contract=contract.name,
                area=self.env["franchise.territory"].sudo().browse(protection.key)._what(),
                other=protector.name,
                franchisee=protector.franchisee_id.name,
                start=protection.date_from,
                end=protection.date_to,
            )
        )


class FranchiseTerritory(models.Model):
    _inherit = "franchise.territory"

    @api.model
    def _protections(self, brands):
        """What the brands' signed exclusive contracts protect, in one query that flushes nothing.

        :return: {brand id: [(Protection, (contract id, id of the franchisee's commercial partner))]}.
        """
        found = {brand_id: [] for brand_id in brands.ids}
        rows = self.env.execute_query(
            SQL(
                """SELECT t.brand_id, t.id, t.contract_id, COALESCE(p.commercial_partner_id, p.id), t.protect_from,
                          t.protect_to, t.kind, t.state_id, t.city_id, t.radius_km, o.latitude, o.longitude, o.state_id,
                          o.city_id
                     FROM franchise_territory t
                     JOIN franchise_contract c ON c.id = t.contract_id
                     JOIN res_partner p ON p.id = c.franchisee_id
                     LEFT JOIN franchise_outlet o ON o.id = t.outlet_id
                    WHERE t.is_protecting AND t.brand_id IN %s
                    ORDER BY t.id""",
                tuple(found) or (0,),
            )
        )
        for brand, key, contract, partner, first, last, kind, state, city, radius, *where in rows:
            if kind == "radius":
                protection = Protection(key, first, last, centre=place(*where), radius_km=float(radius))
            else:
                protection = Protection(key, first, last, state=state, city=city if kind == "city" else None)
            found[brand].append((protection, (contract, partner)))
        return found

    @api.model
    def _protecting(self, brands, where, day):
        """The rows (sudo) that protect a place on a day, over some brands.

        :param where: `tools.territory.Place`.
        :param day: a date.
        """
        keys = [
            protection.key
            for rows in self._protections(brands).values()
            for protection, _whose in rows
            if protection.date_from <= day <= protection.date_to and protects(protection, where)
        ]
        return self.sudo().browse(keys)


class FranchiseOutlet(models.Model):
    _inherit = "franchise.outlet"

    protector_ids = fields.Many2many(
        "franchise.contract",
        string="Protected by Others",
        compute="_compute_protector_ids",
        help="Contracts of other franchisees that protect this place from today on.",
    )

    @api.depends("latitude", "longitude", "state_id", "city_id", "contract_id", "opening_date", "closing_date")
    def _compute_protector_ids(self):
        known = self.env["franchise.territory"]._protections(self.contract_id.brand_id)
        for outlet in self:
            partner = outlet.contract_id.franchisee_id.commercial_partner_id.id
            contracts = set()
            if outlet.has_place and outlet.contract_id.date_start and outlet.contract_id.date_end:
                there, days = outlet._place(), Protection(0, *outlet._span())
                contracts = {
                    contract_id
                    for protection, (contract_id, partner_id) in known.get(outlet.contract_id.brand_id.id, ())
                    if partner_id != partner and same_days(days, protection) and protects(protection, there)
                }
            outlet.protector_ids = self.env["franchise.contract"].browse(contracts)
