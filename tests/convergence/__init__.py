"""The convergence test: events of one order end the same in whatever order, and however often, they arrive."""
