"""What `python -m bot check` looks at before an operator goes to sleep; it changes nothing."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient

from bot.bank.loader import load_bank
from bot.bank.problems import BankInvalid
from bot.clock import Clock, SystemClock
from bot.config import Settings
from bot.domain.permissions import BREAKS
from bot.domain.texts import cleaned, shortened
from bot.services.backups import PROMISE, copies
from bot.storage.database import StorageError, file_of
from bot.storage.database.hazards import find_hazards
from bot.storage.database.pgdump import missing_program
from bot.storage.migrate import revisions
from bot.ui.permissions import permission_name

ROOM_WANTED = 500 * 2**20
DISCORD_SECONDS = 30
STARTS_FEW = 100
SERVERS_A_PAGE = 200
SERVERS_NAMED = 20
CLOCK_NOTED, CLOCK_WRONG, CLOCK_USELESS = timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=1)
# Where containers mount secrets for whoever is inside; the mode there is not the operator's.
MOUNTED_SECRETS = Path("/run/secrets")
_KEPT = re.compile(r"^\s*(?:export\s+)?(?:DISCORD_TOKEN|REPS_DATABASE_URL)\s*=\s*\S", re.MULTILINE)


class Level(Enum):
    """How much a line matters: only a finding means that something is not well."""

    FINE = " "
    NOTE = "!"
    FINDING = "•"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing seen, in plain words, under its heading."""

    group: str
    words: str
    level: Level = Level.FINE


async def look(settings: Settings, *, offline: bool, clock: Clock | None = None) -> AsyncIterator[Line]:
    """Everything there is to see, group by group."""
    now = (clock or SystemClock()).now
    for line in _settings(settings):
        yield line
    if offline:
        yield Line("Discord", "not asked, as you wished.")
    elif token := settings.token():
        async for line in _discord(token, settings, now):
            yield line
    yield _bank(settings)
    async for line in _database(settings):
        yield line
    for line in _backups(settings, now()):
        yield line


# --- settings


def _settings(settings: Settings) -> Iterator[Line]:
    group = "Settings"
    if settings.token() is None:
        yield Line(
            group, "No DISCORD_TOKEN or DISCORD_TOKEN_FILE is set; only the demo can run.", Level.FINDING
        )
    else:
        yield Line(group, "all valid, a token among them.")
    secrets = [settings.discord_token_file, settings.database_url_file]
    if settings.secrets_dir:
        secrets += sorted(settings.secrets_dir.iterdir())
    if (kept := Path(".env")).is_file() and _KEPT.search(kept.read_text(errors="replace")):
        secrets.append(kept)
    for file in filter(None, secrets):
        mounted = file.absolute().is_relative_to(MOUNTED_SECRETS)
        if os.name == "posix" and file.is_file() and file.stat().st_mode & 0o004 and not mounted:
            yield Line(group, f"every user of this machine can read {file}: chmod 600 {file}", Level.NOTE)


# --- Discord


@asynccontextmanager
async def _asking(dates: list[str]) -> AsyncIterator[HTTPClient]:
    """discord.py's own client without a bot around it; `dates` collects what Discord takes the time to be."""
    trace = aiohttp.TraceConfig()

    async def answered(_: object, __: object, told: aiohttp.TraceRequestEndParams) -> None:
        if date := told.response.headers.get("Date"):
            dates.append(date)

    trace.on_request_end.append(answered)
    http = HTTPClient(asyncio.get_running_loop(), http_trace=trace, max_ratelimit_timeout=DISCORD_SECONDS)
    try:
        yield http
    finally:
        await http.close()


async def _discord(token: str, settings: Settings, now: Any) -> AsyncIterator[Line]:
    group = "Discord"
    dates: list[str] = []
    try:
        async with asyncio.timeout(DISCORD_SECONDS), _asking(dates) as http:
            me = await http.static_login(token)
            clock = _clock(dates[-1], now()) if dates else None
            yield Line(group, f"the token is {cleaned(me['username'])}'s.")
            if clock:
                yield clock
            yield Line(group, "no privileged intent is needed; all three may stay switched off.")
            shards, _, limit = await http.get_bot_gateway()
            yield _starts(limit)
            if shards > (settings.shard_count or shards):
                yield Line(group, f"Discord advises {shards} shards; REPS_SHARD_COUNT has fewer.", Level.NOTE)
            async for line in _servers(http):
                yield line
    except discord.LoginFailure:
        yield Line(
            group,
            "Discord did not accept the token. Copy it again from the developer portal.",
            Level.FINDING,
        )
    except (aiohttp.ClientError, OSError, discord.DiscordException, TimeoutError) as error:
        reason = "no answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        yield Line(
            group,
            f"Discord cannot be reached ({reason}). Look at the network; --offline leaves this out.",
            Level.FINDING,
        )


