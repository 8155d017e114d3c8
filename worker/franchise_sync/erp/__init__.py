"""Port to our own Odoo: what the worker needs of it, and the adapters that provide it."""
