-- The three roles of StreamAgg, each with the least rights that it needs, none with a login. Run it as an administrator, in the database:
--   psql -d metrics -f deploy/roles.sql
--   psql -d metrics -c 'GRANT streamagg_service TO somebody_who_logs_in'
-- For another StreamAgg:Postgres:PublishSchema than public: PGOPTIONS='-c streamagg.publish_schema=ops' psql -d metrics -f deploy/roles.sql
-- Safe to run again. `streamagg migrate` runs it too, where the three roles are there, so that what it makes later is covered.
--
-- | role               | to be granted to whoever | rights                                                                                        |
-- | streamagg_migrator | runs `migrate`           | owns schema streamagg; CREATE in the publish schema                                           |
-- | streamagg_service  | runs `run`               | SELECT, INSERT, UPDATE, DELETE in schema streamagg (its journal: SELECT); the published tables: SELECT, INSERT, UPDATE, DELETE (`rebuild` alone deletes) |
-- | streamagg_reader   | looks: `status`, `quantile`, dashboards | SELECT in schema streamagg and on the published tables                         |
--
-- None needs TEMPORARY or CREATE on the database. What the caller may not grant, for it belongs to somebody else, is left as it is, with a notice.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['streamagg_migrator', 'streamagg_service', 'streamagg_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
  END LOOP;
  -- Where the administrator is no superuser, as with most hosted servers, only a member may make a schema that is the migrator's.
  IF (SELECT rolcreaterole AND NOT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT streamagg_migrator TO %I', current_user);
  END IF;
END
$$;

DO $$
DECLARE
  publish text := COALESCE(NULLIF(current_setting('streamagg.publish_schema', true), ''), 'public');
  everybody CONSTANT text := 'streamagg_migrator, streamagg_service, streamagg_reader';
  is_administrator boolean := (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user);
  found record;
BEGIN
  IF (SELECT pg_has_role(datdba, 'USAGE') FROM pg_catalog.pg_database WHERE datname = current_database()) THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %s', current_database(), everybody);
  END IF;

  -- Both schemas, where they are not there yet; what an earlier administrator's migrate made becomes the migrator's.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'streamagg') THEN
    CREATE SCHEMA streamagg AUTHORIZATION streamagg_migrator;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = publish) THEN
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION streamagg_migrator', publish);
  END IF;
  IF is_administrator THEN
    ALTER SCHEMA streamagg OWNER TO streamagg_migrator;
    FOR found IN
      SELECT format('ALTER %s %s OWNER TO streamagg_migrator', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::regclass) AS statement
      FROM pg_catalog.pg_class c WHERE c.relnamespace = 'streamagg'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S', 'c')
        AND c.relowner <> 'streamagg_migrator'::regrole
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S')
      UNION ALL
      SELECT format('ALTER ROUTINE %s OWNER TO streamagg_migrator', p.oid::regprocedure) FROM pg_catalog.pg_proc p
      WHERE p.pronamespace = 'streamagg'::regnamespace AND p.proowner <> 'streamagg_migrator'::regrole
    LOOP
      EXECUTE found.statement;
    END LOOP;
  END IF;

  FOR found IN SELECT nspname AS name, pg_has_role(nspowner, 'USAGE') AS is_mine FROM pg_catalog.pg_namespace WHERE nspname IN ('streamagg', publish) LOOP
    IF found.is_mine THEN
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', found.name, everybody);
      EXECUTE format('GRANT CREATE ON SCHEMA %I TO streamagg_migrator', found.name);
    END IF;
  END LOOP;

  FOR found IN
    SELECT c.oid::regclass AS name, c.relkind AS kind, pg_has_role(c.relowner, 'USAGE') AS is_mine,
      CASE WHEN n.nspname = publish AND n.nspname <> 'streamagg' THEN 'SELECT, INSERT, UPDATE, DELETE'
        WHEN c.relkind = 'S' THEN 'USAGE, SELECT'
        WHEN c.relkind = 'v' OR c.relname = 'migration' THEN 'SELECT'
        ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname = 'streamagg' AND c.relkind IN ('r', 'p', 'v', 'S'))
      OR (n.nspname = publish AND c.relkind IN ('r', 'p') AND c.relname LIKE 'ops\_metrics\_%')
  LOOP
    IF found.is_mine THEN
      EXECUTE format('GRANT %s ON %s %s TO streamagg_service', found.rights, CASE found.kind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, found.name);
      EXECUTE format('GRANT SELECT ON %s %s TO streamagg_reader', CASE found.kind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, found.name);
    ELSE
      RAISE NOTICE '% belongs to another role: grant % on it to streamagg_service and SELECT to streamagg_reader', found.name, found.rights;
    END IF;
  END LOOP;
END
$$;
