"""Recitation: enrolments, rounds, who waits in the lobby, recitations with their people, and feedback."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("mode", sa.String(length=64), nullable=False),
        sa.Column("medium", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=True),
        sa.Column("skips", sa.Boolean(), nullable=False),
        sa.Column("no_shows", sa.Integer(), nullable=False),
        sa.Column("rests_since", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_enrolments_member_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_enrolments_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("member_id", name=op.f("uq_enrolments_member_id")),
    )
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolments_server_id"), ["server_id"], unique=False)

    op.create_table(
        "rounds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("delivery_id", KEY, nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("cut_at", UtcDateTime(), nullable=False),
        sa.Column("paired_at", UtcDateTime(), nullable=True),
        sa.Column("closes_at", UtcDateTime(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("messages", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_rounds_delivery_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_rounds_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_rounds_delivery_id")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rounds_server_id"), ["server_id"], unique=False)

    op.create_table(
        "recitations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("round_id", KEY, nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=64), nullable=False),
        sa.Column("medium", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", DOCUMENT, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("waited", sa.Integer(), nullable=True),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("shown_step", sa.Integer(), nullable=False),
        sa.Column("phase_since", UtcDateTime(), nullable=False),
        sa.Column("phase_ends_at", UtcDateTime(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("voice_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("outdated", DOCUMENT, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("meets_at", UtcDateTime(), nullable=True),
        sa.Column("offered", DOCUMENT, nullable=False),
        sa.Column("nudged_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("signed_off_at", UtcDateTime(), nullable=True),
        sa.Column("signed_off_by", sa.BigInteger(), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=True),
        sa.Column("noted_by", sa.BigInteger(), nullable=True),
        sa.Column("guide_note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_recitations_round_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_recitations_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recitations")),
    )
    with op.batch_alter_table("recitations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recitations_noted_by",
            ["noted_by"],
            unique=False,
            sqlite_where=sa.text("noted_by IS NOT NULL"),
            postgresql_where=sa.text("noted_by IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_recitations_round_id"), ["round_id"], unique=False)
        batch_op.create_index("ix_recitations_server_id_made_at", ["server_id", "made_at"], unique=False)
        batch_op.create_index(
            "ix_recitations_signed_off_by",
            ["signed_off_by"],
            unique=False,
            sqlite_where=sa.text("signed_off_by IS NOT NULL"),
            postgresql_where=sa.text("signed_off_by IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_recitations_thread_id"), ["thread_id"], unique=False)

    op.create_table(
        "lobby_tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("mode", sa.String(length=64), nullable=False),
        sa.Column("medium", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("stranded_in", KEY, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_lobby_tickets_member_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_lobby_tickets_server_id")),
        sa.ForeignKeyConstraint(
            ["stranded_in"], ["recitations.id"], name=op.f("fk_lobby_tickets_stranded_in")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lobby_tickets")),
        sa.UniqueConstraint("member_id", name=op.f("uq_lobby_tickets_member_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("lobby_tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lobby_tickets_server_id"), ["server_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lobby_tickets_stranded_in"), ["stranded_in"], unique=False)

    op.create_table(
        "reciters",
        sa.Column("id", KEY, nullable=False),
        sa.Column("recitation_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("item_id", KEY, nullable=True),
        sa.Column("item_version_id", KEY, nullable=True),
        sa.Column("came_at", UtcDateTime(), nullable=True),
        sa.Column("missed_at", UtcDateTime(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("takes", UtcDateTime(), nullable=True),
        sa.Column("recited_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=True),
        sa.Column("recording", sa.String(length=1000), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.String(length=2000), nullable=True),
        sa.Column("replied_at", UtcDateTime(), nullable=True),
        sa.Column("reply_message_id", sa.BigInteger(), nullable=True),
        sa.Column("thanked_at", UtcDateTime(), nullable=True),
        sa.Column("keeps", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_reciters_item_id")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_versions.id"], name=op.f("fk_reciters_item_version_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_reciters_member_id")),
        sa.ForeignKeyConstraint(
            ["recitation_id"], ["recitations.id"], name=op.f("fk_reciters_recitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reciters")),
        sa.UniqueConstraint("recitation_id", "member_id", name=op.f("uq_reciters_recitation_id_member_id")),
        sa.UniqueConstraint("recitation_id", "place", name=op.f("uq_reciters_recitation_id_place")),
    )
    with op.batch_alter_table("reciters", schema=None) as batch_op:
        batch_op.create_index("ix_reciters_member_id_item_id", ["member_id", "item_id"], unique=False)

    op.create_table(
        "recitation_feedback",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reciter_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=True),
        sa.Column("covered", DOCUMENT, nullable=False),
        sa.Column("key_points", sa.Integer(), nullable=False),
        sa.Column("clarity", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("follow_ups", sa.Integer(), nullable=True),
        sa.Column("improve", sa.String(length=500), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_recitation_feedback_member_id")),
        sa.ForeignKeyConstraint(
            ["reciter_id"], ["reciters.id"], name=op.f("fk_recitation_feedback_reciter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recitation_feedback")),
        sa.UniqueConstraint(
            "reciter_id", "member_id", name=op.f("uq_recitation_feedback_reciter_id_member_id")
        ),
    )
    with op.batch_alter_table("recitation_feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recitation_feedback_member_id"), ["member_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("recitation_feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recitation_feedback_member_id"))

    op.drop_table("recitation_feedback")
    with op.batch_alter_table("reciters", schema=None) as batch_op:
        batch_op.drop_index("ix_reciters_member_id_item_id")

    op.drop_table("reciters")
    with op.batch_alter_table("lobby_tickets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lobby_tickets_stranded_in"))
        batch_op.drop_index(batch_op.f("ix_lobby_tickets_server_id"))

    op.drop_table("lobby_tickets")
    with op.batch_alter_table("recitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recitations_thread_id"))
        batch_op.drop_index(
            "ix_recitations_signed_off_by",
            sqlite_where=sa.text("signed_off_by IS NOT NULL"),
            postgresql_where=sa.text("signed_off_by IS NOT NULL"),
        )
        batch_op.drop_index("ix_recitations_server_id_made_at")
        batch_op.drop_index(batch_op.f("ix_recitations_round_id"))
        batch_op.drop_index(
            "ix_recitations_noted_by",
            sqlite_where=sa.text("noted_by IS NOT NULL"),
            postgresql_where=sa.text("noted_by IS NOT NULL"),
        )

    op.drop_table("recitations")
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rounds_server_id"))

    op.drop_table("rounds")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolments_server_id"))

    op.drop_table("enrolments")
