"""The foundation: servers, members, questions, drops, schedules, and the record of reps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("name", sa.String(100)),
        sa.Column("value", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_facts"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("worker", sa.String(64)),
        sa.Column("duty", sa.String(64)),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("worker", "duty", name="pk_heartbeats"),
    )
    op.create_table(
        "servers",
        sa.Column("id", KEY),
        sa.Column("discord_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("study_channel_id", sa.BigInteger()),
        sa.Column("guide_role_id", sa.BigInteger()),
        sa.Column("alert_channel_id", sa.BigInteger()),
        sa.Column("weekly_goal", sa.Integer()),
        sa.Column("set_up_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_servers"),
        sa.UniqueConstraint("discord_id", name="uq_servers_discord_id"),
    )
    op.create_table(
        "audit",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("actor_discord_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_audit_server_id"),
    )
    op.create_index("ix_audit_server_id", "audit", ["server_id"])
    op.create_table(
        "guides",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("discord_id", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guides"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_guides_server_id"),
        sa.UniqueConstraint("server_id", "discord_id", name="uq_guides_server_id_discord_id"),
    )
    op.create_table(
        "items",
        sa.Column("id", KEY),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("server_id", KEY),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("track", sa.String(64), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_items_server_id"),
        sa.UniqueConstraint("slug", name="uq_items_slug"),
    )
    op.create_index("ix_items_live", "items", ["retired_at", "kind", "topic"])
    op.create_table(
        "members",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("discord_id", sa.BigInteger(), nullable=False),
        sa.Column("display_name", sa.String(64), nullable=False),
        sa.Column("zone", sa.String(64)),
        sa.Column("zone_changed_at", UtcDateTime()),
        sa.Column("track", sa.String(64), nullable=False),
        sa.Column("shown_as", sa.String(64), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("paused_at", UtcDateTime()),
        sa.Column("left_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_members_server_id"),
        sa.UniqueConstraint("server_id", "discord_id", name="uq_members_server_id_discord_id"),
    )
    op.create_index("ix_members_discord_id", "members", ["discord_id"])
    op.create_table(
        "rooms",
        sa.Column("id", KEY),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("discord_id", sa.BigInteger()),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("close_by", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_rooms"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_rooms_server_id"),
        sa.UniqueConstraint("key", name="uq_rooms_key"),
    )
    op.create_index("ix_rooms_closed_at_close_by", "rooms", ["closed_at", "close_by"])
    op.create_table(
        "schedules",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("recurrence", DOCUMENT, nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("next_due_at", UtcDateTime()),
        sa.Column("next_date", sa.Date()),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("paused_at", UtcDateTime()),
        sa.Column("removed_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_schedules_server_id"),
    )
    op.create_index("ix_schedules_next_due_at", "schedules", ["next_due_at"])
    op.create_index("ix_schedules_server_id", "schedules", ["server_id"])
    op.create_table(
        "timers",
        sa.Column("id", KEY),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("claimed_until", UtcDateTime()),
        sa.Column("token", sa.String(64)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", UtcDateTime()),
        sa.Column("settled_at", UtcDateTime()),
        sa.Column("reason", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_timers_server_id"),
        sa.UniqueConstraint("key", name="uq_timers_key"),
    )
    op.create_index("ix_timers_state_due_at", "timers", ["state", "due_at"])
    op.create_table(
        "availability",
        sa.Column("id", KEY),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_availability"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_availability_member_id"),
        sa.UniqueConstraint(
            "member_id", "weekday", "start_minute", name="uq_availability_member_id_weekday_start_minute"
        ),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", KEY),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("schedule_id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("local_date", sa.Date()),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("claimed_until", UtcDateTime()),
        sa.Column("token", sa.String(64)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", UtcDateTime()),
        sa.Column("settled_at", UtcDateTime()),
        sa.Column("reason", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name="fk_deliveries_schedule_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_deliveries_server_id"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
        sa.UniqueConstraint("schedule_id", "local_date", name="uq_deliveries_schedule_id_local_date"),
    )
    op.create_index("ix_deliveries_server_id_due_at", "deliveries", ["server_id", "due_at"])
    op.create_index("ix_deliveries_state_due_at", "deliveries", ["state", "due_at"])
    op.create_table(
        "item_versions",
        sa.Column("id", KEY),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_item_versions"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_item_versions_item_id"),
        sa.UniqueConstraint("item_id", "content_hash", name="uq_item_versions_item_id_content_hash"),
    )
    op.create_table(
        "ledger",
        sa.Column("id", KEY),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_ledger_member_id"),
        sa.UniqueConstraint("key", name="uq_ledger_key"),
    )
    op.create_index("ix_ledger_member_id_day", "ledger", ["member_id", "day"])
    op.create_table(
        "notification_choices",
        sa.Column("id", KEY),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_choices"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_notification_choices_member_id"),
        sa.UniqueConstraint("member_id", "kind", name="uq_notification_choices_member_id_kind"),
    )
    op.create_table(
        "reps",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("activity", sa.String(64), nullable=False),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("server_day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("voided_at", UtcDateTime()),
        sa.Column("voided_by", sa.BigInteger()),
        sa.Column("void_reason", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_reps"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_reps_member_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_reps_server_id"),
        sa.UniqueConstraint("key", name="uq_reps_key"),
    )
    op.create_index("ix_reps_member_id_server_day", "reps", ["member_id", "server_day"])
    op.create_index("ix_reps_server_id", "reps", ["server_id"])
    op.create_table(
        "streaks",
        sa.Column("member_id", KEY),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date()),
        sa.Column("last_credit_at", UtcDateTime()),
        sa.Column("freezes", sa.Integer(), nullable=False),
        sa.Column("toward_freeze", sa.Integer(), nullable=False),
        sa.Column("waiting_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("member_id", name="pk_streaks"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_streaks_member_id"),
    )
    op.create_table(
        "totals",
        sa.Column("server_id", KEY),
        sa.Column("period", sa.String(64)),
        sa.Column("activity", sa.String(64)),
        sa.Column("member_id", KEY),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("server_id", "period", "activity", "member_id", name="pk_totals"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_totals_member_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_totals_server_id"),
    )
    op.create_index("ix_totals_member_id", "totals", ["member_id"])
    op.create_index(
        "ix_totals_points", "totals", ["server_id", "period", "activity", "listed", "points", "member_id"]
    )
    op.create_index(
        "ix_totals_reps", "totals", ["server_id", "period", "activity", "listed", "reps", "member_id"]
    )
    op.create_table(
        "drops",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("delivery_id", KEY, nullable=False),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("item_version_id", KEY, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("posted_at", UtcDateTime()),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("reveals_at", UtcDateTime()),
        sa.Column("revealed_at", UtcDateTime()),
        sa.Column("reveal_message_id", sa.BigInteger()),
        sa.Column("thread_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_drops"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_drops_delivery_id"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_drops_item_id"),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_versions.id"], name="fk_drops_item_version_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_drops_server_id"),
        sa.UniqueConstraint("delivery_id", name="uq_drops_delivery_id"),
    )
    op.create_index("ix_drops_server_id_item_id", "drops", ["server_id", "item_id"])
    op.create_index("ix_drops_server_id_posted_at", "drops", ["server_id", "posted_at"])
    op.create_table(
        "answers",
        sa.Column("id", KEY),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("drop_id", KEY),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("item_version_id", KEY, nullable=False),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("chosen", DOCUMENT),
        sa.Column("text", sa.String(4000)),
        sa.Column("right", sa.Boolean()),
        sa.Column("marks", DOCUMENT),
        sa.Column("marked_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name="fk_answers_drop_id"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_answers_item_id"),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_versions.id"], name="fk_answers_item_version_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_answers_member_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_answers_server_id"),
        sa.UniqueConstraint("drop_id", "member_id", name="uq_answers_drop_id_member_id"),
    )
    op.create_index("ix_answers_member_id_item_id", "answers", ["member_id", "item_id"])
    op.create_table(
        "explanations",
        sa.Column("id", KEY),
        sa.Column("drop_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("text", sa.String(1500), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_explanations"),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name="fk_explanations_drop_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_explanations_member_id"),
        sa.UniqueConstraint("drop_id", "member_id", name="uq_explanations_drop_id_member_id"),
    )
    op.create_table(
        "explanation_votes",
        sa.Column("id", KEY),
        sa.Column("drop_id", KEY, nullable=False),
        sa.Column("explanation_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("voted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_explanation_votes"),
        sa.ForeignKeyConstraint(["drop_id"], ["drops.id"], name="fk_explanation_votes_drop_id"),
        sa.ForeignKeyConstraint(
            ["explanation_id"], ["explanations.id"], name="fk_explanation_votes_explanation_id"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_explanation_votes_member_id"),
        sa.UniqueConstraint("drop_id", "member_id", name="uq_explanation_votes_drop_id_member_id"),
    )
    op.create_index("ix_explanation_votes_explanation_id", "explanation_votes", ["explanation_id"])


def downgrade() -> None:
    for table in (
        "explanation_votes", "explanations", "answers", "drops", "totals", "streaks", "reps",
        "notification_choices", "ledger", "item_versions", "deliveries", "availability", "timers",
        "schedules", "rooms", "members", "items", "guides", "audit", "servers", "heartbeats", "facts",
    ):  # fmt: skip
        op.drop_table(table)