def _clock(date: str, now: datetime) -> Line:
    # The header counts whole seconds.
    ahead = now - parsedate_to_datetime(date).astimezone(UTC) - timedelta(seconds=0.5)
    off, side = abs(ahead), "ahead of" if ahead > timedelta() else "behind"
    seconds = f"{off.total_seconds():,.0f} s"
    if off >= CLOCK_USELESS:
        words = f"this machine's clock is {seconds} {side} Discord's: posts would go out at wrong hours. Set it first."
        return Line("Discord", words, Level.FINDING)
    if off > CLOCK_WRONG:
        words = f"this machine's clock is {seconds} {side} Discord's; let it follow a time server."
        return Line("Discord", words, Level.FINDING)
    if off > CLOCK_NOTED:
        return Line("Discord", f"this machine's clock is {seconds} {side} Discord's.", Level.NOTE)
    return Line("Discord", "this machine's clock agrees with Discord's.")


def _starts(limit: Any) -> Line:
    left, total = limit["remaining"], limit["total"]
    words = f"{left:,} of {total:,} session starts are left for today."
    if not left:
        hours = limit["reset_after"] / 3_600_000
        return Line("Discord", f"{words} The bot can connect again in {hours:.1f} hours.", Level.FINDING)
    return Line("Discord", words, Level.NOTE if left < STARTS_FEW else Level.FINE)


async def _servers(http: HTTPClient) -> AsyncIterator[Line]:
    seen, lacking, last = 0, [], None
    while True:
        page: list[Any] = await http.get_guilds(SERVERS_A_PAGE, after=last, with_counts=False)
        for guild in page:
            have = discord.Permissions(int(guild["permissions"]))
            missing = [name for name in BREAKS if not getattr(have, name)]
            if missing and not have.administrator:
                lacking.append((guild["name"], missing))
        seen += len(page)
        if len(page) < SERVERS_A_PAGE:
            break
        last = int(page[-1]["id"])
    yield Line("Discord", f"servers: {seen:,}.")
    for name, missing in lacking[:SERVERS_NAMED]:
        broken = "; ".join(f"{permission_name(one)} ({BREAKS[one]})" for one in missing)
        yield Line("Discord", f"{shortened(cleaned(name), 60)}: missing {broken}.", Level.FINDING)
    if (more := len(lacking) - SERVERS_NAMED) > 0:
        yield Line("Discord", f"and {more:,} more servers where something is missing.", Level.FINDING)


# --- what is kept here


def _bank(settings: Settings) -> Line:
    try:
        found = load_bank(settings.bank_dir)
    except BankInvalid as invalid:
        return Line("Bank", invalid.sentence, Level.FINDING)
    return Line("Bank", f"{len(found.drafts):,} items in {len(found.topics)} topics, all valid.")


async def _database(settings: Settings) -> AsyncIterator[Line]:
    group, folders = "Database", {settings.data_dir: None}
    try:
        path = file_of(settings.url())
        if path is not None:
            folders[path.parent] = None
        found, head = await revisions(settings.url())
    except (StorageError, OSError) as error:
        yield Line(group, str(error), Level.FINDING)
    else:
        for line in _tables(path, found, head):
            yield line
    for folder in {folder.absolute(): None for folder in folders}:
        for line in _folder(folder):
            yield line


def _tables(path: Path | None, found: str | None, head: str | None) -> Iterator[Line]:
    group = "Database"
    if path is not None and not path.exists():
        yield Line(group, "none yet; the first start makes it.")
    elif found == head:
        yield Line(group, f"reachable, at {found}: ready.")
    else:
        was = found or "no tables of ours"
        yield Line(
            group, f"reachable, at {was}; the next start or `db upgrade` brings it to {head}.", Level.NOTE
        )
    for advice in find_hazards(path) if path is not None else ():
        yield Line(group, advice, Level.NOTE)


def _folder(folder: Path) -> Iterator[Line]:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Line("Disk", f"{there} cannot be written to by this user. Who owns it?", Level.FINDING)
    free = shutil.disk_usage(there).free
    level = Level.NOTE if free < ROOM_WANTED else Level.FINE
    yield Line("Disk", f"{folder} has {free // 2**20:,} MiB left.", level)


def _backups(settings: Settings, now: datetime) -> Iterator[Line]:
    group, every = "Back-ups", timedelta(hours=settings.backup_every_hours)
    newest = next(iter(copies(settings.backups)), None)
    if not every:
        yield Line(group, "switched off by REPS_BACKUP_EVERY_HOURS=0.", Level.NOTE)
    elif settings.url().startswith("postgresql") and (lacking := missing_program()):
        yield Line(
            group, f"{lacking} is not installed here, so no copy of PostgreSQL can be made.", Level.FINDING
        )
    if newest is None:
        yield Line(group, f"none in {settings.backups} yet.", Level.NOTE if every else Level.FINE)
        return
    age = now - newest.at
    late = age > (2 * every if every else PROMISE)
    words = f"the newest, {newest.path.name}, is {age.total_seconds() / 3600:,.0f} hours old."
    yield Line(group, words, Level.FINDING if late else Level.FINE)
