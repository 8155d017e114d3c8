{
    "name": "Franchise After-Sales",
    "summary": "Franchise contracts, supplier service agreements, claims and settlements that tie out to the cent",
    "version": "19.0.1.0.0",
    "category": "Sales/Franchise",
    "license": "LGPL-3",
    "author": "Franchise After-Sales contributors",
    "depends": ["account", "portal", "product"],
    "external_dependencies": {"python": ["xlsxwriter"]},
    "data": [
        "security/security.xml",
        "security/ir.model.access.csv",
        "data/sequences.xml",
        "data/causes.xml",
    ],
    "application": True,
}
