"""Finding a person in a server, and noting that they were there: every press runs these."""

from sqlalchemy import bindparam, select, update

from bot.storage.queries.prebuilt import Prebuilt, bare
from bot.storage.tables import Member, Server

_members, _servers = bare(Member).c, bare(Server).c

# A server with what it knows of a person, whose columns are empty where they never took part.
PERSON = (
    select(
        _servers.id.label("server_id"),
        _servers.zone.label("server_zone"),
        _members.id,
        _members.zone,
        _members.display_name,
        _members.shown_as,
        _members.last_seen_at,
        _members.left_at,
        _members.gone_at,
    )
    .join_from(
        bare(Server),
        bare(Member),
        (_members.server_id == _servers.id) & (_members.discord_id == bindparam("discord_id")),
        isouter=True,
    )
    .where(_servers.discord_id == bindparam("guild_id"))
)
FIND = Prebuilt(PERSON)
SEE = Prebuilt(
    update(bare(Member))
    .where(_members.id == bindparam("member_id"))
    .values(display_name=bindparam("name"), last_seen_at=bindparam("now"))
)
