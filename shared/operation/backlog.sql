-- What waits, in one row. Marks and messages are counted up to :most, so that it takes no longer when very many wait.
SELECT
    -- Marks, by what is computed again.
    (SELECT count(*) FROM (SELECT FROM dirty_mark WHERE ripens_on <= :as_of LIMIT :most) AS mark) AS figure_marks,
    (SELECT count(*) FROM (SELECT FROM rollup_mark LIMIT :most) AS mark) AS level_marks,
    (SELECT count(*) FROM (SELECT FROM comparison_mark LIMIT :most) AS mark) AS comparison_marks,
    (SELECT count(*) FROM (SELECT FROM signal_mark LIMIT :most) AS mark) AS signal_marks,
    -- What failed, and is tried again.
    (SELECT count(*) FROM postponed_scope) AS postponed_scopes,
    (SELECT count(*) FROM pulled_source WHERE failure IS NOT NULL) AS failing_sources,
    -- Imports and subscriptions by their status.
    (SELECT coalesce(jsonb_object_agg(status, imports), '{}')
     FROM (SELECT status, count(*) AS imports FROM file_import GROUP BY status) AS import) AS imports,
    (SELECT coalesce(jsonb_object_agg(status, webhooks), '{}')
     FROM (SELECT status, count(*) AS webhooks FROM webhook GROUP BY status) AS webhook) AS webhooks,
    -- Messages whose time has come, and those that no receiver took in four days.
    (SELECT count(*)
     FROM (SELECT FROM webhook_message WHERE status = 'pending' AND due_at <= clock_timestamp() LIMIT :most) AS due)
        AS due_messages,
    (SELECT count(*) FROM (SELECT FROM webhook_message WHERE status = 'failed' LIMIT :most) AS failed)
        AS failed_messages
