{
    "name": "Franchise After-Sales: Inventory",
    "summary": "Replacements, gifts and returned goods of claims as transfers of Inventory",
    "version": "19.0.1.0.0",
    "category": "Sales/Franchise",
    "license": "LGPL-3",
    "author": "Franchise After-Sales contributors",
    "depends": ["franchise_aftersales", "stock"],
    "data": ["views/execution_views.xml", "views/stock_picking_views.xml"],
    "auto_install": True,
}
