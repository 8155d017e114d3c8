"""What the web client asks of a model's screens: the fields of the real views, as the calls carry them."""

from __future__ import annotations

from lxml import etree

PAGE = 80
COUNT_LIMIT = 10_001
ROWS = 40  # rows of a table in a form


def specifications(model):
    """{view type: specification} of list, kanban and form, as the user of `model`'s environment gets them."""
    views = model.get_views([(False, "list"), (False, "kanban"), (False, "form")])["views"]
    return {kind: specification(model, etree.fromstring(view["arch"])) for kind, view in views.items()}


def specification(model, arch):
    """What `web_read` is asked for these fields of a view; tables in a form with their own columns."""
    spec = {}
    for node in arch.xpath(".//field[not(ancestor::field)]"):
        field = model._fields[node.get("name")]
        if field.type in ("one2many", "many2many"):
            comodel = model.env[field.comodel_name]
            inner = node.find("list") if node.find("list") is not None else node.find("kanban")
            columns = specification(comodel, _detached(inner)) if inner is not None else {"display_name": {}}
            spec[field.name] = {"fields": columns, "limit": ROWS}
        elif field.type == "many2one":
            spec[field.name] = {"fields": {"display_name": {}}}
        else:
            spec[field.name] = {}
    return spec


def _detached(node):
    return etree.fromstring(etree.tostring(node))


def read_list(model, spec, domain=(), offset=0):
    """Open a list at `offset`."""
    return model.web_search_read(list(domain), spec, offset=offset, limit=PAGE, count_limit=COUNT_LIMIT)


def read_kanban(model, spec, group):
    """Open a kanban whose columns are the values of `group`."""
    return model.web_read_group(
        [], [group], ["__count"], auto_unfold=True, unfold_read_specification=spec, unfold_read_default_limit=PAGE
    )
