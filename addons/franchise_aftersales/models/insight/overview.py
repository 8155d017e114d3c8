from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class Tile(NamedTuple):
    """One number of an overview, and the list behind it.

    `amount` names a monetary field that is added up by currency; `help` says what to do. `tone` is the colour of a number
    that isn't zero: danger, warning, or "" for what is just there. `views` are those of the list.
    """

    key: str
    label: str
    model: str
    domain: Domain
    help: str
    tone: str = ""
    amount: str = ""
    views: tuple = ("list", "kanban", "form")


class FranchiseOverview(models.AbstractModel):
    """What needs the user now, as tiles: a number, what is at stake, and the list behind it (R-F3).

    A tile's number is counted with the user's own rights by the domain that its list opens with, so they are the same. A
    tile on documents that the user may not read doesn't exist. One or two queries a tile, whatever there is.
    """

    _name = "franchise.overview"
    _description = "Overview"

    @api.model
    def _check_role(self, *groups):
        """:raises AccessError: the user has none of these groups."""
        if not any(self.env.user.has_group(f"franchise_aftersales.{group}") for group in groups):
            names = [self.env.ref(f"franchise_aftersales.{group}").sudo().full_name for group in groups]
            raise AccessError(
                self.env._("This overview needs the role “%s”. Ask a manager for it.", self.env._(" or ").join(names))
            )

    @api.model
    def _shown(self, sections):
        """[{key, title, tiles}] of [(key, title, [Tile])], without what the user may not read."""
        shown = []
        for key, title, tiles in sections:
            readable = [self._counted(tile) for tile in tiles if self.env[tile.model].has_access("read")]
            if readable:
                shown.append({"key": key, "title": title, "tiles": readable})
        return shown

    @api.model
    def _counted(self, tile):
        """The tile as the screen gets it: with its number, its amounts in words and its action."""
        records = self.env[tile.model]
        amounts = []
        if tile.amount:
            currency = records._fields[tile.amount].get_currency_field(records)
            groups = records._read_group(tile.domain, [currency], ["__count", f"{tile.amount}:sum"])
            count = sum(number for _currency, number, _amount in groups)
            amounts = [money.format(amount) for money, _number, amount in groups if money and amount]
        else:
            count = records.search_count(tile.domain)
        return {
            "key": tile.key,
            "label": tile.label,
            "help": tile.help,
            "tone": tile.tone if count else "",
            "count": count,
            "amounts": amounts,
            "action": {
                "type": "ir.actions.act_window",
                "name": tile.label,
                "res_model": tile.model,
                "domain": list(tile.domain),
                "views": [(False, mode) for mode in tile.views],
            },
        }
