{
    "name": "Poison message (test)",
    "summary": "Ends the process that works a certain order's message; for the end-to-end tests only",
    "description": "For the tests of the repository.",
    "version": "19.0.1.0.0",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "category": "Hidden/Tests",
    "depends": ["mes_connector"],
}
