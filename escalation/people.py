"""Who there is: people, their roles, and teams.

Decided here: which roles exist and what they may do. Not decided here: who is on call (`rota`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation.week import QuietHours
from rules.instants import DAY

ROLES = ("agent", "lead", "escalation_manager", "approver", "leadership", "admin")


@dataclass(frozen=True)
class Person:
    """A person of ours."""

    id: str
    name: str
    email: str | None = None
    slack: str | None = None
    discord: str | None = None
    roles: tuple[str, ...] = ()
    quiet: QuietHours | None = None

    def account_on(self, platform: str) -> str | None:
        """What a platform calls them, None where they are not called there; what is local is for everybody."""
        return {"slack": self.slack, "discord": self.discord, "email": None, "helpdesk": None}.get(platform, self.id)


@dataclass(frozen=True)
class ReviewTerms:
    """How a team reviews its breaches: by whom, within how many milliseconds, and which causes it knows."""

    rota: str | None = None
    within: int = 7 * DAY
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Team:
    """A team: its lead, its rota, its channel on each platform, and how it reviews breaches."""

    id: str
    lead: str | None = None
    rota: str | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    reviews: ReviewTerms | None = None

    def channel_on(self, platform: str) -> str | None:
        """Its channel on a platform, None where it has none there; the terminal shows what is for any team."""
        return self.id if platform == "terminal" else self.channels.get(platform)
