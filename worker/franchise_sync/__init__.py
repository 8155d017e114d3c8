"""External sync worker of the Odoo addon ``franchise_aftersales``. Never imports ``odoo``."""

__version__ = "0.1.0"
