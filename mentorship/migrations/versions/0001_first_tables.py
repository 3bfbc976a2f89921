"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("preferred_name", sa.String(length=200), nullable=True),
        sa.Column("pronouns", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email_key", name=op.f("uq_people_email_key")),
    )
    op.create_table(
        "programs",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("length_months", sa.Integer(), nullable=False),
        sa.Column("meetings_per_month", sa.Integer(), nullable=False),
        sa.Column("next_round_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length_months BETWEEN 1 AND 60", name=op.f("ck_programs_length")),
        sa.CheckConstraint("meetings_per_month BETWEEN 1 AND 8", name=op.f("ck_programs_meetings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programs")),
        sa.UniqueConstraint("slug", name=op.f("uq_programs_slug")),
    )
    op.create_table(
        "worker_pulses",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_pulses")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_audit_entries_program_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_program_id_at", ["program_id", "at"], unique=False)

    op.create_table(
        "browser_sessions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_browser_sessions_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_browser_sessions_token_hash")),
    )
    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_browser_sessions_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "coordinators",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_coordinators_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_coordinators_program_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordinators")),
        sa.UniqueConstraint(
            "program_id", "person_id", name=op.f("uq_coordinators_program_id_person_id")
        ),
    )
    with op.batch_alter_table("coordinators", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coordinators_person_id"), ["person_id"], unique=False)

    op.create_table(
        "emails",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "invitation",
                "mentee_introduction",
                "mentor_introduction",
                "pairing_ended",
                "not_this_time",
                "no_mentee_this_time",
                "round_finished",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "claimed",
                "submitting",
                "sent",
                "failed",
                "superseded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubt_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('claimed', 'submitting')) = (lease_until IS NOT NULL)",
            name=op.f("ck_emails_lease_while_sending"),
        ),
        sa.CheckConstraint(
            "state <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_emails_sent_has_time")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_emails_person_id")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_emails_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emails")),
        sa.UniqueConstraint(
            "kind", "cause_id", "person_id", name=op.f("uq_emails_kind_cause_id_person_id")
        ),
    )
    with op.batch_alter_table("emails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emails_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_emails_program_id", ["program_id"], unique=False)
        batch_op.create_index("ix_emails_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "policies",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_policies_program_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("program_id", "version", name=op.f("uq_policies_program_id_version")),
    )
    op.create_table(
        "profiles",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "mentee",
                "mentor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "unconfirmed",
                "awaiting_approval",
                "ready",
                "paused",
                "left",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("listed_id", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("places_taken", sa.Integer(), nullable=False),
        sa.Column("excess", sa.Integer(), nullable=False),
        sa.Column("rounds_waiting", sa.Integer(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(role = 'mentor') = (capacity IS NOT NULL)",
            name=op.f("ck_profiles_capacity_of_mentors"),
        ),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_profiles_capacity")),
        sa.CheckConstraint(
            "capacity IS NULL OR places_taken <= capacity + excess",
            name=op.f("ck_profiles_places_within_capacity"),
        ),
        sa.CheckConstraint("excess >= 0", name=op.f("ck_profiles_excess")),
        sa.CheckConstraint("places_taken >= 0", name=op.f("ck_profiles_places_taken")),
        sa.CheckConstraint("rounds_waiting >= 0", name=op.f("ck_profiles_rounds_waiting")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_profiles_person_id")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_profiles_program_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("id", "person_id", name=op.f("uq_profiles_id_person_id")),
        sa.UniqueConstraint(
            "program_id", "person_id", "role", name=op.f("uq_profiles_program_id_person_id_role")
        ),
        sa.UniqueConstraint(
            "program_id", "role", "listed_id", name=op.f("uq_profiles_program_id_role_listed_id")
        ),
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_profiles_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_profiles_program_id_role_state", ["program_id", "role", "state"], unique=False
        )

    op.create_table(
        "sign_in_links",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sign_in_links_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_links_token_hash")),
    )
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_links_person_id"), ["person_id"], unique=False)

    op.create_table(
        "rounds",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "matching",
                "proposed",
                "published",
                "closed",
                "discarded",
                "cancelled",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "scope",
            sa.Enum(
                "everyone",
                "unmatched",
                "affected",
                name="scope",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "existing",
            sa.Enum(
                "keep",
                "better",
                "afresh",
                name="existing",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("result", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'matching') = (lease_until IS NOT NULL)",
            name=op.f("ck_rounds_lease_while_matching"),
        ),
        sa.CheckConstraint(
            "NOT (dry_run AND state IN ('published', 'closed'))",
            name=op.f("ck_rounds_dry_run_stays_dry"),
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_rounds_policy_id")),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name=op.f("fk_rounds_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("program_id", "number", name=op.f("uq_rounds_program_id_number")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.create_index("ix_rounds_state", ["state"], unique=False)
        batch_op.create_index(
            "uq_rounds_one_open",
            ["program_id"],
            unique=True,
            postgresql_where=sa.text("state IN ('queued', 'matching', 'proposed') AND NOT dry_run"),
            sqlite_where=sa.text("state IN ('queued', 'matching', 'proposed') AND NOT dry_run"),
        )

    op.create_table(
        "pairings",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("mentee_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("mentee_person_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "asked",
                "introduced",
                "active",
                "declined",
                "expired",
                "ended",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("contributions", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "mentee_person_id <> mentor_person_id",
            name=op.f("ck_pairings_nobody_mentors_themselves"),
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 1000000", name=op.f("ck_pairings_score")),
        sa.ForeignKeyConstraint(
            ["mentee_id", "mentee_person_id"],
            ["profiles.id", "profiles.person_id"],
            name=op.f("fk_pairings_mentee_id_mentee_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["mentor_id", "mentor_person_id"],
            ["profiles.id", "profiles.person_id"],
            name=op.f("fk_pairings_mentor_id_mentor_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_pairings_program_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_pairings_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairings")),
        sa.UniqueConstraint(
            "round_id",
            "mentee_id",
            "mentor_id",
            name=op.f("uq_pairings_round_id_mentee_id_mentor_id"),
        ),
    )
    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.create_index("ix_pairings_mentor_id", ["mentor_id"], unique=False)
        batch_op.create_index("ix_pairings_program_id_state", ["program_id", "state"], unique=False)
        batch_op.create_index(
            "uq_pairings_one_live",
            ["mentee_id", "mentor_id"],
            unique=True,
            postgresql_where=sa.text("state IN ('asked', 'introduced', 'active')"),
            sqlite_where=sa.text("state IN ('asked', 'introduced', 'active')"),
        )

    op.create_table(
        "unmatched",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profiles.id"], name=op.f("fk_unmatched_profile_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_unmatched_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmatched")),
        sa.UniqueConstraint(
            "round_id", "profile_id", name=op.f("uq_unmatched_round_id_profile_id")
        ),
    )
    with op.batch_alter_table("unmatched", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unmatched_profile_id"), ["profile_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("unmatched", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unmatched_profile_id"))

    op.drop_table("unmatched")
    with op.batch_alter_table("pairings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_pairings_one_live",
            postgresql_where=sa.text("state IN ('asked', 'introduced', 'active')"),
            sqlite_where=sa.text("state IN ('asked', 'introduced', 'active')"),
        )
        batch_op.drop_index("ix_pairings_program_id_state")
        batch_op.drop_index("ix_pairings_mentor_id")

    op.drop_table("pairings")
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_rounds_one_open",
            postgresql_where=sa.text("state IN ('queued', 'matching', 'proposed') AND NOT dry_run"),
            sqlite_where=sa.text("state IN ('queued', 'matching', 'proposed') AND NOT dry_run"),
        )
        batch_op.drop_index("ix_rounds_state")

    op.drop_table("rounds")
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_links_person_id"))

    op.drop_table("sign_in_links")
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index("ix_profiles_program_id_role_state")
        batch_op.drop_index(batch_op.f("ix_profiles_person_id"))

    op.drop_table("profiles")
    op.drop_table("policies")
    with op.batch_alter_table("emails", schema=None) as batch_op:
        batch_op.drop_index("ix_emails_state_due_at")
        batch_op.drop_index("ix_emails_program_id")
        batch_op.drop_index(batch_op.f("ix_emails_person_id"))

    op.drop_table("emails")
    with op.batch_alter_table("coordinators", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_coordinators_person_id"))

    op.drop_table("coordinators")
    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browser_sessions_person_id"))

    op.drop_table("browser_sessions")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_program_id_at")

    op.drop_table("audit_entries")
    op.drop_table("worker_pulses")
    op.drop_table("programs")
    op.drop_table("people")
