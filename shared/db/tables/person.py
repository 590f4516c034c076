"""People who sign in: what each may do where, how they are let in, and what they have reported.

A person's name and address stand apart, so that they can go and the number stays: the audit trail has that alone.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.db.tables.metadata import ACTING_OWNER, metadata

person = Table(
    "person",
    metadata,
    Column("person_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("number", Integer, Identity(), nullable=False, unique=True),
    # Whose coordinators invite and remove the person; what the person reports belongs to this area.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False, server_default=ACTING_OWNER),
    Column("language", Text, nullable=False, server_default="sv"),
    Column("wants_reminders", Boolean, nullable=False, server_default="true"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("removed_at", DateTime(timezone=True)),
    CheckConstraint("language IN ('sv', 'en')", name="language"),
)

# Deleted when the person is removed.
person_contact = Table(
    "person_contact",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text),
    # The last time. It goes with the address, and stays when the link and the session are swept.
    Column("signed_in_at", DateTime(timezone=True)),
    Index("uq_person_contact_owner_area_id_email", "owner_area_id", text("lower(email)"), unique=True),
)

person_role = Table(
    "person_role",
    metadata,
    Column("person_role_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("role", Text, nullable=False),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    # For which of the parties a reporter reports.
    Column("party", Text),
    # Of which annex the person is the owner.
    Column("agreement_id", Integer),
    Column("annex_number", SmallInteger),
    ForeignKeyConstraint(["agreement_id", "annex_number"], ["annex.agreement_id", "annex.number"], ondelete="CASCADE"),
    CheckConstraint("role IN ('reader', 'reporter', 'annex-owner', 'coordinator', 'administrator')", name="role"),
    CheckConstraint("(role = 'annex-owner') = (annex_number IS NOT NULL)", name="annex"),
    Index(
        "uq_person_role_person_id_role",
        *("person_id", "role", "area_id", text("coalesce(agreement_id, 0)"), text("coalesce(annex_number, 0)")),
        unique=True,
    ),
)

# Used once. Its token is not stored.
sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("valid_until", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Index("ix_sign_in_link_person_id", "person_id"),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("valid_until", DateTime(timezone=True), nullable=False),
    Index("ix_web_session_person_id", "person_id"),
)

# Who reported an activity first by a page. It goes with the activity.
person_report = Table(
    "person_report",
    metadata,
    Column("activity_id", Uuid, ForeignKey("activity.activity_id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.person_id"), nullable=False),
    Index("ix_person_report_person_id", "person_id"),
)

# Forms whose reports were removed: one that is sent again, as by the back button, does not report them anew unasked.
taken_back_report = Table(
    "taken_back_report",
    metadata,
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
