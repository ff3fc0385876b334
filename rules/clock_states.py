"""The states of an SLA clock.

Decided here: which step leads from which state to which. Not decided here: when a clock takes a step (`clock`).
"""

from rules.clock_row import State

TRANSITIONS: dict[tuple[State, str], State] = {
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("running", "stop"): "met",
    ("paused", "stop"): "met",
    ("running", "cancel"): "cancelled",
    ("paused", "cancel"): "cancelled",
    ("running", "retarget"): "running",
    ("paused", "retarget"): "paused",
}
"""Every step a clock can take; `stop` gives missed instead of met where the due instant has passed."""


class ClockError(ValueError):
    """A clock was asked for a step that its state does not allow."""


def stepped(state: State, step: str) -> State:
    """The state after a step. Raises ClockError."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise ClockError(f"a clock that is {state} cannot take the step {step}") from None
