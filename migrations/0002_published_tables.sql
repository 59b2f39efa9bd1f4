-- scope: publish schema
-- Runs once in every schema that is published into, with that schema alone as search_path. The tables may be there already, with
-- rows of an earlier batch job and another owner: then nothing is asked for that only their owner may do.

DO $$
DECLARE
  found record;
BEGIN
  IF to_regclass('ops_metrics_hourly') IS NULL THEN
    CREATE TABLE IF NOT EXISTS ops_metrics_hourly (
      bucket_start     TIMESTAMPTZ NOT NULL,
      platform         VARCHAR(50) NOT NULL,
      request_count    BIGINT NOT NULL DEFAULT 0,
      success_count    BIGINT NOT NULL DEFAULT 0,
      error_count      BIGINT NOT NULL DEFAULT 0,
      error_4xx_count  BIGINT NOT NULL DEFAULT 0,
      error_5xx_count  BIGINT NOT NULL DEFAULT 0,
      timeout_count    BIGINT NOT NULL DEFAULT 0,
      avg_latency_ms   DOUBLE PRECISION,
      p99_latency_ms   DOUBLE PRECISION,
      error_rate       DOUBLE PRECISION NOT NULL DEFAULT 0,
      computed_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
      PRIMARY KEY (bucket_start, platform)
    );
  END IF;

  IF to_regclass('ops_metrics_daily') IS NULL THEN
    CREATE TABLE IF NOT EXISTS ops_metrics_daily (
      bucket_date      DATE NOT NULL,
      platform         VARCHAR(50) NOT NULL,
      request_count    BIGINT NOT NULL DEFAULT 0,
      success_count    BIGINT NOT NULL DEFAULT 0,
      error_count      BIGINT NOT NULL DEFAULT 0,
      error_4xx_count  BIGINT NOT NULL DEFAULT 0,
      error_5xx_count  BIGINT NOT NULL DEFAULT 0,
      timeout_count    BIGINT NOT NULL DEFAULT 0,
      avg_latency_ms   DOUBLE PRECISION,
      p99_latency_ms   DOUBLE PRECISION,
      error_rate       DOUBLE PRECISION NOT NULL DEFAULT 0,
      computed_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
      PRIMARY KEY (bucket_date, platform)
    );
  END IF;

  SELECT bool_and(pg_has_role(relowner, 'USAGE')) AS is_owner INTO found
    FROM pg_catalog.pg_class WHERE oid IN (to_regclass('ops_metrics_hourly'), to_regclass('ops_metrics_daily'));
  IF NOT found.is_owner THEN
    RAISE NOTICE 'the tables belong to another role: their indexes and comments stay as they are';
    RETURN;
  END IF;

  -- Asked first: even an index that is there would be waited for, with the table's writers queueing behind.
  IF to_regclass('idx_ops_metrics_hourly_platform_bucket_start') IS NULL THEN
    CREATE INDEX IF NOT EXISTS idx_ops_metrics_hourly_platform_bucket_start ON ops_metrics_hourly (platform, bucket_start DESC);
  END IF;
  IF to_regclass('idx_ops_metrics_daily_platform_bucket_date') IS NULL THEN
    CREATE INDEX IF NOT EXISTS idx_ops_metrics_daily_platform_bucket_date ON ops_metrics_daily (platform, bucket_date DESC);
  END IF;

  COMMENT ON TABLE ops_metrics_hourly IS
    'Requests of the gateway by UTC hour and platform, one row each. A row appears when its hour is closed and changes when a late event is counted.';
  COMMENT ON COLUMN ops_metrics_hourly.bucket_start IS 'Start of the UTC hour; it ends one hour later, exclusive.';
  COMMENT ON COLUMN ops_metrics_hourly.platform IS 'The request''s platform; empty where the event named none.';
  COMMENT ON COLUMN ops_metrics_hourly.error_rate IS 'Percent of the requests that failed: 100 * error_count / request_count, 0 to 100.';
  COMMENT ON COLUMN ops_metrics_hourly.computed_at IS 'When this row was last written. A row that would not change is not written again.';

  COMMENT ON TABLE ops_metrics_daily IS
    'Requests of the gateway by UTC day and platform, one row each: sums of the day''s hours, and the p99 of their merged digests.';
  COMMENT ON COLUMN ops_metrics_daily.bucket_date IS 'The UTC date, whatever time zone the session is in.';
  COMMENT ON COLUMN ops_metrics_daily.platform IS 'The request''s platform; empty where the event named none.';
  COMMENT ON COLUMN ops_metrics_daily.error_rate IS 'Percent of the requests that failed: 100 * error_count / request_count, 0 to 100.';
  COMMENT ON COLUMN ops_metrics_daily.computed_at IS 'When this row was last written. A row that would not change is not written again.';
END
$$;
