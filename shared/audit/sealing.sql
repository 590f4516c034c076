WITH
    -- What none can appear before any more, the oldest first.
    ripe AS (
        SELECT changed_in, change_number FROM audit_pending
        WHERE changed_in < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY changed_in, change_number LIMIT :most
    ),
    taken AS (
        DELETE FROM audit_pending USING ripe
        WHERE audit_pending.changed_in = ripe.changed_in AND audit_pending.change_number = ripe.change_number
        RETURNING audit_pending.*
    )
INSERT INTO audit_entry (number, change_number, recorded_at, actor, actor_name, sent_by, trace_id, operation, resource,
                         address, area_id, before, after)
SELECT :sealed + row_number() OVER (ORDER BY changed_in, change_number), change_number, recorded_at, actor, actor_name,
       sent_by, trace_id, operation, resource, address, area_id, json_strip_nulls(before),
       -- What is imported in bulk is written without its content: that is what the next change found, or still there.
       json_strip_nulls(CASE WHEN operation <> 'created' OR after IS NOT NULL THEN after ELSE coalesce(
           (SELECT later.before
            FROM (SELECT change_number, before FROM audit_pending AS waiting
                  WHERE waiting.address = taken.address AND waiting.before IS NOT NULL
                  UNION ALL
                  SELECT change_number, before FROM audit_entry AS sealed
                  WHERE sealed.address = taken.address AND sealed.before IS NOT NULL) AS later
            ORDER BY later.change_number LIMIT 1),
           CASE resource
               WHEN 'activities' THEN
                   (SELECT row_to_json(activity) FROM activity
                    WHERE activity_id = CAST(split_part(address, '/', 2) AS uuid))
               WHEN 'observations' THEN
                   (SELECT row_to_json(observation) FROM observation
                    WHERE observation_id = CAST(split_part(address, '/', 2) AS uuid))
           END) END)
FROM taken
