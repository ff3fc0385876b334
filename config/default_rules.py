"""The rules that hold where a configuration writes none.

Decided here: what happens at which crossing by default. Not decided here: what a rule may say (`schema`).
"""

from typing import Any

DEFAULT_RULES: dict[str, Any] = {
    "warn": {"when": {"crossing": "80%"}, "do": [{"tell": "team"}]},
    "page": {"when": {"crossing": "90%"}, "do": [{"page": "ladder"}, {"tag": "sla-risk"}]},
    "breach": {
        "when": {"crossing": "100%"},
        "do": [{"tell": "team"}, {"page": "ladder"}, {"tag": "sla-breached"}, {"review": "open"}],
    },
    "breach-customer": {
        "when": {"crossing": "100%", "kind": "sla", "metric": {"in": ["first_response", "next_response", "resolution"]}},
        "do": [{"update_customer": "breach"}, {"tell": {"team": "leadership"}}],
    },
    "overdue": {"when": {"crossing": {"in": ["150%", "200%", "daily"]}}, "do": [{"page": "ladder"}]},
    "repeated": {
        "when": {"event": "clock.overdue", "customer_breaches_24h": {">=": 3}},
        "do": [{"page": {"ladder": "leadership"}}],
    },
}
