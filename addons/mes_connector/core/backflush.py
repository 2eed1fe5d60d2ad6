"""The bill of materials' share of a component; which components are backflushed is the shell's.

Odoo's own backflush is relative to what is still open, so a second increment comes out wrong;
this share is relative to the plan and adds up over increments.
"""


def share(planned_component: float, planned_output: float, produced: float) -> float:
    """Return how much of a component ``produced`` pieces take.

    All in the units of the order: ``planned_component`` for ``planned_output`` pieces.
    ``ValueError`` when no output is planned.
    """
    if planned_output <= 0:
        raise ValueError("The planned output must be positive.")
    return planned_component * produced / planned_output
