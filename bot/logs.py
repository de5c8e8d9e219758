"""Logs: one line an event, readable or JSON, with the interaction it belongs to; never a token or an answer."""

import logging
import re
import sys

import structlog

# discord.py names the address of a request that went wrong, and an interaction's holds its token. The last is
# the shape of a bot's own token.
_SECRET = re.compile(
    r"(/(?:webhooks|interactions)/\d+/)[\w.-]{20,}|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", re.ASCII
)


def start_logging(level: str, style: str) -> None:
    """Send every log of ours and of the libraries to standard error in one shape.

    `level` is ours; the libraries stay at INFO or above, since discord.py's DEBUG prints answers and
    interaction tokens (M7).
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            # Pretty tracebacks would print local variables, and those hold answers.
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
    )
    finish: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if style == "json":
        finish.append(structlog.processors.format_exc_info)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[*finish, render, _without_secrets]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelName(level)))
    for own in ("bot", "cogs"):
        logging.getLogger(own).setLevel(level)
    for talkative in ("alembic", "apscheduler"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _without_secrets(_: object, __: str, line: object) -> str:
    return _SECRET.sub(r"\1[secret]", str(line))
