"""Which clocks there are: whose duty each measures, and which service level says how long it may take."""

from odoo import fields, models

SIDES = [
    ("claimant", "We to the franchisee"),
    ("duty", "We to the supplier"),
    ("supplier", "The supplier to us"),
    ("carrier", "The carrier to us"),
]
# Whom we wait for.
THEIRS = ("supplier", "carrier")
KINDS = [
    ("first_answer", "First answer"),
    ("complaint", "Answer to a complaint"),
    ("resolution", "Resolution"),
    ("delivery", "Delivery promise"),
    ("submit", "Tell the supplier"),
    ("evidence", "Give evidence"),
    ("return", "Return the part"),
    ("acknowledge", "Acknowledgement"),
    ("answer", "Answer"),
    ("test_report", "Test report"),
]
# (side, kind) → kinds of service level, the first that the version has counts; none: a date of the claim is the limit.
LEVELS = {
    ("claimant", "first_answer"): ("first_answer",),
    ("claimant", "complaint"): ("complaint",),
    ("claimant", "resolution"): ("resolution",),
    ("claimant", "delivery"): ("delivery",),
    ("duty", "submit"): (),
    ("duty", "evidence"): ("evidence",),
    ("duty", "return"): (),
    ("supplier", "acknowledge"): ("acknowledge", "first_answer"),
    ("supplier", "answer"): ("answer", "complaint"),
    ("supplier", "test_report"): ("test_report",),
    ("supplier", "resolution"): ("resolution",),
    ("carrier", "answer"): (),
}
# What no step of a document ends: a person says when it was done.
BY_HAND = frozenset({"first_answer", "delivery", "evidence", "test_report"})


def level_for(version, side, kind):
    """The service level of `version` (maybe empty) that governs such a clock; empty when it has none."""
    by_kind = {level.kind: level for level in version.level_ids}
    fits = (by_kind[wanted] for wanted in LEVELS[side, kind] if wanted in by_kind)
    return next(fits, version.level_ids.browse())


class FranchiseServiceLevel(models.Model):
    """Levels of what only a claim's clocks measure; without a row of their own the supplier acknowledges within the
    time of a first answer, and answers within that of a complaint."""

    _inherit = "franchise.service.level"

    kind = fields.Selection(
        selection_add=[
            ("acknowledge", "Acknowledgement by the supplier"),
            ("answer", "Answer by the supplier"),
            ("evidence", "Evidence given to the supplier"),
        ],
        ondelete={"acknowledge": "cascade", "answer": "cascade", "evidence": "cascade"},
    )
