"""Admin: guides' requests, suggestions, blocks and reports, schedule drafts, and what members choose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
# Few rows of large tables, looked for when a guide's data is erased.
BY_GUIDES = (("answers", "confirmed_by"), ("reps", "voided_by"))
BY_MEMBERS = ("suggestions", "item_reports", "explanations", "explanation_votes")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("reporter_discord_id", sa.BigInteger(), nullable=False),
        sa.Column("about_discord_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("evidence", sa.String(length=4000), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_reports_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_server_id"), ["server_id"], unique=False)

    op.create_table(
        "bank_imports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("items", DOCUMENT, nullable=False),
        sa.Column("drafted_by", sa.BigInteger(), nullable=False),
        sa.Column("drafted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_bank_imports_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_imports")),
    )
    with op.batch_alter_table("bank_imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_imports_drafted_at"), ["drafted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_imports_server_id"), ["server_id"], unique=False)

    op.create_table(
        "blocks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("blocked_discord_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_blocks_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint(
            "member_id", "blocked_discord_id", name=op.f("uq_blocks_member_id_blocked_discord_id")
        ),
    )
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_blocks_blocked_discord_id"), ["blocked_discord_id"], unique=False
        )

    op.create_table(
        "guide_requests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_guide_requests_member_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_guide_requests_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_requests")),
        sa.UniqueConstraint(
            "member_id", "kind", "subject", name=op.f("uq_guide_requests_member_id_kind_subject")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("guide_requests", schema=None) as batch_op:
        batch_op.create_index(
            "ix_guide_requests_server_id_closed_at", ["server_id", "closed_at"], unique=False
        )

    op.create_table(
        "item_reports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_reports_item_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_item_reports_member_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_item_reports_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_reports")),
        sa.UniqueConstraint("item_id", "member_id", name=op.f("uq_item_reports_item_id_member_id")),
    )
    with op.batch_alter_table("item_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_reports_server_id"), ["server_id"], unique=False)

    op.create_table(
        "item_tallies",
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_tallies_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_tallies")),
    )
    op.create_table(
        "schedule_drafts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("schedule_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("recurrence", DOCUMENT, nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("drafted_by", sa.BigInteger(), nullable=False),
        sa.Column("drafted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_drafts_schedule_id")
        ),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_schedule_drafts_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_drafts")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("schedule_drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_drafts_drafted_at"), ["drafted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_schedule_drafts_server_id"), ["server_id"], unique=False)

    op.create_table(
        "streak_repairs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("repaired_at", UtcDateTime(), nullable=False),
        sa.Column("repaired_by", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_streak_repairs_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streak_repairs")),
        sa.UniqueConstraint("member_id", "day", name=op.f("uq_streak_repairs_member_id_day")),
    )
    op.create_table(
        "suggestions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("item_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_suggestions_item_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_suggestions_member_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_suggestions_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.create_index("ix_suggestions_server_id_state", ["server_id", "state"], unique=False)

    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_by", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("comment", sa.String(length=500), nullable=True))

    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.add_column(sa.Column("languages", DOCUMENT, nullable=False, server_default='["en"]'))
        batch_op.add_column(sa.Column("level", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("quiet_from", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("quiet_until", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("conduct_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("paused_by", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("gone_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_members_gone_at"), ["gone_at"], unique=False)

    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.alter_column("languages", existing_type=DOCUMENT, server_default=None)

    with op.batch_alter_table("servers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moderator_role_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("trouble_told", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("ask_members_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_servers_ask_members_at"), ["ask_members_at"], unique=False)

    for table, column in BY_GUIDES:
        acted = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=acted, postgresql_where=acted)
    for table in BY_MEMBERS:
        op.create_index(f"ix_{table}_member_id", table, ["member_id"])
    for name, table, columns, which in (
        ("ix_suggestions_drafts", "suggestions", ["written_at"], "state = 'draft'"),
        ("ix_answers_item_id_right", "answers", ["item_id", "right"], '"right" IS NOT NULL'),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))


def downgrade() -> None:
    op.drop_index("ix_answers_item_id_right", "answers")
    op.drop_index("ix_suggestions_drafts", "suggestions")
    for table in BY_MEMBERS:
        op.drop_index(f"ix_{table}_member_id", table)
    for table, column in BY_GUIDES:
        op.drop_index(f"ix_{table}_{column}", table)

    with op.batch_alter_table("servers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_servers_ask_members_at"))
        batch_op.drop_column("ask_members_at")
        batch_op.drop_column("trouble_told")
        batch_op.drop_column("moderator_role_id")

    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_members_gone_at"))
        batch_op.drop_column("gone_at")
        batch_op.drop_column("paused_by")
        batch_op.drop_column("conduct_at")
        batch_op.drop_column("quiet_until")
        batch_op.drop_column("quiet_from")
        batch_op.drop_column("level")
        batch_op.drop_column("languages")

    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_column("comment")
        batch_op.drop_column("confirmed_by")
        batch_op.drop_column("confirmed_at")

    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.drop_index("ix_suggestions_server_id_state")

    op.drop_table("suggestions")
    op.drop_table("streak_repairs")
    with op.batch_alter_table("schedule_drafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_drafts_server_id"))
        batch_op.drop_index(batch_op.f("ix_schedule_drafts_drafted_at"))

    op.drop_table("schedule_drafts")
    op.drop_table("item_tallies")
    with op.batch_alter_table("item_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_item_reports_server_id"))

    op.drop_table("item_reports")
    with op.batch_alter_table("guide_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_guide_requests_server_id_closed_at")

    op.drop_table("guide_requests")
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blocks_blocked_discord_id"))

    op.drop_table("blocks")
    with op.batch_alter_table("bank_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_imports_server_id"))
        batch_op.drop_index(batch_op.f("ix_bank_imports_drafted_at"))

    op.drop_table("bank_imports")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_server_id"))
        batch_op.drop_index(batch_op.f("ix_reports_at"))

    op.drop_table("reports")
