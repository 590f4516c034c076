-- Makes the services' role the owner of all that the superuser owns in this database, but for what is PostgreSQL's own
-- or an extension's. It does nothing where nothing is left to hand over.
DO $$
DECLARE
    one text;
BEGIN
    PERFORM set_config('search_path', '', true); -- so that names below are written with their schema
    FOR one IN
        WITH
        -- Schemas that are not PostgreSQL's; `public` belongs to whoever owns the database.
        own_schema AS (
            SELECT oid, nspname, nspowner FROM pg_catalog.pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        ),
        -- What belongs to an extension, or comes and goes with something else, such as a column's sequence.
        dependent AS (
            SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype IN ('a', 'e', 'i')
        ),
        -- Each with its kind as ALTER has it; 10 is the superuser.
        owned AS (
            SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(nspname) AS name,
                   'pg_namespace'::regclass AS classid, oid AS objid
            FROM own_schema WHERE nspowner = 10
            UNION ALL
            SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                                WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
                   class.oid::regclass::text, 'pg_class'::regclass, class.oid
            FROM pg_catalog.pg_class AS class JOIN own_schema ON own_schema.oid = relnamespace
            WHERE relowner = 10 AND relkind IN ('r', 'p', 'S', 'v', 'm', 'f')
            UNION ALL
            SELECT 'ROUTINE', proc.oid::regprocedure::text, 'pg_proc'::regclass, proc.oid
            FROM pg_catalog.pg_proc AS proc JOIN own_schema ON own_schema.oid = pronamespace WHERE proowner = 10
            UNION ALL
            SELECT CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
                   type.oid::regtype::text, 'pg_type'::regclass, type.oid
            FROM pg_catalog.pg_type AS type JOIN own_schema ON own_schema.oid = typnamespace
            WHERE typowner = 10
              AND (typtype IN ('d', 'e', 'r') OR EXISTS (SELECT FROM pg_catalog.pg_class
                                                         WHERE pg_class.oid = typrelid AND relkind = 'c'))
            UNION ALL
            SELECT 'LARGE OBJECT', oid::text, 'pg_largeobject'::regclass, oid
            FROM pg_catalog.pg_largeobject_metadata WHERE lomowner = 10
        )
        SELECT pg_catalog.format('ALTER %s %s OWNER TO samverkan_service', kind, name)
        FROM owned
        WHERE NOT EXISTS (SELECT FROM dependent WHERE (dependent.classid, dependent.objid) = (owned.classid, owned.objid))
    LOOP
        EXECUTE one;
    END LOOP;
END $$;
