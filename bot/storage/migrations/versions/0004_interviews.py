"""Interviews: mock interviews with their seats and what was told, and members' own projects."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "mocks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("offered", DOCUMENT, nullable=False),
        sa.Column("refused", DOCUMENT, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("agreed_at", UtcDateTime(), nullable=True),
        sa.Column("nudged_at", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("paired_at", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_mocks_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mocks")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("mocks", schema=None) as batch_op:
        batch_op.create_index("ix_mocks_server_id_state", ["server_id", "state"], unique=False)

    op.create_table(
        "projects",
        sa.Column("id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("problem", sa.String(length=1000), nullable=False),
        sa.Column("data", sa.String(length=1000), nullable=False),
        sa.Column("model", sa.String(length=1000), nullable=False),
        sa.Column("tools", sa.String(length=300), nullable=False),
        sa.Column("result", sa.String(length=1000), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_projects_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("member_id", name=op.f("uq_projects_member_id")),
    )
    op.create_table(
        "mock_seats",
        sa.Column("id", KEY, nullable=False),
        sa.Column("mock_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=True),
        sa.Column("round", sa.String(length=64), nullable=False),
        sa.Column("track", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=64), nullable=True),
        sa.Column("item_id", KEY, nullable=True),
        sa.Column("item_version_id", KEY, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("probes", DOCUMENT, nullable=False),
        sa.Column("takes", UtcDateTime(), nullable=True),
        sa.Column("missed_at", UtcDateTime(), nullable=True),
        sa.Column("began_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("scored_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_mock_seats_item_id")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_versions.id"], name=op.f("fk_mock_seats_item_version_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_mock_seats_member_id")),
        sa.ForeignKeyConstraint(["mock_id"], ["mocks.id"], name=op.f("fk_mock_seats_mock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mock_seats")),
        sa.UniqueConstraint("member_id", "waiting", name=op.f("uq_mock_seats_member_id_waiting")),
        sa.UniqueConstraint("mock_id", "member_id", name=op.f("uq_mock_seats_mock_id_member_id")),
        sa.UniqueConstraint("mock_id", "place", name=op.f("uq_mock_seats_mock_id_place")),
    )
    with op.batch_alter_table("mock_seats", schema=None) as batch_op:
        batch_op.create_index("ix_mock_seats_member_id_item_id", ["member_id", "item_id"], unique=False)

    op.create_table(
        "mock_cards",
        sa.Column("id", KEY, nullable=False),
        sa.Column("seat_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("marks", DOCUMENT, nullable=False),
        sa.Column("well", sa.String(length=500), nullable=False),
        sa.Column("improve", sa.String(length=500), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_mock_cards_member_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["mock_seats.id"], name=op.f("fk_mock_cards_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mock_cards")),
        sa.UniqueConstraint("seat_id", "kind", name=op.f("uq_mock_cards_seat_id_kind")),
    )
    with op.batch_alter_table("mock_cards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mock_cards_member_id"), ["member_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("mock_cards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mock_cards_member_id"))

    op.drop_table("mock_cards")
    with op.batch_alter_table("mock_seats", schema=None) as batch_op:
        batch_op.drop_index("ix_mock_seats_member_id_item_id")

    op.drop_table("mock_seats")
    op.drop_table("projects")
    with op.batch_alter_table("mocks", schema=None) as batch_op:
        batch_op.drop_index("ix_mocks_server_id_state")

    op.drop_table("mocks")
