"""Holds the place of the roll-ups' step.

Revision: 0005
"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing."""
