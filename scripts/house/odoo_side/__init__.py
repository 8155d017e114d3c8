"""Code that runs inside an Odoo process (`python -m house.odoo_side`), to prepare databases for the demo."""
