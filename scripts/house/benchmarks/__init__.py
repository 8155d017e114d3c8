"""How the figures of each benchmark are laid out; what measures them is in `house.odoo_side`."""
