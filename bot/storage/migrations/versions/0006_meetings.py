"""Meetings: what is planned and held, who came, the tables they sat at, and the recitations that were part of it."""

import sqlalchemy as sa
from alembic import op

from bot.storage.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Few rows of many, looked for when a person's data is erased.
LED = sa.text("led_by IS NOT NULL")
PAUSED = sa.text("paused_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("schedule_id", KEY, nullable=True),
        sa.Column("local_date", sa.Date(), nullable=True),
        sa.Column("delivery_id", KEY, nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("medium", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("voice_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("phase_since", UtcDateTime(), nullable=True),
        sa.Column("phase_ends_at", UtcDateTime(), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("moved_by", UtcDateTime(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("led_by", sa.BigInteger(), nullable=True),
        sa.Column("problem_id", KEY, nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_meetings_delivery_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_meetings_problem_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_meetings_schedule_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_meetings_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
        sa.UniqueConstraint("key", name=op.f("uq_meetings_key")),
    )
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meetings_channel_id"), ["channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            "ix_meetings_led_by",
            ["led_by"],
            unique=False,
            sqlite_where=LED,
            postgresql_where=LED,
        )
        batch_op.create_index(
            "ix_meetings_paused_at",
            ["paused_at"],
            unique=False,
            sqlite_where=PAUSED,
            postgresql_where=PAUSED,
        )
        batch_op.create_index("ix_meetings_phase", ["phase"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_problem_id"), ["problem_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_schedule_id"), ["schedule_id"], unique=False)
        batch_op.create_index("ix_meetings_server_id_starts_at", ["server_id", "starts_at"], unique=False)

    op.create_table(
        "meeting_groups",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("recitation_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_groups_meeting_id")),
        sa.ForeignKeyConstraint(
            ["recitation_id"], ["recitations.id"], name=op.f("fk_meeting_groups_recitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_groups")),
        sa.UniqueConstraint("recitation_id", name=op.f("uq_meeting_groups_recitation_id")),
    )
    with op.batch_alter_table("meeting_groups", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_groups_meeting_id_place", ["meeting_id", "place"], unique=False)

    op.create_table(
        "meeting_tables",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.Column("voice_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("turn_ends_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_tables_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_tables")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_meeting_tables_meeting_id_number")),
    )
    op.create_table(
        "meeting_attendees",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("came_at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("by_voice", sa.Boolean(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("moved_to", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("recited_seconds", sa.Integer(), nullable=False),
        sa.Column("worked_seconds", sa.Integer(), nullable=False),
        sa.Column("table_id", KEY, nullable=True),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("spoken", sa.String(length=64), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_attendees_meeting_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_meeting_attendees_member_id")),
        sa.ForeignKeyConstraint(
            ["table_id"], ["meeting_tables.id"], name=op.f("fk_meeting_attendees_table_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_attendees")),
        sa.UniqueConstraint(
            "meeting_id", "member_id", name=op.f("uq_meeting_attendees_meeting_id_member_id")
        ),
    )
    with op.batch_alter_table("meeting_attendees", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_attendees_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_attendees_table_id"), ["table_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("meeting_attendees", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_attendees_table_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_attendees_member_id"))

    op.drop_table("meeting_attendees")
    op.drop_table("meeting_tables")
    with op.batch_alter_table("meeting_groups", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_groups_meeting_id_place")

    op.drop_table("meeting_groups")
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_index("ix_meetings_server_id_starts_at")
        batch_op.drop_index(batch_op.f("ix_meetings_schedule_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_problem_id"))
        batch_op.drop_index("ix_meetings_phase")
        batch_op.drop_index(
            "ix_meetings_paused_at",
            sqlite_where=PAUSED,
            postgresql_where=PAUSED,
        )
        batch_op.drop_index(
            "ix_meetings_led_by",
            sqlite_where=LED,
            postgresql_where=LED,
        )
        batch_op.drop_index(batch_op.f("ix_meetings_event_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_delivery_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_channel_id"))

    op.drop_table("meetings")
