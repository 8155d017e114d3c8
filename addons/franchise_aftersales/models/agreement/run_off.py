from typing import NamedTuple

from odoo import api, fields, models

from ...tools import run_off


class RunOffRequest(NamedTuple):
    """What is asked about one claim: any key, the version in force, contract and outlet (records), and days."""

    key: object
    version: models.Model
    contract: models.Model
    outlet: models.Model
    sold_on: object
    warranty_from: object
    event_on: object


class RunOffAnswer(NamedTuple):
    """The decision, and the outlet that serves (empty when head office or nobody does)."""

    decision: run_off.Decision
    outlet: models.Model


class FranchiseServiceAgreement(models.Model):
    """After-sales after the end of a franchise contract: the rule is `tools/run_off.py` (R-B5)."""

    _inherit = "franchise.service.agreement"

    @api.model
    def _run_off(self, requests):
        """Who serves and who pays, for many claims at once, by the terms of each one's day.

        :param requests: `RunOffRequest`s.
        :return: {key: RunOffAnswer}.
        """
        contracts = self.env["franchise.contract"].union(*(request.contract for request in requests))
        ends = contracts._run_off_starts()
        outlets = self.env["franchise.outlet"].union(
            *(request.outlet for request in requests if ends.get(request.contract.id))
        )
        successors = outlets._serving_successors()
        answers = {}
        for request in requests:
            version, successor = request.version, successors.get(request.outlet, outlets.browse())
            decision = run_off.decide(
                run_off.Terms(version.warranty_months, version.run_off_months, version.run_off_payer),
                run_off.Case(
                    request.sold_on,
                    request.warranty_from,
                    request.event_on,
                    ends.get(request.contract.id),
                    bool(successor),
                ),
            )
            serving = {"outlet": request.outlet, "successor": successor}.get(decision.served_by, outlets.browse())
            answers[request.key] = RunOffAnswer(decision, serving)
        return answers


class FranchiseContract(models.Model):
    _inherit = "franchise.contract"

    def _run_off_starts(self):
        """{contract id: its last day} of those contracts that have ended: by their term, or earlier by a termination."""
        ended = self.filtered(lambda contract: contract.state == "ended")
        if not ended:
            return {}
        terminated = dict(
            self.env["franchise.termination"]
            .sudo()
            ._read_group(
                [
                    ("contract_id", "in", ended.ids),
                    ("state", "in", ("ended", "closed")),
                    ("date_effective", "!=", False),
                ],
                ["contract_id"],
                ["date_effective:min"],
            )
        )
        return {contract.id: min(contract.date_end, terminated.get(contract, contract.date_end)) for contract in ended}


class FranchiseServiceAgreementVersion(models.Model):
    _inherit = "franchise.service.agreement.version"

    run_off_months = fields.Integer(
        string="Run-off",
        default=12,
        help="Months after the end of a franchise contract in which goods sold before are still served.",
    )
    run_off_payer = fields.Selection(
        [("matrix", "As the liability matrix says"), ("supplier", "The supplier alone")],
        string="Who Pays in the Run-off",
        required=True,
        default="matrix",
        help="After the run-off the franchisor pays; what is out of warranty the customer pays.",
    )

    _check_run_off = models.Constraint("CHECK (run_off_months >= 0)", "The run-off can't be negative.")
