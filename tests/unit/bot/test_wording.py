"""What customers and teams read: templates in a sandbox, and hostile text shown harmlessly."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cards import ticket_card
from bot.messages import Card, clipped
from bot.records import TicketView
from bot.sending import DeliveryError
from bot.wording import customer_card, filled
from escalation.book import Book
from escalation.page import PageRow
from rules.decisions import Decision
from rules.instants import parse
from tests.support.desk import DESK, NINE, Desk, book_of, card_words, desk, opened

LANGUAGES = {"en": "Hello", "de": "Hallo", "de-AT": "Servus"}
NOW = parse("2026-01-05T09:10:00Z")
HOSTILE = "<!channel> @everyone {{7*7}} {% raw %} <script>alert(1)</script> [bold]x[/] ${x} %s \x1b[31m \u202e \ud800 \0"


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return book_of(tmp_path)


def decision(wording: str = "breach") -> Decision:
    made = Decision(parse("2026-01-05T09:10:00Z"), "message.customer", "T-1", "because", "gold", "1", "first_response", 1)
    made.wording, made.customer = wording, "acme"
    return made


def view(**facts: Any) -> TicketView:
    return TicketView("T-1", {"title": "Cannot pay", "customer": "acme"} | facts, [], [])


def said(book: Book, template: str, **facts: Any) -> str:
    return filled(decision(), view(**facts), replace(book, wording={"breach": {"en": {"default": template}}}), NOW)


# What is being done about it


@pytest.mark.parametrize(
    ("states", "step"),
    [
        ([], "We are looking into it."),
        (["closed"], "We are looking into it."),
        (["open"], "The people responsible have been called."),
        (["closed", "exhausted"], "The people responsible have been called."),
        (["acknowledged"], "One of us has taken it on."),
    ],
)
def test_a_letter_says_what_is_being_done_and_no_more(book: Book, states: list[Any], step: str) -> None:
    pages = [PageRow("P", "T-1", "l", None, state, 1, ("ana",), NOW, None, None, None, None, ()) for state in states]
    asked = replace(view(), pages=pages)
    assert filled(decision(), asked, replace(book, wording={"breach": {"en": {"default": "{{ next_step }}"}}}), NOW) == step


# The sandbox


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ promise.format(x=1).__class__ }}",
        "{{ '{0.__class__}'.format(promise) }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ 1 / 0 }}",
        "{{ range(10**9) | list }}",
        "{{ 'x' * 10**7 }}",
        "{{ promise() }}",
        "{{ promise + 1 }}",
        "{{ unknown.field }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_template_reaches_nothing_and_never_hangs(book: Book, template: str) -> None:
    try:
        text = said(book, template)
    except DeliveryError as error:
        text = ""
        if not error.permanent or "cannot be filled in" not in str(error):
            pytest.fail(f"the operator hears {error}")
    for secret in ("class", "root:", "subclass", "uid="):
        assert secret not in text
    assert len(text) <= 4_000


def test_what_is_not_known_is_empty(book: Book) -> None:
    assert said(book, "a{{ unknown }}b{% if credit %}no{% endif %}c") == "abc"


def test_texts_of_a_ticket_are_values_and_never_templates(book: Book) -> None:
    assert "49" not in said(book, "{{ promise }} {{ ticket }}", title="{{7*7}}", customer="{{7*7}}")


def test_a_wording_that_is_missing_is_told_for_good(book: Book) -> None:
    with pytest.raises(DeliveryError, match="no wording 'sorry'") as raised:
        filled(decision("sorry"), view(), book, NOW)
    assert raised.value.permanent


# Which language


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de", "Hallo"),
        ("de-AT", "Servus"),
        ("de-CH", "Hallo"),
        ("fr", "Hello"),
        (None, "Hello"),
        (7, "Hello"),
        ("", "Hello"),
        ("../x", "Hello"),
    ],
)
def test_the_customer_is_written_to_in_their_language_or_the_nearest(book: Book, locale: Any, text: str) -> None:
    spoken = replace(book, wording={"breach": {locale: {"default": text} for locale, text in LANGUAGES.items()}})
    facts = {} if locale is None else {"locale": locale}
    assert filled(decision(), view(**facts), spoken, NOW) == text


def test_without_english_the_first_language_is_taken(book: Book) -> None:
    assert filled(decision(), view(), replace(book, wording={"breach": {"fr": {"default": "Bonjour"}}}), NOW) == "Bonjour"


def test_times_are_told_in_the_calendars_zone(tmp_path: Path) -> None:
    zoned = DESK.replace("{always: {hours: 24x7}}", "{}").replace(
        "calendars:\n  always: {hours: 24x7}",
        'calendars:\n  always: {zone: America/New_York, hours: {mon-sun: ["00:00-24:00"]}}',
    )
    zoned = zoned.replace("default: 1d", "default: 24h")
    assert "04:10 on Monday 5 January (New York time)" in said(book_of(tmp_path, zoned), "{{ due }}")
    for moves, expected in (
        ("2026-01-06", "04:10 on Monday 5 January (New York"),
        ("2026-01-05", "10:10 on Monday 5 January (Paris"),
    ):
        moved = zoned.replace('24:00"]}}', f'24:00"]}}, versions: [{{from: {moves}, zone: Europe/Paris}}]}}')
        assert expected in said(book_of(tmp_path, moved), "{{ due }}")


# Cards


def test_hostile_text_stands_on_a_card_as_one_plain_line() -> None:
    card = ticket_card(view(title=HOSTILE, customer=HOSTILE, priority=HOSTILE, status=HOSTILE, assignee=HOSTILE), Book())
    for text in (card.title, *(field.value for field in card.fields)):
        assert text.isprintable()
        assert "\n" not in text
        assert "49" not in text
    assert "<script>" in card.title  # shown, not run: each platform escapes it


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("a\nb\tc", "a b c"),
        ("a\0\x1b\u202eb", "a b"),
        ("x" * 300, "x" * 199 + "…"),
        (7, "7"),
        ([1], "[1]"),
        ("  ", ""),
    ],
)
def test_a_text_is_clipped_to_one_line(value: object, shown: str) -> None:
    assert clipped(value) == shown


def test_a_megabyte_is_clipped_at_once() -> None:
    assert len(clipped("x \n" * 10**6)) == 200
    assert len(clipped("\0" * 10**6)) <= 200


def test_a_customers_card_has_nothing_of_ours(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE, title=HOSTILE, assignee="ana", priority="urgent"))
    here.go("2026-01-05T09:30:00Z")
    (letter,) = here.chat("customer:acme")
    assert (letter.card.buttons, letter.card.fields, letter.card.why, letter.card.due_at) == ((), (), None, None)
    assert all(not line.text for line in letter.log)
    assert letter.card.title.isprintable()


def test_a_card_is_json_even_of_hostile_text(tmp_path: Path) -> None:
    here: Desk = desk(tmp_path)
    here.take(opened(NINE, title=HOSTILE))
    here.go("2026-01-05T09:30:00Z")
    response = here.client().get("/api/messages")
    assert response.status_code == 200
    assert response.json()["messages"]


def test_a_card_tells_why_it_is_due_when_it_is(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    here.go("2026-01-05T09:08:00Z")
    card = here.chat("support")[0].card
    assert card.why is not None
    assert "gold 1 applies" in card.why
    assert "first response within 10" in card.why
    assert (card.due_label, card.due_at) == ("first response due", parse("2026-01-05T09:10:00Z"))


def test_the_worst_verdict_colours_the_card(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    verdicts = []
    for when in ("2026-01-05T09:08:00Z", "2026-01-05T09:10:00Z"):
        here.go(when)
        verdicts.append(here.chat("support")[0].card.verdict)
    assert verdicts == ["at_risk", "overdue"]


def test_customers_cards_are_their_titles_and_lines(book: Book) -> None:
    card: Card = customer_card(decision(), view(), book, NOW)
    assert card.title == "T-1 · Cannot pay"
    assert "We promised" in card_words(card)


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("3wd", "within 3 working days"),
        ("1wd", "within 1 working day"),
        ("40h", "within 40 hours"),
        ("90m", "within 1 hour 30 minutes"),
    ],
)
def test_a_letter_promises_working_time_as_it_was_promised(tmp_path: Path, limit: str, told: str) -> None:
    office = DESK.replace("always: {hours: 24x7}", 'always: {hours: {mon-fri: ["09:00-17:00"]}, working_day: 8h}')
    here = desk(tmp_path, office.replace("default: 1h}", f"default: {limit}}}").replace("default: 1d}", "default: none}"))
    here.take(opened(NINE, priority="low"))
    here.go("2026-01-12T12:00:00Z")
    (letter,) = [message.card for message in here.chat("customer:acme")]
    assert told in letter.lines[0]
