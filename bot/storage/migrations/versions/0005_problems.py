"""Group problems: the problem, what members propose and respond, their private checks, and insight votes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
# Few rows of many, looked for when a guide's data is erased.
GUIDED = sa.text("guided_by IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "problems",
        sa.Column("id", KEY, nullable=False),
        sa.Column("server_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", KEY, nullable=True),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("item_version_id", KEY, nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("phase_since", UtcDateTime(), nullable=True),
        sa.Column("phase_ends_at", UtcDateTime(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("forum", sa.Boolean(), nullable=False),
        sa.Column("reveal_message_id", sa.BigInteger(), nullable=True),
        sa.Column("summary_message_id", sa.BigInteger(), nullable=True),
        sa.Column("seen_message_id", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("redrawn_at", UtcDateTime(), nullable=True),
        sa.Column("gone_people", sa.Integer(), nullable=False),
        sa.Column("gone_proposals", sa.Integer(), nullable=False),
        sa.Column("gone_responders", sa.Integer(), nullable=False),
        sa.Column("gone_responses", sa.Integer(), nullable=False),
        sa.Column("nudged_at", UtcDateTime(), nullable=True),
        sa.Column("guided_by", sa.BigInteger(), nullable=True),
        sa.Column("guided_at", UtcDateTime(), nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_problems_delivery_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_problems_item_id")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_versions.id"], name=op.f("fk_problems_item_version_id")
        ),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_problems_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sa.UniqueConstraint("key", name=op.f("uq_problems_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problems_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(
            "ix_problems_guided_by",
            ["guided_by"],
            unique=False,
            sqlite_where=GUIDED,
            postgresql_where=GUIDED,
        )
        batch_op.create_index("ix_problems_phase", ["phase"], unique=False)
        batch_op.create_index("ix_problems_server_id_posted_at", ["server_id", "posted_at"], unique=False)

    op.create_table(
        "problem_seats",
        sa.Column("id", KEY, nullable=False),
        sa.Column("problem_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("hints", sa.Integer(), nullable=False),
        sa.Column("hinted", DOCUMENT, nullable=False),
        sa.Column("marks", DOCUMENT, nullable=True),
        sa.Column("marked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_problem_seats_member_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_problem_seats_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_seats")),
        sa.UniqueConstraint("problem_id", "member_id", name=op.f("uq_problem_seats_problem_id_member_id")),
    )
    with op.batch_alter_table("problem_seats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_seats_member_id"), ["member_id"], unique=False)

    op.create_table(
        "proposals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("problem_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("text", sa.String(length=3000), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("signed_off_at", UtcDateTime(), nullable=True),
        sa.Column("signed_off_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_proposals_member_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_proposals_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("problem_id", "member_id", name=op.f("uq_proposals_problem_id_member_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_message_id"), ["message_id"], unique=False)

    op.create_table(
        "responses",
        sa.Column("id", KEY, nullable=False),
        sa.Column("problem_id", KEY, nullable=False),
        sa.Column("proposal_id", KEY, nullable=True),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("text", sa.String(length=1500), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("responded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_responses_member_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_responses_problem_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_responses_proposal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("proposal_id", "member_id", name=op.f("uq_responses_proposal_id_member_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_responses_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_responses_problem_id"), ["problem_id"], unique=False)

    op.create_table(
        "insight_votes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("problem_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=True),
        sa.Column("proposal_id", KEY, nullable=True),
        sa.Column("response_id", KEY, nullable=True),
        sa.Column("voted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_insight_votes_member_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_insight_votes_problem_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_insight_votes_proposal_id")),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_insight_votes_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insight_votes")),
        sa.UniqueConstraint("problem_id", "member_id", name=op.f("uq_insight_votes_problem_id_member_id")),
    )
    with op.batch_alter_table("insight_votes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_insight_votes_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_insight_votes_proposal_id"), ["proposal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_insight_votes_response_id"), ["response_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("insight_votes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_insight_votes_response_id"))
        batch_op.drop_index(batch_op.f("ix_insight_votes_proposal_id"))
        batch_op.drop_index(batch_op.f("ix_insight_votes_member_id"))

    op.drop_table("insight_votes")
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_responses_problem_id"))
        batch_op.drop_index(batch_op.f("ix_responses_member_id"))

    op.drop_table("responses")
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposals_message_id"))
        batch_op.drop_index(batch_op.f("ix_proposals_member_id"))

    op.drop_table("proposals")
    with op.batch_alter_table("problem_seats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_problem_seats_member_id"))

    op.drop_table("problem_seats")
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.drop_index("ix_problems_server_id_posted_at")
        batch_op.drop_index("ix_problems_phase")
        batch_op.drop_index(
            "ix_problems_guided_by",
            sqlite_where=GUIDED,
            postgresql_where=GUIDED,
        )
        batch_op.drop_index(batch_op.f("ix_problems_delivery_id"))

    op.drop_table("problems")
