from odoo import api, models


class FranchiseSettlementSource(models.AbstractModel):
    """What a document implements so that its amounts are settled, each exactly once.

    Settlements know only this interface. A source is named by (source_model, source_id, source_line, kind, revision);
    that name is unique among settlement lines, in the database.
    """

    _name = "franchise.settlement.source"
    _description = "Settlement Source"

    @api.model
    def _settlement_ready(self, company, date_to):
        """Which amounts are ready to be settled until `date_to` (date, inclusive) and held by no live settlement.

        Generation reads them in batches, in the order of ids, and asks again for each batch: what is ready may depend on
        what has been settled meanwhile.

        :return: (model of the amounts, Domain). Its records have `_prepare_settlement_source()`.
        """
        raise NotImplementedError

    @api.model
    def _settlement_prepare_interim(self, company, date_to, commit=False):
        """Told before interim settlements: compute what running periods gave until `date_to`, less what was settled before.

        Such amounts have "interim": True among their `formula_values`: a later one is computed from the start again.
        """

    def _prepare_settlement_source(self):
        """This amount as a settlement's line.

        :return: dict of source_model, source_id, source_line, kind, revision (the source's name); partner_id, party,
            currency_id, date, name, formula_values, partner_reference, cause_id, product_id, contract_id, claim_id,
            brand_id (what there is of these); amount in that currency, positive when the partner owes us. `formula_values`
            may have "about", text without a language: the line is then called by its kind, in the reader's language, and
            that text; `name` is for searches and the ledger.
        """
        raise NotImplementedError

    @api.model
    def _settlement_explain(self, kind, values):
        """How an amount came about, one phrase in the reader's language, from the `formula_values` that this source gave.

        `values` has the source's model under "source"; amounts in it are decimal strings.
        """
        raise NotImplementedError

    @api.model
    def _settlement_account(self, kind, company):
        """The account that an amount of `kind` is posted to in `company`; empty: the company's recovery account.

        :raises UserError: this kind needs an account of its own and none is set.
        """
        return self.env["account.account"]

    @api.model
    def _settlement_changed(self, source_model, source_ids):
        """Told after lines for these sources were created or removed."""

    @api.model
    def _settlement_source_by_name(self):
        """{model name: model} of all that implement this interface."""
        return {source._name: source for source in self._settlement_source_models()}

    @api.model
    def _settlement_source_models(self):
        """All models that implement this interface, in a fixed order."""
        names = self.env.registry.descendants(["franchise.settlement.source"], "_inherit")
        return [self.env[name] for name in sorted(names) if not self.env[name]._abstract]
