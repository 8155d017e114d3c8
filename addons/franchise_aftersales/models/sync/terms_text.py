"""What a record says, as texts that another company's clerk can read: labels and values, no technical names."""

from odoo.tools import html2plaintext


def field_text(record, name):
    """The value of one field as text in the language of `record`'s environment; empty for nothing.

    Amounts have their currency's digits, dates are ISO 8601, rows of a table stand one a line.
    """
    field, value = record._fields[name], record[name]
    match field.type:
        case "one2many":
            return "\n".join(filter(None, (row_text(row, field.inverse_name) for row in value)))
        case "many2one" | "many2many" | "reference":
            return ", ".join(value.mapped("display_name")) if value else ""
        case "selection":
            return dict(field._description_selection(record.env)).get(value, "")
        case "boolean":
            return record.env._("yes") if value else record.env._("no")
        case "monetary":
            return f"{value:.{record[field.get_currency_field(record)].decimal_places}f}"
        case "float":
            return f"{value:g}"
        case "html":
            return html2plaintext(value or "").strip()
    return "" if value is False or value is None else str(value)


def row_text(row, parent):
    """One row of a table of terms: "label value, label value" of what isn't empty; `parent` is its way back."""
    parts = [
        f"{row._fields[name]._description_string(row.env)} {text}"
        for name in own_terms(row)
        if name != parent and row[name] and (text := field_text(row, name))
    ]
    return ", ".join(parts)


def own_terms(record):
    """Names of the stored fields of this addon's own that were entered, in the order of their definition."""
    return [
        name
        for name, field in record._fields.items()
        if field.store
        and not (field.compute or field.related)
        and field._module == record._original_module
        and field.type != "binary"
        and name not in ("sequence", "company_id", "currency_id")
    ]
