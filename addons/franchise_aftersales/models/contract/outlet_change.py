from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition
from .outlet import PLACE_FIELDS

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseOutletChange(models.Model):
    """An outlet of a signed contract is added, moved or closed on a day (R-A12); the approved ones are its history.

    Who entered a change doesn't approve it. An approved change is carried out on its day: at once when the day has
    come, else by the scheduled action. The territory is checked at approval and again on the day.
    """

    _name = "franchise.outlet.change"
    _description = "Outlet Change"
    _inherit = ["franchise.contract.header.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _number_sequence = "franchise.outlet.change"

    _transitions = {
        "approve": Transition(("draft",), "approved", GROUP_CONTRACT),
        "carry_out": Transition(("approved",), "done", GROUP_CONTRACT),
        "cancel": Transition(("draft", "approved"), "cancelled", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {"contract_id", "kind", "outlet_id", "outlet_code", "outlet_name", "date", "reason", *PLACE_FIELDS}
    )
    _step_fields = frozenset(
        {"name", "entered_by_id", "approved_by_id", "approved_at", "done_at"} | {f"old_{name}" for name in PLACE_FIELDS}
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("done", "Carried Out"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    contract_id = fields.Many2one(domain="[('state', '=', 'signed')]")
    kind = fields.Selection(
        [("add", "Add an outlet"), ("move", "Move an outlet"), ("close", "Close an outlet")],
        required=True,
        default="add",
        tracking=True,
    )
    outlet_id = fields.Many2one(
        "franchise.outlet",
        index=True,
        ondelete="restrict",
        check_company=True,
        copy=False,
        domain="[('contract_id', '=', contract_id), ('is_closed', '=', False)]",
    )
    outlet_code = fields.Char(string="Code of the New Outlet")
    outlet_name = fields.Char(string="Name of the New Outlet")
    date = fields.Date(
        string="Effective On",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="First day of the new outlet or place; first day on which a closed outlet is closed.",
    )
    reason = fields.Text(required=True)
    address_id = fields.Many2one("res.partner", string="New Address")
    state_id = fields.Many2one(
        "res.country.state", compute="_compute_state_id", store=True, readonly=False, precompute=True
    )
    city_id = fields.Many2one("res.city", compute="_compute_place", store=True, readonly=False, precompute=True)
    latitude = fields.Float(digits=(10, 7), compute="_compute_place", store=True, readonly=False, precompute=True)
    longitude = fields.Float(digits=(10, 7), compute="_compute_place", store=True, readonly=False, precompute=True)
    old_address_id = fields.Many2one("res.partner", string="Address Before", readonly=True, copy=False)
    old_state_id = fields.Many2one("res.country.state", string="State Before", readonly=True, copy=False)
    old_city_id = fields.Many2one("res.city", string="City Before", readonly=True, copy=False)
    old_latitude = fields.Float(string="Latitude Before", digits=(10, 7), readonly=True, copy=False)
    old_longitude = fields.Float(string="Longitude Before", digits=(10, 7), readonly=True, copy=False)
    open_claim_count = fields.Integer(string="Open Claims", compute="_compute_open_claim_count")
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Approved On", readonly=True, copy=False)
    done_at = fields.Datetime(string="Carried Out On", readonly=True, copy=False)

    _check_kind = models.Constraint(
        "CHECK (kind = 'add' OR outlet_id IS NOT NULL)", "Say which outlet is moved or closed."
    )
    _check_added = models.Constraint(
        "CHECK (kind <> 'add' OR (outlet_code IS NOT NULL AND outlet_name IS NOT NULL))",
        "A new outlet has a code and a name.",
    )
    _check_coordinates = models.Constraint(
        "CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)",
        "Latitude goes from -90 to 90 degrees, longitude from -180 to 180.",
    )
    _four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR approved_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody approves an outlet change that they entered.",
    )
    _to_carry_out = models.Index("(date, id) WHERE state = 'approved'")

    @api.depends("address_id")
    def _compute_place(self):
        for change in self.filtered("address_id"):
            there = self.env["franchise.outlet"]._place_of(change.address_id)
            change.update({name: there[name] for name in ("city_id", "latitude", "longitude")})

    @api.depends("address_id", "city_id")
    def _compute_state_id(self):
        for change in self:
            change.state_id = change.city_id.state_id or change.address_id.state_id or change.state_id

    @api.depends("outlet_id")
    def _compute_open_claim_count(self):
        counts = dict(
            self.env["franchise.claim"]
            .sudo()
            ._read_group(
                [
                    ("outlet_id", "in", self.outlet_id.ids),
                    ("state", "not in", ("closed", "rejected", "cancelled")),
                ],
                ["outlet_id"],
                ["__count"],
            )
        )
        for change in self:
            change.open_claim_count = counts.get(change.outlet_id, 0)

    def action_approve(self):
        """Approve as a second person; what is due today is carried out at once.

        :raises UserError: the user entered or last changed it, it lacks something, or the territory refuses it.
        """
        self._check_transition("approve")
        for change in self:
            # Who changed a draft last has entered it too, whoever began it.
            if self.env.user in change.entered_by_id | change.create_uid | change.write_uid:
                raise UserError(
                    self.env._("%s: nobody approves an outlet change that they entered.", change.display_name)
                )
            change._check_complete()
        today = fields.Date.context_today(self)
        self._move("approve", {"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()})
        for change in self:
            if change.date <= today:
                change.action_carry_out()
            else:
                change._rehearse()
        return True

    def action_carry_out(self):
        """Carry out approved changes whose day has come. :raises UserError: the day hasn't come, or the territory refuses."""
        self._check_transition("carry_out")
        today = fields.Date.context_today(self)
        for change in self:
            if change.date > today:
                raise UserError(
                    self.env._(
                        "%(change)s takes effect on %(date)s: it is carried out on that day.",
                        change=change.display_name,
                        date=change.date,
                    )
                )
            change._check_complete()
            before = change._place_before()
            outlet = change._apply()
            change._move("carry_out", {"outlet_id": outlet.id, "done_at": fields.Datetime.now(), **before})
        return True

    def action_cancel(self):
        """Give up a change that has not been carried out."""
        return self._move("cancel")

    def _check_complete(self):
        """:raises UserError: contract not in force, outlet of another contract or closed, or no place given."""
        self.ensure_one()
        contract, outlet = self.contract_id, self.outlet_id
        if contract.state != "signed":
            raise UserError(
                self.env._(
                    "%(change)s: contract %(contract)s is not in force; a draft's outlets are changed on the contract.",
                    change=self.display_name,
                    contract=contract.name,
                )
            )
        if not contract.date_start <= self.date <= contract.date_end:
            raise UserError(
                self.env._(
                    "%(change)s: %(date)s lies outside the term of contract %(contract)s.",
                    change=self.display_name,
                    date=self.date,
                    contract=contract.name,
                )
            )
        if self.kind == "add":
            if (
                self.env["franchise.outlet"]
                .with_context(active_test=False)
                .sudo()
                .search_count([("code", "=", self.outlet_code), ("company_id", "=", self.company_id.id)], limit=1)
            ):
                raise UserError(self.env._("An outlet with code %s exists already in the company.", self.outlet_code))
        elif outlet.contract_id != contract or outlet.closing_date:
            raise UserError(
                self.env._(
                    "%(outlet)s is not an open outlet of contract %(contract)s.",
                    outlet=outlet.display_name,
                    contract=contract.name,
                )
            )
        if self.kind != "close" and not (self.state_id or self.city_id or self.latitude or self.longitude):
            raise UserError(
                self.env._("%s: say where the outlet will be: state, city or coordinates.", self.display_name)
            )

    def _place_before(self):
        """{field: value} of the outlet's place as it was, for the history."""
        self.ensure_one()
        if self.kind == "add":
            return {}
        return {
            f"old_{name}": self.outlet_id[name].id if name.endswith("_id") else self.outlet_id[name]
            for name in PLACE_FIELDS
        }

    def _rehearse(self):
        """Try the change now and take it back: what the territory would refuse on the day is refused today."""
        self.ensure_one()
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            self._apply()
        finally:
            savepoint.rollback()
            savepoint.close()
            self.env.invalidate_all(flush=False)

    def _apply(self):
        """Write the change to the outlet, which checks the territory. Returns the outlet."""
        self.ensure_one()
        # The approved document is the right to change a signed contract's outlets; nobody else has it.
        outlets = self.env["franchise.outlet"].sudo()
        place = {name: self[name].id if name.endswith("_id") else self[name] for name in PLACE_FIELDS}
        if self.kind == "add":
            values = {"code": self.outlet_code, "name": self.outlet_name, "opening_date": self.date}
            return outlets.create({"contract_id": self.contract_id.id, **values, **place})
        outlet = outlets.browse(self.outlet_id.id)
        outlet.write({"closing_date": self.date} if self.kind == "close" else place)
        return outlet

    @api.model
    def _run_due(self, today=None, commit=True):
        """Scheduled action: carry out approved changes whose day has come; one that fails is told to its contract manager.

        :return: {"done": number, "failed": number}.
        """
        today = today or fields.Date.context_today(self)
        result = {"done": 0, "failed": 0}
        for change in self.search([("state", "=", "approved"), ("date", "<=", today)], order="date, id"):
            try:
                with self.env.cr.savepoint():
                    change.action_carry_out()
                result["done"] += 1
            except UserError as error:
                result["failed"] += 1
                self.env.invalidate_all(flush=False)
                change._tell_failure(str(error))
            if commit:
                self.env["ir.cron"]._commit_progress(1)
        return result

    def _tell_failure(self, error):
        """One open activity a change, however often the scheduled action tries."""
        self.ensure_one()
        user = self.contract_id.user_id or self.entered_by_id
        summary = self.with_context(lang=user.lang).env._("%s can't be carried out", self.display_name)
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule(
                "mail.mail_activity_data_warning", summary=summary, note=error, user_id=user.id or self.env.uid
            )


class FranchiseOutlet(models.Model):
    _inherit = "franchise.outlet"

    change_ids = fields.One2many("franchise.outlet.change", "outlet_id", string="History", readonly=True)

    def _place_on(self, day):
        """{field: value} of the place on a past day (a date), from the history of moves that were carried out.

        :return: address_id, state_id, city_id (records), latitude and longitude (degrees).
        """
        self.ensure_one()
        moves = self.change_ids.filtered(
            lambda change: change.kind == "move" and change.state == "done" and change.date > day
        ).sorted("date")
        if moves:
            return {name: moves[0][f"old_{name}"] for name in PLACE_FIELDS}
        return {name: self[name] for name in PLACE_FIELDS}


class FranchiseContract(models.Model):
    _inherit = "franchise.contract"

    outlet_change_ids = fields.One2many("franchise.outlet.change", "contract_id", string="Outlet Changes")
    outlet_change_count = fields.Integer(compute="_compute_outlet_change_count")

    @api.depends("outlet_change_ids")
    def _compute_outlet_change_count(self):
        counts = dict(
            self.env["franchise.outlet.change"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.outlet_change_count = counts.get(contract._origin, 0)

    def action_view_outlet_changes(self):
        """Open the changes of this contract's outlets."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Outlet Changes"),
            "res_model": "franchise.outlet.change",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }
