"""The local chat page in a real browser: what a newcomer sees, clicks and types while a desk's day is played fast."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.conftest import CHROMIUM
from tests.support.process import Process

pytestmark = pytest.mark.browser
SPEED = 240
SLOW = 60_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The demonstration, fast; one for all tests of this file."""
    folder = tmp_path_factory.mktemp("demo")
    process = Process(("demo", "--speed", str(SPEED)), folder, {"TMPDIR": str(folder)}).start().ready()
    yield process
    process.interrupt()


@dataclass
class Seen:
    """A page, and what went wrong in it."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


@pytest.fixture
def seen(browser: Browser, demo: Process) -> Iterator[Seen]:
    """The page, opened anew; nothing may go wrong in it and nothing may be asked of another server."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    found = Seen(context.new_page())
    outside: list[str] = []
    found.page.on("console", found.note)
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("dialog", lambda dialog: (found.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
    found.page.on("request", lambda request: None if request.url.startswith(demo.url) else outside.append(request.url))
    found.page.goto(demo.url)
    expect(found.page.locator("#connection")).to_have_attribute("data-state", "live", timeout=SLOW)
    yield found
    assert found.errors == []
    assert outside == []
    context.close()


def wait_for(demo: Process, path: str, holds: Any) -> Any:
    """Ask the API until something holds."""
    import time

    end = time.monotonic() + SLOW / 1000
    while time.monotonic() < end:
        found = httpx.get(f"{demo.url}{path}").json()
        if holds(found):
            return found
        time.sleep(0.1)
    raise AssertionError(json.dumps(found)[:2000])


def escalated(demo: Process, ticket: str, title: str, customer: str = "acme") -> None:
    """An urgent ticket comes in, and Ana calls for help at once."""
    now = httpx.get(f"{demo.url}/api/status").json()["now"]
    data = {"title": title, "priority": "urgent", "customer": customer, "tier": "gold", "opened_by": "customer"}
    event = {"specversion": "1.0", "id": ticket, "source": "test", "type": "ticket.opened", "subject": ticket, "time": now}
    response = httpx.post(f"{demo.url}/events", json=[event | {"data": data}])
    assert response.json()["accepted"] == 1
    httpx.post(f"{demo.url}/api/command", json={"text": f"/sla escalate {ticket} now", "as": "ana"})


def test_a_newcomer_sees_a_warning_a_page_its_escalation_a_breach_and_a_letter(seen: Seen) -> None:
    page = seen.page
    expect(page.locator("#demo")).to_be_visible()
    expect(page.locator('[data-channel="support"]')).to_have_attribute("aria-current", "page")
    card = page.locator('#timeline [data-ticket="T-1001"]')
    expect(card).to_be_visible(timeout=SLOW)
    expect(card).to_contain_text("Checkout fails with error 502")
    expect(card).to_contain_text("is paged (step 1)", timeout=SLOW) if card.locator(".more").count() == 0 else None
    expect(page.locator("#customer .letter").first).to_be_visible(timeout=SLOW)
    expect(page.locator("#customer")).to_contain_text("We promised to give you a first answer")
    expect(page.locator("#timeline [data-message-id]").nth(1)).to_be_visible(timeout=SLOW)
    everything = wait_for_log(page, card)
    assert "80%" in everything
    assert "is paged (step 1)" in everything
    assert "is paged (step 2)" in everything


def wait_for_log(page: Page, card: Any) -> str:
    """The whole thread of a card, once it has an escalation."""
    more = card.locator(".more")
    expect(more).to_be_visible(timeout=SLOW)
    if more.get_attribute("aria-expanded") == "false":
        more.click()
    expect(card.locator(".thread")).to_contain_text("is paged (step 2)", timeout=SLOW)
    return str(card.locator(".thread").inner_text())


def test_a_verdict_has_its_colour_and_its_word(seen: Seen) -> None:
    cards = seen.page.locator("#timeline .card[data-verdict]")
    expect(cards.first).to_be_visible(timeout=SLOW)
    for card in cards.all()[:3]:
        assert card.get_attribute("data-verdict") in ("on_track", "at_risk", "overdue", "met", "missed", "cancelled")
        assert card.locator(".pill").inner_text().strip()


def test_a_countdown_counts(seen: Seen) -> None:
    countdown = seen.page.locator("#timeline .countdown").first
    expect(countdown).to_be_visible(timeout=SLOW)
    before = countdown.inner_text()
    expect(countdown).not_to_have_text(before, timeout=5_000)


def test_a_page_is_taken_with_one_click_and_everybody_sees_who_has_it(seen: Seen, demo: Process) -> None:
    page = seen.page
    page.locator("#person").select_option("cleo")
    escalated(demo, "T-2001", "Please take me")
    button = page.locator('#timeline [data-ticket="T-2001"] button[data-action="acknowledge"]')
    expect(button).to_be_visible(timeout=SLOW)
    value = (button.get_attribute("data-value") or "").partition("|")[2]
    button.click()
    expect(page.locator(".answer")).to_contain_text("Cleo Marsh has", timeout=10_000)
    pages = httpx.get(f"{demo.url}/api/pages?state=all").json()["pages"]
    assert "cleo" in [found["acknowledged_by"] for found in pages if found["page"] == value]


def test_why_is_answered_for_the_asker_alone(seen: Seen) -> None:
    page = seen.page
    button = page.locator('#timeline button[data-action="why"]').first
    expect(button).to_be_visible(timeout=SLOW)
    button.click()
    expect(page.locator(".answer")).to_contain_text("Only you can see this")
    expect(page.locator(".answer")).to_contain_text("ticket.opened")
    page.keyboard.press("Escape")
    expect(page.locator(".answer")).to_have_count(0)


def test_a_command_is_typed_with_completion_and_answered(seen: Seen) -> None:
    page = seen.page
    box = page.locator("#command")
    box.click()
    box.press_sequentially("/sla sta", delay=20)
    options = page.locator('#options [role="option"]')
    expect(options).to_have_count(1)
    expect(options.first).to_contain_text("/sla status")
    box.press("Tab")
    expect(box).to_have_value("/sla status")
    box.press("Enter")
    expect(page.locator(".answer")).to_contain_text("How we stand", timeout=10_000)
    expect(page.locator(".answer")).to_contain_text("Attainment")
    expect(box).to_have_value("")


def test_a_typo_is_answered_with_what_may_be_meant(seen: Seen) -> None:
    box = seen.page.locator("#command")
    box.fill("/sla statsu")
    box.press("Enter")
    expect(seen.page.locator(".answer")).to_contain_text("Did you mean /sla status?")


def test_everything_can_be_done_with_the_keyboard(seen: Seen) -> None:
    page = seen.page
    expect(page.locator("#timeline .card").first).to_be_visible(timeout=SLOW)
    page.locator("body").press("/")
    expect(page.locator("#command")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.classList.contains('card')")
    page.keyboard.press("w")
    expect(page.locator(".answer")).to_contain_text("ticket.opened", timeout=10_000)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator('[data-channel="leadership"]')).to_have_attribute("aria-current", "page")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_the_box_can_be_reached_by_tab_and_says_what_it_is(seen: Seen) -> None:
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    expect(page.locator("#command")).to_be_focused()
    assert page.get_by_role("combobox", name="Command").count() == 1


def test_light_and_dark_differ_and_the_choice_is_kept(seen: Seen) -> None:
    page = seen.page

    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = background()
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert background() != light
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.locator("#theme")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=SLOW)


def test_a_phone_shows_everything_without_scrolling_sideways(seen: Seen) -> None:
    page = seen.page
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("#timeline .card").first).to_be_visible(timeout=SLOW)

    def sideways() -> int:
        return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    assert sideways() <= 0
    page.locator("#command").fill("/sla status")
    page.locator("#command").press("Enter")
    expect(page.locator(".answer")).to_contain_text("How we stand", timeout=10_000)
    assert sideways() <= 0
    page.keyboard.press("Escape")
    page.locator("#tab-customer").click()
    expect(page.locator("#customer")).to_be_visible()
    assert sideways() <= 0
    page.locator("#tab-chat").click()
    page.locator("#menu").click()
    expect(page.locator("#person")).to_be_visible()
    assert sideways() <= 0


