"""What is hashed of an entry: all that it says, in one form. Its number is its place in the chain."""

PAYLOAD = (
    "actor",
    "actor_name",
    "sent_by",
    "trace_id",
    "operation",
    "resource",
    "address",
    "area_id",
    "before",
    "after",
)

# The time as a number: its text depends on the session. JSON is taken over as it is stored.
DIGEST = f"""sha256(convert_to(json_build_array(change_number,
    (extract(epoch FROM recorded_at) * 1000000)::bigint, {", ".join(PAYLOAD)})::text, 'UTF8'))"""
