"""A bare twin of a model: the same stored columns, nothing of its rules, computes, numbers, trackings or discussions.

What creating records of the real model takes beyond it is the price of what the model does.
"""

from __future__ import annotations

from odoo import fields, models
from odoo.orm.model_classes import add_to_registry
from odoo.orm.models import MAGIC_COLUMNS

PLAIN = {
    "boolean": fields.Boolean,
    "char": fields.Char,
    "date": fields.Date,
    "datetime": fields.Datetime,
    "float": fields.Float,
    "html": fields.Text,
    "integer": fields.Integer,
    "many2one_reference": fields.Integer,
    "monetary": fields.Float,
    "text": fields.Text,
}


def make_twin(env, model, parent=None):
    """Add a bare twin of `model` to the registry and the database, for this process only.

    :param parent: (name of a many2one, model name of the twin that it points to) for lines.
    :return: the twin's name.
    """
    name = f"bench.bare.{model}"
    columns = {"_name": name, "_description": name, "_module": "franchise_aftersales", "__module__": __name__}
    for field in env[model]._fields.values():
        if not field.store or not field.column_type or field.name in MAGIC_COLUMNS:
            continue
        if parent and field.name == parent[0]:
            columns[field.name] = fields.Many2one(parent[1], index=True)
        elif field.type == "many2one":
            columns[field.name] = fields.Many2one(field.comodel_name, index=field.index or None)
        elif field.type == "selection":
            columns[field.name] = fields.Selection(field._description_selection(env), index=field.index or None)
        elif field.type == "json":
            columns[field.name] = fields.Json()
        else:
            columns[field.name] = PLAIN[field.type](index=field.index or None)
    add_to_registry(env.registry, type(name.title().replace(".", ""), (models.Model,), columns))
    env.registry._setup_models__(env.cr, [name])
    env.registry.init_models(env.cr, [name], {"module": "franchise_aftersales"})
    return name


def give_lines(env, name, lines, field):
    """Tell the twin `name` of its lines, so that both are created in one call."""
    definition = type(
        "WithLines", (models.Model,),
        {
            "_inherit": name, "_module": "franchise_aftersales", "__module__": __name__,
            "line_ids": fields.One2many(lines, field),
        },
    )  # fmt: skip
    add_to_registry(env.registry, definition)
    env.registry._setup_models__(env.cr, [name, lines])
