"""`sla knowledge`: articles that a hint may name, beside solved tickets.

Decided here: how files become articles: a Markdown file is one, named by its path and titled by its first heading; a line of
JSON is one. Not decided here: what is alike (`bot.similar`), and when a hint is given (a rule with `{hint: similar}`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from bot.cli.options import plain_console, settings_error, usage_error
from bot.cli.run import opened
from bot.messages import clipped, counted

if TYPE_CHECKING:
    from bot.records import Case

_LONGEST = 20_000
_LARGEST_FILE = 50_000_000
_AT_ONCE = 500

app = typer.Typer(help="Articles that may help with a ticket: add them, try what is found.", no_args_is_help=True)


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Folders, *.md files, *.jsonl (id, title, text, url).")],
    url: Annotated[str | None, typer.Option(help="Where Markdown files are read: this, then their path without .md.")] = None,
) -> None:
    """Add articles, or take in what has changed about them."""
    found = {case.ref: case for path in paths for case in _read(path, url)}
    if not found:
        raise usage_error("no article was found: name folders with *.md files, or *.jsonl files")
    ledger = opened()
    ledger.knowledge.keep(list(found.values()))
    known = ledger.knowledge.counts()
    typer.echo(f"{counted(len(found), 'article')} added; {known.get('article', 0):,} are known now.")


@app.command()
def remove(names: Annotated[list[str], typer.Argument(metavar="NAME…", help="As sla knowledge find names them.")]) -> None:
    """Take out articles.

    Exit codes: 0 all of them are gone, 1 some of them were not known.
    """
    gone = opened().knowledge.remove(names)
    typer.echo(f"{counted(gone, 'article')} removed.")
    if gone < len(set(names)):
        raise typer.Exit(1)


@app.command()
def find(words: Annotated[list[str], typer.Argument(metavar="WORDS…", help="As a customer would put it.")]) -> None:
    """Show what a hint would name for such a ticket, the likest first."""
    from bot.similar import most_similar, words_of

    asked = words_of(" ".join(words))
    known = most_similar(asked, opened().knowledge.find(asked, _AT_ONCE))
    console = plain_console()
    for case in known:
        where = f"  {clipped(case.url, 300)}" if case.url else ""
        console.print(f"{case.kind} {case.ref}: {clipped(case.title, 120)}{where}", markup=False, soft_wrap=True)
    if not known:
        console.print("Nothing like it is known.")


@app.command()
def tickets() -> None:
    """Have all tickets be found that are solved, also those from before a rule asked for hints."""
    from bot.similar import case_of

    ledger, after, kept = opened(), "", 0
    while ids := ledger.reader.known(after, _AT_ONCE):
        views, after = ledger.reader.tickets(ids), ids[-1]
        histories = ledger.looks.histories(ids)
        cases = [case for h in histories if (view := views.get(h.ticket)) and (case := case_of(h.ticket, view.facts, h.events))]
        ledger.knowledge.keep(cases)
        kept += len(cases)
    typer.echo(f"{counted(kept, 'solved ticket')} can be found now.")


def _read(path: Path, url: str | None) -> Iterator[Case]:
    """The articles of a folder or file."""
    if path.is_dir():
        for file in sorted(path.rglob("*.md")):
            yield _markdown(file, file.relative_to(path), url)
        for file in sorted(path.rglob("*.jsonl")):
            yield from _lines(file)
    elif path.suffix == ".jsonl":
        yield from _lines(path)
    else:
        yield _markdown(path, Path(path.name), url)


def _markdown(file: Path, name: Path, url: str | None) -> Case:
    from bot.records import Case

    text = _text(file)
    heading = next((line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")), "") or name.stem
    place = quote(name.with_suffix("").as_posix())
    return Case("article", name.as_posix()[:300], clipped(heading, 300), text[:_LONGEST], f"{url}{place}" if url else None)


def _lines(file: Path) -> Iterator[Case]:
    from bot.records import Case

    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            id, title, text = (said[name] for name in ("id", "title", "text"))
        except (ValueError, KeyError, TypeError, RecursionError):
            expected = "write a JSON object with id, title, text and, if it has one, url"
            raise settings_error(f"{file}, line {number}: {expected}") from None
        link = said.get("url")
        if not all(isinstance(value, str) for value in (id, title, text, link or "")):
            raise settings_error(f"{file}, line {number}: id, title, text and url are texts")
        yield Case("article", id[:300], clipped(title, 300), text[:_LONGEST], link)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise settings_error(f"{file} is larger than {_LARGEST_FILE // 1_000_000} MB: divide it")
        return file.read_text("utf-8", "replace")
    except OSError as error:
        raise settings_error(f"{file} cannot be read: {error.strerror}") from None
