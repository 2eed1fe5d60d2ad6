# A bridge for tests only: one event type with its handler, to be installed and uninstalled with messages in flight.
{
    "name": "Plant Integration: Pallet Bridge (for tests)",
    "summary": "One event type and its handler, for the tests of the repository",
    "description": "For the tests of the repository.",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mes_connector"],
    "installable": True,
}
