from odoo import fields, models


class FranchiseChoiceMixin(models.AbstractModel):
    """A short list that a manager keeps and everybody chooses from."""

    _name = "franchise.choice.mixin"
    _description = "Entry of a List"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)


class FranchiseServiceMode(models.Model):
    """How after-sales service is given: on site, by drop-in point, by a delegate … (R-C1)."""

    _name = "franchise.service.mode"
    _description = "Service Mode"
    _inherit = ["franchise.choice.mixin"]


class FranchiseEvidenceType(models.Model):
    """What proves a claim: record of the problem, photos, packaging kept, carrier's report … (R-C2)."""

    _name = "franchise.evidence.type"
    _description = "Kind of Evidence"
    _inherit = ["franchise.choice.mixin"]


class FranchisePauseReason(models.Model):
    """Why the clock of a service level may stand still: waiting for the customer, for parts … (R-C4)."""

    _name = "franchise.pause.reason"
    _description = "Reason for a Pause"
    _inherit = ["franchise.choice.mixin"]


class FranchiseTransportMode(models.Model):
    """How goods travelled: by when hidden damage must be told to the carrier, and by when it answers (R-C8, R-D16)."""

    _name = "franchise.transport.mode"
    _description = "Transport Mode"
    _inherit = ["franchise.choice.mixin"]

    notice_days = fields.Integer(
        string="Notice of Hidden Damage Within",
        default=7,
        required=True,
        help="Days from delivery; an agreement's version may say otherwise. 0: no limit.",
    )

    answer_days = fields.Integer(
        string="The Carrier Answers Within",
        default=30,
        required=True,
        help="Days from our demand, by law or by the carrier's conditions; an agreement's version may say otherwise. "
        "0: no limit.",
    )

    _check_notice_days = models.Constraint("CHECK (notice_days >= 0)", "Days can't be negative.")
    _check_answer_days = models.Constraint("CHECK (answer_days >= 0)", "Days to answer can't be negative.")
