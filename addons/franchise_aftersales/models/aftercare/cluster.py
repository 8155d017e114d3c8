from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"
OPEN_STATES = ("new", "confirmed")


class FranchiseClaimCluster(models.Model):
    """Recall signal: so many claims of one product and cause in one batch, or range of serial numbers, within so many days
    (R-D13).

    The scheduled action raises it once and lets it grow. Somebody examines it: recall, or no finding. Claims of a signal that
    is over don't raise it again.
    """

    _name = "franchise.claim.cluster"
    _description = "Recall Signal"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _number_sequence = "franchise.claim.cluster"

    _transitions = {
        "confirm": Transition(("new",), "confirmed", GROUP_SERVICE),
        "dismiss": Transition(("new",), "dismissed", GROUP_SERVICE),
        "close": Transition(("confirmed",), "closed", GROUP_SERVICE),
        "absorb": Transition(("new", "confirmed"), "closed", GROUP_SERVICE),
    }
    _editable_states = ("new",)
    _frozen_fields = frozenset(
        {"name", "company_id", "product_id", "cause_id", "kind", "key", "lot_from", "lot_to", "claim_ids"}
    )
    _step_fields = frozenset(
        {"product_id", "cause_id", "kind", "key", "lot_from", "lot_to", "claim_ids", "confirmed_by_id", "decided_on"}
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("new", "New"), ("confirmed", "Recall"), ("closed", "Closed"), ("dismissed", "No finding")],
        string="Status",
        default="new",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
        index=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True, index=True, ondelete="restrict")
    cause_id = fields.Many2one("franchise.cause", required=True, readonly=True, index=True, ondelete="restrict")
    kind = fields.Selection(
        [("batch", "Production batch"), ("lot", "Range of lot or serial numbers")], required=True, readonly=True
    )
    key = fields.Char(
        string="Batch or Prefix", readonly=True, help="The batch, or what the numbers begin with before they count."
    )
    lot_from = fields.Integer(string="First Number", readonly=True)
    lot_to = fields.Integer(string="Last Number", readonly=True)
    range_text = fields.Char(string="Batch or Numbers", compute="_compute_range_text")
    claim_ids = fields.Many2many("franchise.claim", string="Claims", readonly=True, copy=False)
    claim_count = fields.Integer(string="Number of Claims", compute="_compute_claims", store=True)
    first_date = fields.Date(string="First Event", compute="_compute_claims", store=True)
    last_date = fields.Date(string="Latest Event", compute="_compute_claims", store=True)
    user_id = fields.Many2one("res.users", string="Quality Owner", tracking=True, index="btree_not_null")
    finding = fields.Text(copy=False, help="What the examination showed, and what was done; needed to decide.")
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    lesson_ids = fields.One2many("franchise.claim.lesson", "cluster_id", string="Lessons")

    # One open signal for a batch; ranges of numbers that are open don't overlap. Ranges of one id instead of "= on
    # integers", and of the key's hash instead of the text: needs no btree_gist extension.
    _one_open = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
        " int4range(product_id, product_id, '[]') WITH &&, int4range(cause_id, cause_id, '[]') WITH &&,"
        " int8range(hashtext(kind || ':' || key)::bigint, hashtext(kind || ':' || key)::bigint, '[]') WITH &&,"
        " int8range(lot_from::bigint, lot_to::bigint, '[]') WITH &&) WHERE (state IN ('new', 'confirmed'))",
        "There is an open recall signal for this batch or range of numbers.",
    )
    _check_range = models.Constraint("CHECK (lot_from <= lot_to)", "A range of numbers doesn't end before it begins.")

    @api.depends("kind", "key", "lot_from", "lot_to")
    def _compute_range_text(self):
        for cluster in self:
            if cluster.kind == "lot":
                cluster.range_text = f"{cluster.key or ''}{cluster.lot_from} – {cluster.key or ''}{cluster.lot_to}"
            else:
                cluster.range_text = cluster.key

    @api.depends("claim_ids.event_date")
    def _compute_claims(self):
        for cluster in self:
            days = cluster.sudo().claim_ids.mapped("event_date")
            cluster.claim_count = len(days)
            cluster.first_date = min(days, default=False)
            cluster.last_date = max(days, default=False)

    def _check_finding(self):
        for cluster in self:
            if not (cluster.finding or "").strip():
                raise UserError(self.env._("%s: write down what the examination showed.", cluster.name))

    def action_confirm(self):
        """It is a fault of the batch: recall. :raises UserError: nothing was found out."""
        self._check_transition("confirm")
        self._check_finding()
        return self._move("confirm", {"confirmed_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})

    def action_dismiss(self):
        """No finding: the claims have nothing in common. :raises UserError: nothing was found out."""
        self._check_transition("dismiss")
        self._check_finding()
        self._move("dismiss", {"decided_on": fields.Date.context_today(self)})
        self.activity_unlink(["mail.mail_activity_data_warning"], only_automated=True)
        return True

    def action_close(self):
        """The recall is through."""
        self._move("close")
        self.activity_unlink(["mail.mail_activity_data_warning"], only_automated=True)
        return True

    def action_view_claims(self):
        """Open the claims of this signal."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Claims of %s", self.name),
            "res_model": "franchise.claim",
            "view_mode": "list,kanban,form,pivot,graph",
            "domain": [("cluster_ids", "in", self.ids)],
        }

    def _tell_owner(self):
        """One activity each for the quality owner, in one statement."""
        model_id = self.env["ir.model"]._get_id(self._name)
        activity_type = self.env.ref("mail.mail_activity_data_warning")
        vals_list = []
        for cluster in self.filtered("user_id"):
            spoken = cluster.with_context(lang=cluster.user_id.lang or self.env.lang)
            vals_list.append(
                {
                    "res_model_id": model_id,
                    "res_id": cluster.id,
                    "activity_type_id": activity_type.id,
                    "summary": spoken._owner_summary(),
                    "user_id": cluster.user_id.id,
                    "automated": True,
                }
            )
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(vals_list)

    def _owner_summary(self):
        self.ensure_one()
        return self.env._(
            "Recall? %(count)s claims of %(product)s in %(range)s",
            count=self.claim_count,
            product=self.product_id.display_name,
            range=self.range_text,
        )
