"""Answering a posted question: what is asked of whom, and the answer's row."""

from sqlalchemy import bindparam

from bot.storage.queries.members import PERSON
from bot.storage.queries.prebuilt import Prebuilt, bare, given
from bot.storage.tables import Answer, Drop, Server

_answers, _drops = bare(Answer).c, bare(Drop).c

# A drop, with the person who answers it as FIND gives them.
DROP_FOR = Prebuilt(
    PERSON.add_columns(_drops.item_id, _drops.item_version_id, _drops.revealed_at, _drops.reveals_at)
    .join_from(bare(Server), bare(Drop))
    .where(_drops.id == bindparam("drop_id"))
)
SAVE_ANSWER = Prebuilt.insert(
    Answer,
    lambda insert: (
        insert.values(
            given(
                "server_id",
                "member_id",
                "drop_id",
                "item_id",
                "item_version_id",
                "drawn_at",
                "answered_at",
                "chosen",
                "text",
                "right",
            )
        )
        .on_conflict_do_nothing()
        .returning(_answers.id)
    ),
)
