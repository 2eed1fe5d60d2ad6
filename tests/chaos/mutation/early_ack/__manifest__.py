{
    "name": "Mutation: early acknowledgement",
    "summary": "Breaks invariant 1 on purpose, to show that the crash test finds it",
    "version": "19.0.1.0.0",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mes_connector"],
}
