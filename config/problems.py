"""How a value that was found is shown in a problem.

Decided here: on one line and not too long. Not decided here: what is a problem.
"""


def shown(value: object) -> str:
    """A found value as text, quoted where it is one."""
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:79] + "…"
