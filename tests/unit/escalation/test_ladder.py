"""A ladder's defaults."""

from escalation.ladder import Ladder, Step
from rules.instants import MINUTE


def test_a_ladder_waits_by_the_wall_is_climbed_once_and_taken_for_half_an_hour() -> None:
    found = Ladder("l", (Step("person", "ana", MINUTE),))
    assert (found.waits, found.repeat, found.acknowledgement.lasts, found.steps[0].after_breach) == (
        "wall",
        0,
        30 * MINUTE,
        False,
    )
