{
    "name": "Franchise After-Sales: Repairs",
    "summary": "Repairs promised for claims as repair orders",
    "version": "19.0.1.0.0",
    "category": "Sales/Franchise",
    "license": "LGPL-3",
    "author": "Franchise After-Sales contributors",
    "depends": ["franchise_aftersales", "repair"],
    "data": ["views/execution_views.xml", "views/repair_views.xml"],
    "auto_install": True,
}