def test_a_hostile_title_is_text_and_nothing_else(seen: Seen, demo: Process) -> None:
    page = seen.page
    title = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> <!channel> @everyone {{7*7}}"
    ticket = 'T-"><script>x</script>'
    escalated(demo, ticket, title, "<b>evil</b>")
    wait_for(demo, "/api/messages?channel=support", lambda found: any(m["ticket"] == ticket for m in found["messages"]))
    card = page.locator("#timeline .card", has_text="<!channel>").first
    expect(card).to_be_visible(timeout=SLOW)
    expect(card).to_contain_text("<img src=x onerror=")
    expect(card).to_contain_text("{{7*7}}")
    assert card.locator("img, script, b, a").count() == 0
    assert "owned" not in page.title()


def test_the_page_says_when_the_server_is_away_and_finds_it_again(browser: Browser, tmp_path: Path) -> None:
    """A restart on the same port: the page catches up by itself."""
    from tests.support.desk import DESK

    (tmp_path / "c.yaml").write_text(DESK)
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db"}
    process = Process(("run", "--config", str(tmp_path / "c.yaml")), tmp_path / "log", settings).start().ready()
    context = browser.new_context()
    page = context.new_page()
    try:
        page.goto(process.url)
        expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=SLOW)
        port = process.url.rpartition(":")[2]
        process.kill()
        expect(page.locator("#connection")).to_have_attribute("data-state", "reconnecting", timeout=SLOW)
        process.settings = settings | {"PORT": port}
        process.start().ready()
        expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=SLOW)
    finally:
        process.kill()
        context.close()
