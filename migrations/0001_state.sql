-- What must survive between two checkpoints. Everything lives in a schema of its own, every key is led by the pipeline,
-- so that several deployments can share one database. Labels are compared byte by byte (COLLATE "C"): equal to the
-- reader's own comparison, in any database, and locks are taken in one order everywhere.

DO $$
BEGIN
  -- Not IF NOT EXISTS: that asks for the right to create schemas even where the schema is there.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'streamagg') THEN
    CREATE SCHEMA streamagg;
  END IF;
END
$$;

COMMENT ON SCHEMA streamagg IS 'State of StreamAgg: source_partition and gap may be queried by operators, the sketches by dashboards.';

-- Every wake-up has a number of its own. A cache would be harmless (only equality is asked of a mark), it just saves nothing here.
CREATE SEQUENCE IF NOT EXISTS streamagg.mark_seq;

CREATE TABLE IF NOT EXISTS streamagg.pipeline (
  id              text PRIMARY KEY,
  publish_schema  text NOT NULL UNIQUE,
  registered_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE streamagg.pipeline IS 'Which pipeline publishes into which schema: one each.';

-- Beside that by platform, which is always there. The id is another one where a rollup is taken away and added again.
CREATE TABLE IF NOT EXISTS streamagg.rollup (
  pipeline       text COLLATE "C" NOT NULL,
  name           text COLLATE "C" NOT NULL,
  id             bigint NOT NULL DEFAULT nextval('streamagg.mark_seq'),
  dimensions     text[] NOT NULL,
  complete_from  timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (pipeline, name)
);
COMMENT ON TABLE streamagg.rollup IS 'What is counted by, beside the platform: as `migrate` found it configured.';
COMMENT ON COLUMN streamagg.rollup.complete_from IS 'The first hour of which every event was counted in it; earlier ones are not published.';

CREATE TABLE IF NOT EXISTS streamagg.source_partition (
  pipeline      text COLLATE "C" NOT NULL,
  topic         text COLLATE "C" NOT NULL,
  partition     integer NOT NULL,
  topic_id      text,
  epoch         bigint NOT NULL,
  claim         uuid NOT NULL,
  checkpoint    bigint NOT NULL,
  owner         text,
  next_offset   bigint NOT NULL,
  leader_epoch  integer,
  watermark     timestamptz,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  checkpointed_at timestamptz,
  rollups       bigint[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (pipeline, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE streamagg.source_partition IS 'How far each partition of the input topics is counted, and who may count on.';
COMMENT ON COLUMN streamagg.source_partition.topic_id IS 'The incarnation of the topic that next_offset belongs to.';
COMMENT ON COLUMN streamagg.source_partition.epoch IS 'Raised by every claim; (epoch, claim, checkpoint) is the fence of every write.';
COMMENT ON COLUMN streamagg.source_partition.claim IS 'Random per claim: tells two claims apart where a failover lost commits and epochs repeat.';
COMMENT ON COLUMN streamagg.source_partition.checkpoint IS 'Raised by every checkpoint, even by one that moves no offset.';
COMMENT ON COLUMN streamagg.source_partition.next_offset IS 'Every record before this one is counted, refused or a recorded gap; none from here on is.';
COMMENT ON COLUMN streamagg.source_partition.watermark IS 'No hour that ends at or before this time waits for this partition; null: all of them do.';
COMMENT ON COLUMN streamagg.source_partition.rollups IS 'The rollups, by id, that whoever claimed it counts beside that by platform.';
COMMENT ON COLUMN streamagg.source_partition.checkpointed_at IS 'When its last checkpoint was written; a claim alone, which updated_at tells of too, does not move it.';

-- Rewritten at every checkpoint. The digest stays inline (a row that is moved out of line is not pruned in place), and half a
-- page is left free, so that an update finds room beside the old version and touches no index.
CREATE TABLE IF NOT EXISTS streamagg.partial (
  pipeline             text COLLATE "C" NOT NULL,
  topic                text COLLATE "C" NOT NULL,
  partition            integer NOT NULL,
  rollup               text COLLATE "C" NOT NULL,
  bucket_start         timestamptz NOT NULL,
  label                text COLLATE "C" NOT NULL,
  rev                  bigint NOT NULL,
  success_count        bigint NOT NULL,
  error_count          bigint NOT NULL,
  error_4xx_count      bigint NOT NULL,
  error_5xx_count      bigint NOT NULL,
  timeout_count        bigint NOT NULL,
  cancelled_count      bigint NOT NULL,
  limited_count        bigint NOT NULL,
  rate_limited_count   bigint NOT NULL,
  overloaded_count     bigint NOT NULL,
  input_tokens         bigint NOT NULL,
  output_tokens        bigint NOT NULL,
  cache_read_tokens    bigint NOT NULL,
  cache_write_tokens   bigint NOT NULL,
  cost_usd             bigint NOT NULL,
  duration_count       bigint NOT NULL,
  duration_sum_micros  numeric NOT NULL,
  duration_min_micros  bigint,
  duration_max_micros  bigint,
  ttft_count           bigint NOT NULL,
  ttft_sum_micros      numeric NOT NULL,
  ttft_min_micros      bigint,
  ttft_max_micros      bigint,
  digest               bytea NOT NULL,
  ttft_digest          bytea NOT NULL,
  PRIMARY KEY (pipeline, topic, partition, rollup, bucket_start, label)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE streamagg.partial ALTER COLUMN digest SET STORAGE MAIN, ALTER COLUMN ttft_digest SET STORAGE MAIN;
CREATE INDEX IF NOT EXISTS partial_bucket ON streamagg.partial (pipeline, rollup, bucket_start, label);
COMMENT ON TABLE streamagg.partial IS 'What one partition counted in one hour under one label of a rollup, as long as it is not folded into hour_base.';
COMMENT ON COLUMN streamagg.partial.label IS 'The rollup''s dimensions, one behind the other with U+001F between them: of the rollup platform the platform.';
COMMENT ON COLUMN streamagg.partial.cost_usd IS 'In millionths of a US dollar, as in all tables of the state.';

CREATE TABLE IF NOT EXISTS streamagg.hour_base (
  pipeline             text COLLATE "C" NOT NULL,
  rollup               text COLLATE "C" NOT NULL,
  bucket_start         timestamptz NOT NULL,
  label                text COLLATE "C" NOT NULL,
  rev                  bigint NOT NULL,
  success_count        bigint NOT NULL,
  error_count          bigint NOT NULL,
  error_4xx_count      bigint NOT NULL,
  error_5xx_count      bigint NOT NULL,
  timeout_count        bigint NOT NULL,
  cancelled_count      bigint NOT NULL,
  limited_count        bigint NOT NULL,
  rate_limited_count   bigint NOT NULL,
  overloaded_count     bigint NOT NULL,
  input_tokens         bigint NOT NULL,
  output_tokens        bigint NOT NULL,
  cache_read_tokens    bigint NOT NULL,
  cache_write_tokens   bigint NOT NULL,
  cost_usd             bigint NOT NULL,
  duration_count       bigint NOT NULL,
  duration_sum_micros  numeric NOT NULL,
  duration_min_micros  bigint,
  duration_max_micros  bigint,
  ttft_count           bigint NOT NULL,
  ttft_sum_micros      numeric NOT NULL,
  ttft_min_micros      bigint,
  ttft_max_micros      bigint,
  digest               bytea NOT NULL,
  ttft_digest          bytea NOT NULL,
  PRIMARY KEY (pipeline, rollup, bucket_start, label)
) WITH (fillfactor = 90);
ALTER TABLE streamagg.hour_base ALTER COLUMN digest SET STORAGE MAIN, ALTER COLUMN ttft_digest SET STORAGE MAIN;
COMMENT ON TABLE streamagg.hour_base IS 'What partials of old hours were folded into: an hour is its base and all its partials.';

CREATE TABLE IF NOT EXISTS streamagg.dirty_hour (
  pipeline      text COLLATE "C" NOT NULL,
  rollup        text COLLATE "C" NOT NULL,
  bucket_start  timestamptz NOT NULL,
  label         text COLLATE "C" NOT NULL,
  mark          bigint NOT NULL,
  PRIMARY KEY (pipeline, rollup, bucket_start, label)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE streamagg.dirty_hour IS 'Hours whose contents changed since they were published (or that never were).';

CREATE TABLE IF NOT EXISTS streamagg.dirty_day (
  pipeline     text COLLATE "C" NOT NULL,
  rollup       text COLLATE "C" NOT NULL,
  bucket_date  date NOT NULL,
  label        text COLLATE "C" NOT NULL,
  mark         bigint NOT NULL,
  PRIMARY KEY (pipeline, rollup, bucket_date, label)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE streamagg.dirty_day IS 'Days one of whose hours was published since the day was (or that never was).';

CREATE TABLE IF NOT EXISTS streamagg.hour_sketch (
  pipeline             text COLLATE "C" NOT NULL,
  rollup               text COLLATE "C" NOT NULL,
  bucket_start         timestamptz NOT NULL,
  label                text COLLATE "C" NOT NULL,
  input_rev            bigint NOT NULL,
  row_kept             boolean NOT NULL DEFAULT false,
  success_count        bigint NOT NULL,
  error_count          bigint NOT NULL,
  error_4xx_count      bigint NOT NULL,
  error_5xx_count      bigint NOT NULL,
  timeout_count        bigint NOT NULL,
  cancelled_count      bigint NOT NULL,
  limited_count        bigint NOT NULL,
  rate_limited_count   bigint NOT NULL,
  overloaded_count     bigint NOT NULL,
  input_tokens         bigint NOT NULL,
  output_tokens        bigint NOT NULL,
  cache_read_tokens    bigint NOT NULL,
  cache_write_tokens   bigint NOT NULL,
  cost_usd             bigint NOT NULL,
  duration_count       bigint NOT NULL,
  duration_sum_micros  numeric NOT NULL,
  duration_min_micros  bigint,
  duration_max_micros  bigint,
  ttft_count           bigint NOT NULL,
  ttft_sum_micros      numeric NOT NULL,
  ttft_min_micros      bigint,
  ttft_max_micros      bigint,
  compression          integer,
  boundary_doubt       double precision,
  lows                 double precision[],
  highs                double precision[],
  means                double precision[],
  weights              bigint[],
  ttft_compression     integer,
  ttft_boundary_doubt  double precision,
  ttft_lows            double precision[],
  ttft_highs           double precision[],
  ttft_means           double precision[],
  ttft_weights         bigint[],
  PRIMARY KEY (pipeline, rollup, bucket_start, label)
);
-- Few rows or none are in these two: a status counts them without reading the sketches.
CREATE INDEX IF NOT EXISTS hour_sketch_row_kept ON streamagg.hour_sketch (pipeline) WHERE row_kept;
COMMENT ON TABLE streamagg.hour_sketch IS 'What a published hour was made of: exact counts and sums, and the digest of its durations in microseconds.';
COMMENT ON COLUMN streamagg.hour_sketch.input_rev IS 'The sum of the revs that went into it: it only grows.';
COMMENT ON COLUMN streamagg.hour_sketch.row_kept IS 'The published table holds a row of somebody else''s that counts more, so that row stayed.';
COMMENT ON COLUMN streamagg.hour_sketch.boundary_doubt IS 'By how many full centroids the rank of a boundary between centroids may be off; null, as the four arrays, where no event had a duration.';
COMMENT ON COLUMN streamagg.hour_sketch.lows IS 'The smallest duration of each centroid of the t-digest, in ascending order.';
COMMENT ON COLUMN streamagg.hour_sketch.highs IS 'The largest duration of each centroid.';
COMMENT ON COLUMN streamagg.hour_sketch.means IS 'The mean of each centroid.';
COMMENT ON COLUMN streamagg.hour_sketch.weights IS 'How many durations each centroid stands for.';

CREATE TABLE IF NOT EXISTS streamagg.day_sketch (
  pipeline             text COLLATE "C" NOT NULL,
  rollup               text COLLATE "C" NOT NULL,
  bucket_date          date NOT NULL,
  label                text COLLATE "C" NOT NULL,
  input_rev            bigint NOT NULL,
  row_kept             boolean NOT NULL DEFAULT false,
  success_count        bigint NOT NULL,
  error_count          bigint NOT NULL,
  error_4xx_count      bigint NOT NULL,
  error_5xx_count      bigint NOT NULL,
  timeout_count        bigint NOT NULL,
  cancelled_count      bigint NOT NULL,
  limited_count        bigint NOT NULL,
  rate_limited_count   bigint NOT NULL,
  overloaded_count     bigint NOT NULL,
  input_tokens         bigint NOT NULL,
  output_tokens        bigint NOT NULL,
  cache_read_tokens    bigint NOT NULL,
  cache_write_tokens   bigint NOT NULL,
  cost_usd             bigint NOT NULL,
  duration_count       bigint NOT NULL,
  duration_sum_micros  numeric NOT NULL,
  duration_min_micros  bigint,
  duration_max_micros  bigint,
  ttft_count           bigint NOT NULL,
  ttft_sum_micros      numeric NOT NULL,
  ttft_min_micros      bigint,
  ttft_max_micros      bigint,
  compression          integer,
  boundary_doubt       double precision,
  lows                 double precision[],
  highs                double precision[],
  means                double precision[],
  weights              bigint[],
  ttft_compression     integer,
  ttft_boundary_doubt  double precision,
  ttft_lows            double precision[],
  ttft_highs           double precision[],
  ttft_means           double precision[],
  ttft_weights         bigint[],
  PRIMARY KEY (pipeline, rollup, bucket_date, label)
);
CREATE INDEX IF NOT EXISTS day_sketch_row_kept ON streamagg.day_sketch (pipeline) WHERE row_kept;
COMMENT ON TABLE streamagg.day_sketch IS 'What a published day was made of; columns as in hour_sketch.';

CREATE TABLE IF NOT EXISTS streamagg.platform_hourly (
  bucket_start        TIMESTAMPTZ NOT NULL,
  platform            VARCHAR(50) NOT NULL,
  request_count       BIGINT NOT NULL DEFAULT 0,
  success_count       BIGINT NOT NULL DEFAULT 0,
  error_count         BIGINT NOT NULL DEFAULT 0,
  error_4xx_count     BIGINT NOT NULL DEFAULT 0,
  error_5xx_count     BIGINT NOT NULL DEFAULT 0,
  timeout_count       BIGINT NOT NULL DEFAULT 0,
  cancelled_count     BIGINT NOT NULL DEFAULT 0,
  limited_count       BIGINT NOT NULL DEFAULT 0,
  rate_limited_count  BIGINT NOT NULL DEFAULT 0,
  overloaded_count    BIGINT NOT NULL DEFAULT 0,
  sla_error_count     BIGINT NOT NULL DEFAULT 0,
  duration_count      BIGINT NOT NULL DEFAULT 0,
  avg_latency_ms      DOUBLE PRECISION,
  p50_latency_ms      DOUBLE PRECISION,
  p90_latency_ms      DOUBLE PRECISION,
  p95_latency_ms      DOUBLE PRECISION,
  p99_latency_ms      DOUBLE PRECISION,
  max_latency_ms      DOUBLE PRECISION,
  ttft_count          BIGINT NOT NULL DEFAULT 0,
  avg_ttft_ms         DOUBLE PRECISION,
  p50_ttft_ms         DOUBLE PRECISION,
  p90_ttft_ms         DOUBLE PRECISION,
  p95_ttft_ms         DOUBLE PRECISION,
  p99_ttft_ms         DOUBLE PRECISION,
  max_ttft_ms         DOUBLE PRECISION,
  input_tokens        BIGINT NOT NULL DEFAULT 0,
  output_tokens       BIGINT NOT NULL DEFAULT 0,
  cache_read_tokens   BIGINT NOT NULL DEFAULT 0,
  cache_write_tokens  BIGINT NOT NULL DEFAULT 0,
  cost_usd            NUMERIC(20,6) NOT NULL DEFAULT 0,
  error_rate          DOUBLE PRECISION NOT NULL DEFAULT 0,
  sla_error_rate      DOUBLE PRECISION NOT NULL DEFAULT 0,
  computed_at         TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  pipeline            text COLLATE "C" NOT NULL DEFAULT 'default',
  PRIMARY KEY (pipeline, bucket_start, platform)
);
COMMENT ON TABLE streamagg.platform_hourly IS 'Requests by UTC hour and platform with every measure: beside ops_metrics_hourly, written with it.';

CREATE TABLE IF NOT EXISTS streamagg.platform_daily (
  bucket_date         DATE NOT NULL,
  platform            VARCHAR(50) NOT NULL,
  request_count       BIGINT NOT NULL DEFAULT 0,
  success_count       BIGINT NOT NULL DEFAULT 0,
  error_count         BIGINT NOT NULL DEFAULT 0,
  error_4xx_count     BIGINT NOT NULL DEFAULT 0,
  error_5xx_count     BIGINT NOT NULL DEFAULT 0,
  timeout_count       BIGINT NOT NULL DEFAULT 0,
  cancelled_count     BIGINT NOT NULL DEFAULT 0,
  limited_count       BIGINT NOT NULL DEFAULT 0,
  rate_limited_count  BIGINT NOT NULL DEFAULT 0,
  overloaded_count    BIGINT NOT NULL DEFAULT 0,
  sla_error_count     BIGINT NOT NULL DEFAULT 0,
  duration_count      BIGINT NOT NULL DEFAULT 0,
  avg_latency_ms      DOUBLE PRECISION,
  p50_latency_ms      DOUBLE PRECISION,
  p90_latency_ms      DOUBLE PRECISION,
  p95_latency_ms      DOUBLE PRECISION,
  p99_latency_ms      DOUBLE PRECISION,
  max_latency_ms      DOUBLE PRECISION,
  ttft_count          BIGINT NOT NULL DEFAULT 0,
  avg_ttft_ms         DOUBLE PRECISION,
  p50_ttft_ms         DOUBLE PRECISION,
  p90_ttft_ms         DOUBLE PRECISION,
  p95_ttft_ms         DOUBLE PRECISION,
  p99_ttft_ms         DOUBLE PRECISION,
  max_ttft_ms         DOUBLE PRECISION,
  input_tokens        BIGINT NOT NULL DEFAULT 0,
  output_tokens       BIGINT NOT NULL DEFAULT 0,
  cache_read_tokens   BIGINT NOT NULL DEFAULT 0,
  cache_write_tokens  BIGINT NOT NULL DEFAULT 0,
  cost_usd            NUMERIC(20,6) NOT NULL DEFAULT 0,
  error_rate          DOUBLE PRECISION NOT NULL DEFAULT 0,
  sla_error_rate      DOUBLE PRECISION NOT NULL DEFAULT 0,
  computed_at         TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  pipeline            text COLLATE "C" NOT NULL DEFAULT 'default',
  PRIMARY KEY (pipeline, bucket_date, platform)
);
COMMENT ON TABLE streamagg.platform_daily IS 'Requests by UTC day and platform with every measure: beside ops_metrics_daily, written with it.';

-- A gap that is said again is the same gap: the log's start may have moved on meanwhile, then it ends later. Offsets begin again
-- with every incarnation of a topic, hence its id in the key.
CREATE TABLE IF NOT EXISTS streamagg.gap (
  pipeline     text COLLATE "C" NOT NULL,
  topic        text COLLATE "C" NOT NULL,
  partition    integer NOT NULL,
  topic_id     text NOT NULL DEFAULT '',
  from_offset  bigint NOT NULL,
  to_offset    bigint,
  reason       text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic, partition, topic_id, from_offset)
);
COMMENT ON TABLE streamagg.gap IS 'Records that the log no longer held when they were to be read: from_offset up to, not including, to_offset.';
COMMENT ON COLUMN streamagg.gap.to_offset IS 'Null where nobody can know it: the topic was deleted and made again.';

-- Written with the offsets, under the lock of the partition's row, so each event is in it exactly once. What is older than two hours
-- is added up into one row, so a partition has some hundred rows for each outcome, however long it runs.
CREATE TABLE IF NOT EXISTS streamagg.event_tally (
  pipeline   text COLLATE "C" NOT NULL,
  topic      text COLLATE "C" NOT NULL,
  partition  integer NOT NULL,
  minute     timestamptz NOT NULL,
  outcome    text COLLATE "C" NOT NULL,
  reason     text COLLATE "C" NOT NULL DEFAULT '',
  events     bigint NOT NULL,
  PRIMARY KEY (pipeline, topic, partition, minute, outcome, reason)
) WITH (fillfactor = 50);
COMMENT ON TABLE streamagg.event_tally IS 'What became of the events before next_offset, by the minute in which their checkpoint was written.';
COMMENT ON COLUMN streamagg.event_tally.minute IS 'By the database''s clock; -infinity: all minutes that are over two hours old.';
COMMENT ON COLUMN streamagg.event_tally.outcome IS 'accepted or refused, which together were read; left_out: accepted without its duration; skipped: a record without an event.';

CREATE TABLE IF NOT EXISTS streamagg.dead_letter_replay (
  pipeline     text COLLATE "C" NOT NULL,
  topic        text COLLATE "C" NOT NULL,
  partition    integer NOT NULL,
  "offset"     bigint NOT NULL,
  event_index  integer NOT NULL,
  record_time  bigint NOT NULL,
  bucket_start         timestamptz NOT NULL,
  label                text COLLATE "C" NOT NULL,
  others               jsonb NOT NULL DEFAULT '{}',
  success_count        bigint NOT NULL,
  error_count          bigint NOT NULL,
  error_4xx_count      bigint NOT NULL,
  error_5xx_count      bigint NOT NULL,
  timeout_count        bigint NOT NULL,
  cancelled_count      bigint NOT NULL,
  limited_count        bigint NOT NULL,
  rate_limited_count   bigint NOT NULL,
  overloaded_count     bigint NOT NULL,
  input_tokens         bigint NOT NULL,
  output_tokens        bigint NOT NULL,
  cache_read_tokens    bigint NOT NULL,
  cache_write_tokens   bigint NOT NULL,
  cost_usd             bigint NOT NULL,
  duration_count       bigint NOT NULL,
  duration_sum_micros  numeric NOT NULL,
  duration_min_micros  bigint,
  duration_max_micros  bigint,
  ttft_count           bigint NOT NULL,
  ttft_sum_micros      numeric NOT NULL,
  ttft_min_micros      bigint,
  ttft_max_micros      bigint,
  replayed_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic, partition, "offset", event_index, record_time)
);
CREATE INDEX IF NOT EXISTS dead_letter_replay_bucket ON streamagg.dead_letter_replay (pipeline, bucket_start);
COMMENT ON TABLE streamagg.dead_letter_replay IS 'Dead letters that were replayed, by their place in the source: each counts at most once.';
COMMENT ON COLUMN streamagg.dead_letter_replay.record_time IS 'The record''s timestamp in milliseconds, -1 for none: a topic that is made again counts its offsets anew.';
COMMENT ON COLUMN streamagg.dead_letter_replay.label IS 'Its platform; others holds what it counts under in other rollups, by their names.';
COMMENT ON COLUMN streamagg.dead_letter_replay.bucket_start IS 'The hour that it counts in, with what it adds to it: a recount of that hour from the log takes it in.';

CREATE TABLE IF NOT EXISTS streamagg.backfilled_hour (
  pipeline      text COLLATE "C" NOT NULL,
  bucket_start  timestamptz NOT NULL,
  events        bigint NOT NULL,
  filled_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, bucket_start)
);
COMMENT ON TABLE streamagg.backfilled_hour IS 'Hours that backfill has filled from the raw tables, whether it found anything in them or not: it passes them over.';
COMMENT ON COLUMN streamagg.backfilled_hour.events IS 'How many raw rows count in it; what the stream adds later is not among them.';
