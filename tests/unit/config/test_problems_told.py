"""Every kind of mistake in a configuration is told with its place, what was found, what was expected, and a hint."""

from pathlib import Path

import pytest

from config.load import examine
from rules.problems import Problem
from tests.support.configs import ALWAYS, ANA, GOLD, LADDER, OFFICE, told_of


def problems_of(tmp_path: Path, text: str) -> list[Problem]:
    return [problem for problem in told_of(tmp_path, text) if not problem.warning]


def warnings_of(tmp_path: Path, text: str) -> list[Problem]:
    return [problem for problem in told_of(tmp_path, text) if problem.warning]


# what is written, then line, field, found, expected, and words of the hint
MISTAKES: dict[str, tuple[str, int, str, str, str, str]] = {
    "a misspelt section": ("calenders: {}\n", 1, "calenders", "'calenders'", "section", "calendars"),
    "a section that is a list": ("people: [ana]\n", 1, "people", "['ana']", "names", ""),
    "a person without a name": ("people:\n  ana: {email: a@b.example}\n", 2, "people.ana.name", "nothing", "required", ""),
    "a misspelt field": ("people:\n  ana: {name: A, emial: x}\n", 2, "people.ana.emial", "unknown field", "known", "email"),
    "an unknown role": ("people:\n  ana: {name: A, roles: [boss]}\n", 2, "people.ana.roles.0", "'boss'", "approver", ""),
    "a zone that is none": (
        "calendars:\n  c:\n    zone: Europe/Londn\n    hours: 24x7\n",
        *(3, "calendars.c.zone", "'Europe/Londn'", "IANA time zone", "Europe/London"),
    ),
    "a zone that is a folder of zones": (
        "calendars:\n  c:\n    zone: Europe\n    hours: 24x7\n",
        *(3, "calendars.c.zone", "'Europe'", "IANA time zone", "Europe/London"),
    ),
    "a zone that is a path": (
        "calendars:\n  c:\n    zone: ../../etc/passwd\n    hours: 24x7\n",
        *(3, "calendars.c.zone", "passwd", "IANA time zone", "Europe/London"),
    ),
    "a calendar without hours": ("calendars:\n  c: {zone: UTC}\n", 2, "calendars.c.hours", "nothing", "required", ""),
    "a weekday that is none": (
        "calendars:\n  c: {hours: {funday: ['09:00-17:00']}}\n",
        *(2, "calendars.c.hours.funday", "funday", "weekdays", "mon-thu"),
    ),
    "a window that ends as it begins": (
        "calendars:\n  c: {hours: {mon: ['10:00-10:00']}}\n",
        *(2, "calendars.c.hours.mon.0", "10:00-10:00", "a window of hours", "09:00-17:30"),
    ),
    "a window without minutes": (
        "calendars:\n  c: {hours: {mon: ['9-5']}}\n",
        *(2, "calendars.c.hours.mon.0", "'9-5'", "window of hours", "09:00-17:30"),
    ),
    "a window past midnight": (
        "calendars:\n  c: {hours: {mon: ['25:00-26:00']}}\n",
        *(2, "calendars.c.hours.mon.0", "'25:00-26:00'", "window of hours", "09:00-17:30"),
    ),
    "a window outside a list": (
        "calendars:\n  c: {hours: {mon: '09:00-17:00'}}\n",
        *(2, "calendars.c.hours.mon", "'09:00-17:00'", "a list", ""),
    ),
    "a calendar that never opens": (
        "calendars:\n  c: {hours: {}}\n",
        2,
        "calendars.c.hours",
        "no open",
        "one",
        "counts nothing",
    ),
    "a country that is none": (
        "calendars:\n  c: {hours: {mon: ['09:00-17:00']}, holidays: {country: XX}}\n",
        *(2, "calendars.c.holidays.country", "'XX'", "country code", ""),
    ),
    "a subdivision that is none": (
        "calendars:\n  c: {hours: {mon: ['09:00-17:00']}, holidays: {country: GB, subdivision: ENGLAND}}\n",
        *(2, "calendars.c.holidays.subdivision", "'ENGLAND'", "subdivision of GB", "ENG"),
    ),
    "a date that is none": (
        "calendars:\n  c: {hours: 24x7, dates: {2026-13-01: []}}\n",
        *(2, "calendars.c.dates.2026-13-01", "'2026-13-01'", "a date", "2026-12-31"),
    ),
    "a holiday in another notation": (
        "calendars:\n  c: {hours: 24x7, holidays: {closed: [31.12.2026]}}\n",
        *(2, "calendars.c.holidays.closed", "'31.12.2026'", "a date", "2026-12-31"),
    ),
    "a working day without unit": (
        "calendars:\n  c: {hours: 24x7, working_day: 8}\n",
        *(2, "calendars.c.working_day", "8", "amount of time", "8h"),
    ),
    "a kind that is none": (
        ALWAYS + "agreements:\n  gold: {kind: slo, from: 2026-01-01, calendar: always, targets: {}}\n",
        *(3, "agreements.gold.kind", "'slo'", "sla, ola or uc", ""),
    ),
    "a calendar that is not defined": (
        ALWAYS + "agreements:\n  gold: {kind: sla, from: 2026-01-01, calendar: alway, targets: {}}\n",
        *(3, "agreements.gold.calendar", "'alway'", "defined under calendars", "always"),
    ),
    "a first day that is none": (
        ALWAYS + "agreements:\n  gold: {kind: sla, from: January, calendar: always, targets: {}}\n",
        *(3, "agreements.gold.from", "'January'", "a date", "2026-12-31"),
    ),
    "a metric that is none": (
        ALWAYS + GOLD + "    targets: {first_respons: {default: 1h}}\n",
        *(7, "agreements.gold.targets.first_respons", "'first_respons'", "metric", "first_response"),
    ),
    "an amount in words": (
        ALWAYS + GOLD + "    targets:\n      resolution: {default: 15 minuts}\n",
        *(8, "agreements.gold.targets.resolution.default", "'15 minuts'", "amount of time", "15m"),
    ),
    "a target without unit": (
        ALWAYS + GOLD + "    targets:\n      resolution: {default: 15}\n",
        *(8, "agreements.gold.targets.resolution.default", "15", "amount of time", "15m"),
    ),
    "days on office hours": (
        OFFICE + GOLD.replace("always", "office") + "    targets:\n      resolution: {default: 2d}\n",
        *(8, "agreements.gold.targets.resolution.default", "'2d'", "working days", "2wd"),
    ),
    "working days of no known length": (
        OFFICE + GOLD.replace("always", "office") + "    targets:\n      resolution: {default: 2wd}\n",
        *(8, "agreements.gold.targets.resolution.default", "'2wd'", "how long a working day", "working_day: 8h"),
    ),
    "a target's calendar that is not defined": (
        ALWAYS + GOLD + "    targets: {resolution: {urgent: {within: 4h, calendar: alwys}}}\n",
        *(7, "agreements.gold.targets.resolution.urgent.calendar", "'alwys'", "defined under calendars", "always"),
    ),
    "a target without priorities": (
        ALWAYS + GOLD + "    targets: {resolution: 4h}\n",
        *(7, "agreements.gold.targets.resolution", "'4h'", "mapping", ""),
    ),
    "a threshold without sign": (
        ALWAYS + GOLD + "    targets: {}\n    warn_at: [80, 90%]\n",
        *(8, "agreements.gold.warn_at.0", "80", "threshold", "80%"),
    ),
    "an objective without sign": (
        ALWAYS + GOLD + "    targets: {}\n    objective: {attain: 95}\n",
        *(8, "agreements.gold.objective.attain", "95", "percentage", "95%"),
    ),
    "an objective that nobody can reach": (
        ALWAYS + GOLD + "    targets: {}\n    objective: {attain: 150%}\n",
        *(8, "agreements.gold.objective.attain", "'150%'", "at most 100%", "95%"),
    ),
    "a span that is none": (
        ALWAYS + GOLD + "    targets: {}\n    objective: {attain: 95%, over: fortnight}\n",
        *(8, "agreements.gold.objective.over", "'fortnight'", "quarter or year", ""),
    ),
    "a misspelt choice": (
        ALWAYS + GOLD + "    targets: {}\n    on_change: cary\n",
        *(8, "agreements.gold.on_change", "'cary'", "carry or restart", ""),
    ),
    "a team that is not defined": (
        ALWAYS + "teams: {support: {}}\n" + GOLD + "    targets: {}\n    team: suport\n",
        *(9, "agreements.gold.team", "'suport'", "defined under teams", "support"),
    ),
    "a ladder that is not defined": (
        ALWAYS + GOLD + "    targets: {}\n    ladder: up\n",
        *(8, "agreements.gold.ladder", "'up'", "defined under ladders", ""),
    ),
    "an agreement replaced that is not defined": (
        ALWAYS + GOLD + "    targets: {}\n    instead_of: [gld]\n",
        *(8, "agreements.gold.instead_of.0", "'gld'", "defined under agreements", "gold"),
    ),
    "an extended agreement that is not defined": (
        ALWAYS + GOLD + "    targets: {}\n    extends: glod\n",
        *(8, "agreements.gold.extends", "'glod'", "another agreement", "gold"),
    ),
    "a condition's operator that is none": (
        ALWAYS + GOLD + "    targets: {}\n    when: {tier: {inn: [gold]}}\n",
        *(8, "agreements.gold.when.tier", "inn", "one of in, not", ""),
    ),
    "an agreement's condition that contradicts itself": (
        ALWAYS + GOLD + "    targets: {}\n    when: {tier: gold, all: [{tier: silver}]}\n",
        *(8, "agreements.gold.when", "never holds", "can hold", "No value of tier fulfils it: the agreement would apply to no"),
    ),
    "a rule's condition that contradicts itself": (
        'rules:\n  r: {when: {any: [{priority: {">": 3, "<": 2}}, {tier: gold, all: [{tier: tin}]}]}, do: []}\n',
        *(2, "rules.r.when", "never holds", "can hold", "No value of priority or tier fulfils it: the rule would do nothing"),
    ),
    "a metric's start that contradicts itself": (
        "metrics:\n  m: {start: {event: a, all: [{event: {exists: false}}]}}\n",
        *(2, "metrics.m.start", "never holds", "can hold", "No value of event fulfils it: no clock would ever start"),
    ),
    "a condition within too many others": (
        ALWAYS + GOLD + "    targets: {}\n    when: {a: " + "{not: " * 60 + "1" + "}" * 60 + "}\n",
        *(8, "agreements.gold.when.a" + ".not" * 40, "{'not'", "at most 40 levels", ""),
    ),
    "a condition of ten thousand values": (
        ALWAYS + GOLD + f"    targets: {{}}\n    when: {{a: {{in: {list(range(10_000))}}}}}\n",
        *(8, "agreements.gold.when", "10000 alternatives", "at most 2000: split the condition", ""),
    ),
    "a condition that would be written out to millions of comparisons": (
        ALWAYS + GOLD + f"    targets: {{}}\n    when: {{a: {{not: {list(range(9_000))}}}, b: {{in: {list(range(900))}}}}}\n",
        *(8, "agreements.gold.when", "comparisons", "at most 50000: split the condition", ""),
    ),
    "a condition over hundreds of fields at once": (
        ALWAYS + GOLD + f"    targets: {{}}\n    when: {{{', '.join(f'f{i}: 1' for i in range(201))}}}\n",
        *(8, "agreements.gold.when", "201 fields in one alternative", "at most 200", ""),
    ),
    "a letter that nobody could approve": (
        "calendars: {always: {hours: 24x7}}\nagreements:\n  gold:\n    kind: sla\n    from: 2026-01-01\n    calendar: always\n"
        "    targets: {first_response: {default: 1h}}\n    customer_updates: {approve: lead}\n",
        8,
        "agreements.gold.customer_updates.approve",
        "lead",
        "none, as the agreement has no team",
        "Add team: to it",
    ),
    "a reassignment to nobody who is known": (
        "rules:\n  r:\n    when: {crossing: 80%}\n    do: [{reassign: {person: bob}}]\n",
        4,
        "rules.r.do.0.reassign.person",
        "'bob'",
        "a person defined under people:",
        "",
    ),
    "a reassignment to what cannot take it": (
        "rules:\n  r:\n    when: {crossing: 80%}\n    do: [{reassign: everybody}]\n",
        4,
        "rules.r.do.0",
        "",
        "an action",
        "or {reassign: queue}",
    ),
    "a condition that is a list": ("rules:\n  r: {when: [a], do: []}\n", 2, "rules.r.when", "['a']", "mapping", ""),
    "an action that is none": (
        "rules:\n  r: {when: {crossing: 80%}, do: [{shout: team}]}\n",
        *(2, "rules.r.do.0", "shout", "an action", "{tell: team}"),
    ),
    "actions that are no list": ("rules:\n  r: {when: {crossing: 80%}, do: tell}\n", 2, "rules.r.do", "'tell'", "a list", ""),
    "a lead who is not defined": (
        ANA + "teams:\n  support: {lead: anna}\n",
        *(3, "teams.support.lead", "'anna'", "defined under people", "ana"),
    ),
    "a channel on an unknown platform": (
        "teams:\n  support: {channels: {teams: x}}\n",
        *(2, "teams.support.channels.teams", "'teams'", "slack, discord or local", ""),
    ),
    "somebody on a rota who is not defined": (
        ANA + "rotas:\n  r: {zone: UTC, shifts: [{who: [ana, bob], from: 2026-01-05T09:00}]}\n",
        *(3, "rotas.r.shifts.0.who.1", "'bob'", "defined under people", "ana"),
    ),
    "a shift with an offset": (
        ANA + "rotas:\n  r: {zone: UTC, shifts: [{who: ana, from: 2026-01-05T09:00Z}]}\n",
        *(3, "rotas.r.shifts.0.from", "'2026-01-05T09:00Z'", "local date and time", "without an offset"),
    ),
    "an odd hand-over": (
        ANA
        + "rotas:\n  r: {zone: UTC, shifts: [{who: ana, from: 2026-01-05T09:00, hand_over: {every: often, at: '09:00'}}]}\n",
        *(3, "rotas.r.shifts.0.hand_over.every", "'often'", "how often", "2 weeks"),
    ),
    "a ladder without steps": ("ladders:\n  l: {steps: []}\n", 2, "ladders.l.steps", "[]", "at least one", ""),
    "a step that waits for ten somethings": (LADDER + "wait: 10}]}\n", 3, "ladders.l.steps.0.wait", "10", "amount", "10m"),
    "a step that pages two": (
        ANA + "ladders:\n  l: {steps: [{page: {person: ana, role: lead}, wait: 1m}]}\n",
        *(3, "ladders.l.steps.0.page", "2 of them", "exactly one", ""),
    ),
    "a step that pages a stranger": (
        "ladders:\n  l: {steps: [{page: {person: zoe}, wait: 5m}]}\n",
        *(2, "ladders.l.steps.0.page.person", "'zoe'", "defined under people", ""),
    ),
    "less than no repetition": (LADDER + "wait: 5m}], repeat: -1}\n", 3, "ladders.l.repeat", "-1", "equal to 0", ""),
    "a metric that never starts": ("metrics:\n  m: {stop: {status: closed}}\n", 2, "metrics.m", "no start", "start", "start:"),
    "a calendar named by a number": (
        ALWAYS + "agreements:\n  gold: {kind: sla, from: 2026-01-01, calendar: 5, targets: {}}\n",
        *(3, "agreements.gold.calendar", "5", "defined under calendars", "always"),
    ),
    "an agreement that replaces itself": (
        ALWAYS + GOLD + "    targets: {}\n    instead_of: gold\n",
        *(8, "agreements.gold.instead_of", "'gold'", "another agreement", "replace itself"),
    ),
    "a threshold written twice": (
        ALWAYS + GOLD + "    targets: {}\n    warn_at: [80%, 80%]\n",
        *(8, "agreements.gold.warn_at.1", "'80%' a second time", "once", ""),
    ),
    "a threshold in days on office hours": (
        OFFICE + GOLD.replace("always", "office") + "    targets: {}\n    after_breach: [1d after]\n",
        *(8, "agreements.gold.after_breach.0", "'1d after'", "hours", "not 24x7"),
    ),
    "an approval by a role that nobody has heard of": (
        ALWAYS + GOLD + "    targets: {}\n    customer_updates: {every: 4h, approve: boss}\n",
        *(8, "agreements.gold.customer_updates.approve", "'boss'", "one of agent", ""),
    ),
    "a customer's wish in other words": (
        "customers:\n  acme: {updates: no}\n",
        *(2, "customers.acme.updates", "'no'", "none", "for no messages"),
    ),
    "a subdivision without a country": (
        "calendars:\n  c: {hours: {mon: ['09:00-17:00']}, holidays: {subdivision: ENG}}\n",
        *(2, "calendars.c.holidays.subdivision", "'ENG'", "a country", "GB"),
    ),
    "a shift with an offset to the west": (
        ANA + "rotas:\n  r: {zone: UTC, shifts: [{who: ana, from: '2026-01-05T09:00-05:00'}]}\n",
        *(3, "rotas.r.shifts.0.from", "-05:00", "local date and time", "without an offset"),
    ),
    "a hand-over with an offset": (
        ANA + "rotas:\n  r: {zone: UTC, shifts: [{who: ana, from: 2026-01-05T09:00, hand_over: {every: day, at: '09:00Z'}}]}\n",
        *(3, "rotas.r.shifts.0.hand_over.at", "09:00Z", "time of day", "09:00"),
    ),
    "an override that ends before it begins": (
        ANA + "rotas:\n  r: {zone: UTC, overrides: [{who: ana, from: 2026-01-05T09:00, until: 2026-01-04T09:00}]}\n",
        *(3, "rotas.r.overrides.0.until", "2026-01-04", "a time after", "never be in force"),
    ),
    "a shift of nobody": (
        "rotas:\n  r: {zone: UTC, shifts: [{who: [], from: 2026-01-05T09:00}]}\n",
        *(2, "rotas.r.shifts.0.who", "nobody", "one person", "who:"),
    ),
    "a subdivision that is a number": (
        "calendars:\n  c: {hours: {mon: ['09:00-17:00']}, holidays: {country: GB, subdivision: 5}}\n",
        *(2, "calendars.c.holidays.subdivision", "5", "subdivision of GB", "ENG"),
    ),
    "a threshold written twice in two ways": (
        ALWAYS + GOLD + "    targets: {}\n    warn_at: [80%, 100%, 100.0%]\n",
        *(8, "agreements.gold.warn_at.2", "a second time", "once", ""),
    ),
    "an extended agreement that is a number": (
        ALWAYS + GOLD + "    targets: {}\n    extends: 5\n",
        *(8, "agreements.gold.extends", "'5'", "another agreement", "gold"),
    ),
    "a template that is broken": ("wording:\n  breach: {en: 'Hi {{ name '}\n", 2, "wording.breach.en", "line 1", "Jinja", ""),
    "a name defined twice": ("people:\n  ana: {name: A}\n  ana: {name: B}\n", 3, "people.ana", "second time", "once", ":2"),
    "a section defined twice": (
        "people: {ana: {name: A}}\npeople: {}\n",
        *(2, "people", "second time", "once", ":1"),
    ),
    "a list as a name": ("people:\n  [1, 2]: {name: A}\n", 2, "people", "list or mapping", "a text", ""),
    "a NUL in a text": ('people:\n  ana: {name: "A\\0na"}\n', 2, "people.ana.name", "x00", "a text", ""),
    "a bracket left open": ("people:\n  ana: {name: Ana\n", 3, "file", "the end of the file", "','", ""),
    "a tab as indentation": ("people:\n\tana: {name: Ana}\n", 2, "file", "\\t", "YAML", ""),
    "two documents in one file": ("people: {}\n---\npeople: {}\n", 2, "file", "another document", "YAML", ""),
    "an alias of nothing": ("people:\n  ana: *a\n", 2, "file", "undefined alias", "YAML", ""),
    "a list for a file": ("- a\n- b\n", 1, "file", "no mapping", "sections", ""),
    "a word for a file": ("hello\n", 1, "file", "no mapping", "sections", ""),
    "an object of Python": (
        "people:\n  ana: !!python/object/apply:os.system ['true']\n",
        2,
        "people.ana",
        "['true']",
        "mapping",
        "",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_once_with_its_place_and_what_to_write_instead(tmp_path: Path, mistake: str) -> None:
    text, line, field, found, expected, hint = MISTAKES[mistake]
    told = problems_of(tmp_path, text)
    assert len(told) == 1, told
    problem = told[0]
    assert (problem.line, problem.field, problem.warning) == (line, field, False)
    assert found in problem.found
    assert expected in problem.expected
    assert hint in problem.hint
    assert problem.file.endswith("c.yaml")
    assert "\n" not in str(problem)
    assert str(problem).startswith(f"{problem.file}:{line}: {field}: found ")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_whole_words(tmp_path: Path, mistake: str) -> None:
    for problem in problems_of(tmp_path, MISTAKES[mistake][0]):
        sentence = str(problem)
        assert "found found" not in sentence
        assert "expected expected" not in sentence
        assert "expected List" not in sentence
        assert "<stream end>" not in sentence
        assert ".." not in sentence.replace("../", "")


def test_every_kind_of_problem_comes_with_a_hint(tmp_path: Path) -> None:
    bare = [name for name, (text, *_) in MISTAKES.items() if any(not p.hint for p in problems_of(tmp_path, text))]
    assert bare == []


def test_every_problem_of_a_file_is_told_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = """\
people:
  ana: {name: Ana, roles: [boss]}
  ben: {email: ben@desk.example}
  ben: {name: Ben}
teams:
  support: {lead: anna, rota: suport, channels: {teams: x}}
rotas:
  support: {zone: Nowhere, shifts: [{who: zoe, from: Monday}]}
calendars:
  office: {hours: {mon: ["9-5"], funday: []}, working_day: 8}
agreements:
  gold:
    kind: slo
    from: soon
    calendar: offise
    targets: {first_respons: {urgent: 15}, resolution: {default: 2 days}}
    warn_at: [80]
    ladder: up
    on_change: cary
rules:
  warn: {when: {crossing: 80%}, do: [{shout: team}]}
ladders:
  support: {steps: [{page: {role: boss}, wait: 10}], repeat: lots}
wording:
  breach: {en: "{{ oops "}
colours: {}
"""
    path = tmp_path / "c.yaml"
    path.write_text(text)
    book, told = examine(path)
    assert book is None
    assert len(told) >= 20
    assert [problem.line for problem in told] == sorted(problem.line for problem in told)
    lines = {problem.line for problem in told}
    assert lines >= {2, 3, 4, 6, 8, 10, 13, 14, 15, 16, 17, 18, 19, 21, 23, 25, 26}


def test_a_condition_that_its_heirs_take_over_is_told_once_to_contradict_itself(tmp_path: Path) -> None:
    text = ALWAYS + GOLD + "    targets: {}\n    when: {x: 5, all: [{x: {'>': 10}}]}\n  acme: {extends: gold, team: none}\n"
    assert [p.field for p in problems_of(tmp_path, text)] == ["agreements.gold.when", "agreements.acme.team"]


def test_a_missing_field_is_told_for_each_one(tmp_path: Path) -> None:
    told = problems_of(tmp_path, "agreements:\n  gold: {version: '1'}\n")
    assert {problem.field for problem in told} == {
        f"agreements.gold.{name}" for name in ("kind", "from", "calendar", "targets")
    }


@pytest.mark.parametrize("circle", ["a", "b"])
def test_agreements_that_extend_each_other_in_a_circle_are_told(tmp_path: Path, circle: str) -> None:
    text = ALWAYS + f"agreements:\n  a: {{extends: {circle}, kind: sla, from: 2026-01-01, calendar: always, targets: {{}}}}\n"
    text += "  b: {extends: a, kind: sla, from: 2026-01-01, calendar: always, targets: {}}\n" if circle == "b" else ""
    told = problems_of(tmp_path, text)
    assert len(told) == 1
    assert "a extends" in told[0].found
    assert told[0].expected == "no circle"


def test_agreements_that_extend_each_other_without_end_are_no_traceback(tmp_path: Path) -> None:
    chain = "".join(f"  a{i}: {{extends: a{i + 1}}}\n" for i in range(1_500))
    told = problems_of(tmp_path, ALWAYS + "agreements:\n" + chain + "  a1500: {}\n")
    assert any("50 levels" in problem.expected for problem in told)


def test_a_mistake_in_an_extended_agreement_is_told_once_where_it_stands(tmp_path: Path) -> None:
    text = ALWAYS + GOLD + "    targets: {}\n    on_change: cary\n  acme: {extends: gold, when: {customer: acme}}\n"
    assert [(p.line, p.field) for p in problems_of(tmp_path, text)] == [(8, "agreements.gold.on_change")]


def test_an_inherited_limit_that_its_heirs_calendar_cannot_count_is_told_at_that_calendar(tmp_path: Path) -> None:
    text = ALWAYS + "  office: {hours: {mon: ['09:00-17:00']}}\n" + GOLD + "    targets: {resolution: {default: 2d}}\n"
    text = text.replace("calendars: {always: {hours: 24x7}}", "calendars:\n  always: {hours: 24x7}")
    text += "  acme: {extends: gold, calendar: office}\n"
    (problem,) = problems_of(tmp_path, text)
    assert (problem.line, problem.field, problem.found) == (10, "agreements.acme.calendar", "'office'")
    assert problem.expected == "working days or hours for resolution default within 2d"


def test_a_mistake_in_an_inherited_limit_is_told_once(tmp_path: Path) -> None:
    text = ALWAYS + GOLD + "    targets: {resolution: {default: soon, high: 1wd}}\n"
    text += "  acme: {extends: gold, targets: {resolution: {urgent: 1h}}}\n"
    assert [(p.line, p.field) for p in problems_of(tmp_path, text)] == [
        (7, "agreements.gold.targets.resolution.default"),
        (7, "agreements.gold.targets.resolution.high"),
    ]


def test_a_section_with_a_mistake_is_told_of_everything_else_that_is_wrong_with_it(tmp_path: Path) -> None:
    """What needs several fields is judged too, although one of the fields is wrong in itself."""
    text = """\
calendars:
  office: {zone: Nowhere, hours: {}, holidays: {country: GB, subdivision: XX}, wrking_day: 8h}
  shop: {hours: {mon: ["09:00-17:00"]}, wrking_day: 8h}
metrics:
  shipped: {stop: {event: order.shipped}, pse: none}
agreements:
  gold:
    kind: slo
    from: 2026-01-01
    calendar: shop
    when: {tier: gold}
    targets: {resolution: {urgent: 1d, default: 2wd, low: soon}}
rules:
  warn: {when: {crossing: 80%}, do: [{tell: nobody}, {shout: team}]}
ladders:
  up: {steps: [{page: {person: ana, rota: support}, wait: 10}]}
wording:
  breach: {en: "{{ oops }}", de: "{{ due }"}
"""
    told = problems_of(tmp_path, text)
    assert {problem.field for problem in told} == {
        "calendars.office.zone",
        "calendars.office.hours",
        "calendars.office.holidays.subdivision",
        "calendars.office.wrking_day",
        "calendars.shop.wrking_day",
        "metrics.shipped",
        "metrics.shipped.pse",
        "agreements.gold.kind",
        "agreements.gold.targets.resolution.urgent",
        "agreements.gold.targets.resolution.default",
        "agreements.gold.targets.resolution.low",
        "rules.warn.do.1",
        "ladders.up.steps.0.page",
        "ladders.up.steps.0.page.person",
        "ladders.up.steps.0.page.rota",
        "ladders.up.steps.0.wait",
        "wording.breach.en",
        "wording.breach.de",
    }


def test_a_target_that_is_missing_is_warned_of_once(tmp_path: Path) -> None:
    found = warnings_of(tmp_path, ALWAYS + GOLD + "    targets: {}\n")
    assert [(warning.field, warning.found) for warning in found] == [
        ("rules.breach-customer.do.0", "update_customer: breach"),
        ("rules.breach-customer.do.1", "tell: leadership"),
        ("rules.repeated.do.0", "page: leadership"),
        ("agreements.gold.ladder", "nothing"),
        ("agreements.gold.team", "nothing"),
    ]


@pytest.mark.parametrize("odd", ["5", "true", "[1]", "none", "''", "1.5"])
@pytest.mark.parametrize("section", ["people", "teams", "ladders", "wording", "calendars", "rotas", "metrics", "agreements"])
def test_a_section_that_is_no_mapping_is_no_traceback(tmp_path: Path, section: str, odd: str) -> None:
    told = problems_of(
        tmp_path, f"{section}: {odd}\nrules: {{r: {{when: {{crossing: 80%}}, do: [{{tell: x}}, {{page: y}}]}}}}\n"
    )
    assert {problem.field for problem in told} <= {section}


def test_a_threshold_that_no_rule_answers_is_warned_of(tmp_path: Path) -> None:
    found = warnings_of(tmp_path, ALWAYS + GOLD + "    targets: {}\n    warn_at: [75%, 90%, 100%]\n")
    (told,) = (warning for warning in found if "warn_at" in warning.field)
    assert (told.line, told.field, told.found) == (8, "agreements.gold.warn_at.0", "75%")
    assert "{crossing: 75%}" in told.hint
