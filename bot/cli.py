"""The operators' door: run, demo, check, db, bank. Without a command it runs the bot, or the demo without a token."""

import asyncio
import errno
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import aiohttp
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from bot.bank.loader import load_bank
from bot.bank.problems import BankInvalid
from bot.bank.stats import count_bank, stat_lines
from bot.config import Settings
from bot.logs import start_logging
from bot.services.verify import Verify
from bot.storage.database import Database, DatabaseUrlRefused, StorageError, file_of
from bot.storage.migrate import at_head, migrate

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
    # What is written here holds members' answers: the database, its copies and dumps are their owner's alone.
    os.umask(0o077)
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
        code = _kindly(run_bot(settings, token), port=settings.probe_port, fast=True)
    except discord.LoginFailure:
        _stop("Discord did not accept the token. Copy it again from the developer portal.", BAD_SETTINGS)
    except (aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound) as error:
        _stop(f"Discord cannot be reached ({error}). Look at the network, then start again.", FAILED)
    raise typer.Exit(code)


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The index page's port; any free one unless set.")
    ] = 0,
    browser: Annotated[bool, typer.Option(help="Open the browser by itself.")] = True,
    script: Annotated[bool, typer.Option("--script", help="No browser: walk the main path as text.")] = False,
) -> None:
    """Try the whole bot in a browser, without a token: a small study server with people in it."""
    settings = _settings()
    try:
        import simcord  # noqa: F401
    except ImportError:
        _stop("The demo needs one more package: pip install -c constraints.txt '.[demo]'", BAD_SETTINGS)
    # What an operator should hear of a lasting database does not concern one that ends with the demo.
    start_logging("ERROR", settings.log_format)
    if script:
        from bot.demo.script import walk

        _kindly(walk(console.print))
        return
    from bot.demo.show import show

    with tempfile.TemporaryDirectory(prefix="reps-demo-", ignore_cleanup_errors=True) as folder:
        _kindly(show(Path(folder), port=port, browser=browser, say=console.print), port=port)


@app.command()
def check(
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Discord anything.")] = False,
) -> None:
    """Look at settings, Discord, bank, database, disk and back-ups, and say plainly what is wrong; changes nothing."""
    settings = _settings()
    from bot.check import Level, look

    async def work() -> int:
        findings, group = 0, ""
        async for line in look(settings, offline=offline):
            if line.group != group:
                group = line.group
                console.print(group)
            console.print(f"  {line.level.value} {line.words}")
            findings += line.level is Level.FINDING
        return findings

    if found := _kindly(work()):
        _stop(f"Findings: {found}.", FAILED)
    console.print("All is well.")


# --- db


@db.command()
def upgrade() -> None:
    """Bring the database to this version's tables, with a backup before."""
    settings = _settings()
    done = _kindly(migrate(settings.url(), backups=settings.backups))
    if done.from_revision == done.to_revision:
        console.print("Already up to date.")
    else:
        console.print(
            f"Now at {done.to_revision}." + (f" Backed up to {done.backup}." if done.backup else "")
        )


@db.command()
def backup(target: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Copy the whole database to a file, also while it is used."""
    url = _settings().url()

    async def work() -> None:
        _refuse_missing(url)
        if target.absolute() == file_of(url):
            _stop(f"{target} is the database itself; choose another name for the copy.", FAILED)
        database = await Database.open(url)
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
    """Rebuild totals and streaks from the record of reps and compare; changes nothing."""
    url = _settings().url()

    async def work() -> tuple[str, ...]:
        _refuse_missing(url)
        if not await at_head(url):
            _stop(
                "The database is not at this version's tables. Run `python -m bot db upgrade` first.", FAILED
            )
        database = await Database.open(url)
        try:
            return await Verify(database).differences()
        finally:
            await database.close()

    found = _kindly(work())
    for line in found:
        console.print(f"• {line}")
    if found:
        _stop(f"Differences between the record and what is derived from it: {len(found)}.", FAILED)
    console.print("Totals and streaks agree with the record.")


def _missing(url: str) -> bool:
    path = file_of(url)
    return path is not None and not path.exists()


def _refuse_missing(url: str) -> None:
    if _missing(url):
        _stop(f"There is no database at {file_of(url)} yet; the first start makes it.", FAILED)


# --- bank


@bank.command()
def validate(folder: Annotated[Path | None, typer.Argument(help="The bank's folder.")] = None) -> None:
    """Read every file of the bank and name each problem by file, line and field."""
    try:
        found = load_bank(folder or _settings().bank_dir)
    except BankInvalid as invalid:
        for problem in invalid.problems:
            console.print(str(problem))
        _stop(f"Problems: {len(invalid.problems)}.", FAILED)
    console.print(f"{len(found.drafts)} items in {len(found.topics)} topics, all valid.")


@bank.command()
def stats(folder: Annotated[Path | None, typer.Argument(help="The bank's folder.")] = None) -> None:
    """Count the bank by topic, kind, difficulty and track."""
    try:
        found = load_bank(folder or _settings().bank_dir)
    except BankInvalid as invalid:
        _stop(invalid.sentence, FAILED)
    for line in stat_lines(count_bank(found)):
        console.print(line)


# --- the floor below


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        names = Settings.names()
        for problem in error.errors(include_input=False, include_context=False, include_url=False):
            where = ".".join(names.get(str(part), str(part)) for part in problem["loc"])
            words = problem["msg"].removeprefix("Value error, ")
            console.print(f"• {where}: {words}" if where else f"• {words}")
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        # Its own words may quote the file.
        console.print(f"• A file of settings or in REPS_SECRETS_DIR cannot be read ({type(error).__name__}).")
    return _stop("Some settings are wrong; the README lists them all.", BAD_SETTINGS)


def _kindly(work: Coroutine[Any, Any, T], *, port: int = 0, fast: bool = False) -> T:
    """Run to the end; what an operator can mend is said in one sentence instead of a traceback."""
    try:
        return _run(work, fast=fast)
    except StorageError as error:
        _stop(str(error), BAD_SETTINGS if isinstance(error, DatabaseUrlRefused) else FAILED)
    except BankInvalid as invalid:
        _stop(invalid.sentence, FAILED)
    except socket.gaierror:
        _stop("REPS_PROBE_HOST is no address of this machine; 127.0.0.1 or 0.0.0.0 will do.", BAD_SETTINGS)
    except OSError as error:
        if port and error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            _stop(f"Port {port} cannot be used: {os.strerror(error.errno)}. Choose another one.", FAILED)
        if isinstance(error, PermissionError):
            _stop(f"{error.filename} cannot be opened: {error.strerror}. Who owns it?", FAILED)
        raise


def _run(work: Coroutine[Any, Any, T], *, fast: bool = False) -> T:
    """Run to the end, or until Ctrl+C or SIGTERM: then everything closes, and the exit code is 0."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if fast:
        with suppress(ImportError):
            from uvloop import new_event_loop

            factory = new_event_loop

    async def until_told() -> T:
        task = asyncio.current_task()
        assert task is not None
        with suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    with asyncio.Runner(loop_factory=factory) as runner:
        try:
            return runner.run(until_told())
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("Stopped.")
            raise typer.Exit from None


def _stop(words: str, code: int) -> NoReturn:
    console.print(words)
    raise typer.Exit(code)
