"""The operators' door: run, demo, check, db, bank. Without a command it runs the bot, or the demo without a token."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from bot.bank.loader import load_bank
from bot.bank.problems import BankInvalid
from bot.bank.stats import count_bank, stat_lines
from bot.config import Settings
from bot.logs import start_logging
from bot.services.verify import Verify
from bot.storage.database import Database, StorageError
from bot.storage.migrate import MigrationFailed, migrate

T = TypeVar("T")
BAD_SETTINGS, FAILED = 2, 1

app = typer.Typer(
    help="Reps: group study for data-science and ML-engineer interviews, on Discord.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    add_completion=False,
)
db = typer.Typer(help="The database: upgrade, backup, restore, verify.")
bank = typer.Typer(help="The question bank: validate, stats.")
app.add_typer(db, name="db")
app.add_typer(bank, name="bank")
console = Console(highlight=False, soft_wrap=True, markup=False)


def main() -> None:
    """Run the command line."""
    app()


@app.callback(invoke_without_command=True)
def choose(context: typer.Context) -> None:
    """Run the bot when a token is set, and the demo in the browser when none is."""
    if context.invoked_subcommand is None:
        if _settings().token():
            run()
        else:
            console.print("No DISCORD_TOKEN is set, so this is the demo: the whole bot, in your browser.")
            demo()


@app.command()
def run() -> None:
    """Run the bot on Discord; needs DISCORD_TOKEN or DISCORD_TOKEN_FILE."""
    settings = _settings()
    token = settings.token()
    if token is None:
        _stop(
            "Set DISCORD_TOKEN, or DISCORD_TOKEN_FILE to a file that holds it, and start again.", BAD_SETTINGS
        )
    start_logging(settings.log_level, settings.log_format)
    import discord

    from bot.assembly import run_bot

    try:
        code = _run(run_bot(settings, token), fast=True)
    except discord.LoginFailure:
        _stop("Discord did not accept the token. Copy it again from the developer portal.", BAD_SETTINGS)
    raise typer.Exit(code)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The index page's port; any free one unless set.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the browser by itself.")] = True,
    script: Annotated[bool, typer.Option("--script", help="No browser: walk the main path as text.")] = False,
) -> None:
    """Try the whole bot in a browser, without a token: a small study server with people in it."""
    settings = _settings()
    try:
        import simcord  # noqa: F401
    except ImportError:
        _stop("The demo needs one more package: pip install -c constraints.txt '.[demo]'", BAD_SETTINGS)
    start_logging("ERROR", settings.log_format)
    if script:
        from bot.demo.script import walk

        _run(walk(console.print))
        return
    from bot.demo.show import show

    _run(show(settings.data_dir / "demo", port=port, browser=browser, say=console.print))


@app.command()
def check() -> None:
    """Look at the settings, the bank and the database, and say plainly what is wrong."""
    settings = _settings()
    findings: list[str] = []
    if settings.token() is None:
        findings.append("No DISCORD_TOKEN or DISCORD_TOKEN_FILE is set; only the demo can run.")
    try:
        found = load_bank(settings.bank_dir)
        console.print(f"Bank: {len(found.drafts)} items in {len(found.topics)} topics.")
    except BankInvalid as invalid:
        findings.append(f"The bank has {len(invalid.problems)} problems; `bank validate` lists them.")
    try:
        findings += _run(_advice(settings.url()))
        console.print("Database: reachable.")
    except (StorageError, MigrationFailed, OSError) as error:
        findings.append(f"Database: {error}")
    for finding in findings:
        console.print(f"• {finding}")
    if findings:
        raise typer.Exit(FAILED)
    console.print("All is well.")


async def _advice(url: str) -> list[str]:
    database = await Database.open(url)
    try:
        return list(database.advice())
    finally:
        await database.close()


# --- db


@db.command()
def upgrade() -> None:
    """Bring the database to this version's tables, with a backup before."""
    settings = _settings()
    done = _kindly(migrate(settings.url(), backups=settings.backups))
    console.print(
        "Already up to date." if done.from_revision == done.to_revision else f"Now at {done.to_revision}."
    )


@db.command()
def backup(target: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Copy the whole database to a file, also while it is used."""

    async def work() -> None:
        database = await Database.open(_settings().url())
        try:
            await database.backup(target)
        finally:
            await database.close()

    _kindly(work())
    console.print(f"Backed up to {target}.")


@db.command()
def restore(source: Annotated[Path, typer.Argument(help="A file made by `db backup`.")]) -> None:
    """Put a backup in the database's place; the bot must be stopped."""
    kept = _kindly(Database.restore(source, _settings().url()))
    console.print("Restored." + (f" The database before is kept as {kept}." if kept else ""))


@db.command()
def verify() -> None:
    """Rebuild totals and streaks from the record of reps and compare (S6)."""

    async def work() -> tuple[str, ...]:
        database = await Database.open(_settings().url())
        try:
            return await Verify(database).differences()
        finally:
            await database.close()

    found = _kindly(work())
    for line in found:
        console.print(f"• {line}")
    if found:
        _stop(f"{len(found)} differences between the record and what is derived from it.", FAILED)
    console.print("Totals and streaks agree with the record.")


# --- bank


@bank.command()
def validate(folder: Annotated[Path | None, typer.Argument(help="The bank's folder.")] = None) -> None:
    """Read every file of the bank and name each problem by file, line and field."""
    try:
        found = load_bank(folder or _settings().bank_dir)
    except BankInvalid as invalid:
        for problem in invalid.problems:
            console.print(str(problem))
        _stop(f"{len(invalid.problems)} problems.", FAILED)
    console.print(f"{len(found.drafts)} items in {len(found.topics)} topics, all valid.")


@bank.command()
def stats(folder: Annotated[Path | None, typer.Argument(help="The bank's folder.")] = None) -> None:
    """Count the bank by topic, kind, difficulty and track."""
    for line in stat_lines(count_bank(load_bank(folder or _settings().bank_dir))):
        console.print(line)


# --- the floor below


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            console.print(f"• {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}")
        _stop("Some settings are wrong; the README lists them all.", BAD_SETTINGS)


def _run(work: Coroutine[Any, Any, T], *, fast: bool = False) -> T:
    factory = None
    if fast:
        try:
            from uvloop import new_event_loop as factory
        except ImportError:
            factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        try:
            return runner.run(work)
        except KeyboardInterrupt:
            raise typer.Exit from None


def _kindly(work: Coroutine[Any, Any, T]) -> T:
    try:
        return _run(work)
    except (StorageError, MigrationFailed) as error:
        _stop(str(error), FAILED)


def _stop(words: str, code: int) -> NoReturn:
    console.print(words)
    raise typer.Exit(code)
