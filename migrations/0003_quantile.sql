-- Any quantile of any set of sketches, in the database itself: what a dashboard asks that has SQL and nothing else. The arithmetic is that of
-- StreamAgg.Digests (Shape, CellCurve, MergedRuns), operation by operation; docs/t-digest.md tells what it means.
-- PostgreSQL refuses a float that underflows where C# goes on with 0, hence a few bounds here: what they cut off is far below 1e-100
-- of a microsecond.

CREATE TYPE streamagg.sketch AS (
  lows     double precision[],
  highs    double precision[],
  means    double precision[],
  weights  bigint[]
);
COMMENT ON TYPE streamagg.sketch IS 'One digest: the columns of these names of hour_sketch or day_sketch.';

CREATE FUNCTION streamagg.sketch(of_hour streamagg.hour_sketch) RETURNS streamagg.sketch
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ROW(of_hour.lows, of_hour.highs, of_hour.means, of_hour.weights)::streamagg.sketch
$$;
COMMENT ON FUNCTION streamagg.sketch(streamagg.hour_sketch) IS 'The digest of a row; of no durations where the row has none.';

CREATE FUNCTION streamagg.sketch(of_day streamagg.day_sketch) RETURNS streamagg.sketch
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ROW(of_day.lows, of_day.highs, of_day.means, of_day.weights)::streamagg.sketch
$$;
COMMENT ON FUNCTION streamagg.sketch(streamagg.day_sketch) IS 'The digest of a row; of no durations where the row has none.';

CREATE TYPE streamagg.sketch_cell AS (
  low       double precision,
  high      double precision,
  weight    bigint,
  bend      double precision,
  exponent  double precision
);
COMMENT ON TYPE streamagg.sketch_cell IS
  'A run of a digest''s values: its ends, how many, and the shape between: a straight density of half the slope bend where exponent is 0, values that grow exponentially by it where it is above, a density falling as (h - exponent)^(-3/2) where it is below.';

CREATE FUNCTION streamagg.sketch_exponent(middle double precision, low double precision, high double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  near double precision := greatest(1e-12, least(middle, 1 - middle));
  rate double precision;
  tail double precision;
  spans_magnitudes boolean := CASE WHEN middle < 0.5 THEN low >= 0 AND high > 8 * low ELSE high <= 0 AND low < 8 * high END;
BEGIN
  IF abs(6 * (middle - 0.5)) <= 1 THEN RETURN 0; END IF;
  IF NOT spans_magnitudes THEN RETURN -(near * near / (1 - 2 * near)); END IF;
  IF near <= 1 / 600.0::double precision THEN RETURN 600; END IF;
  -- Newton's method: the rate that has such a mean.
  rate := 1 / near;
  FOR step IN 1 .. 5 LOOP
    tail := 1 / (exp(rate) - 1);
    rate := rate + (1 / rate - tail - near) / (1 / (rate * rate) - tail * (1 + tail));
  END LOOP;
  RETURN rate;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_exponent IS 'What a shape is where its mean, 0 to 1, is not in the middle third; else 0.';

CREATE FUNCTION streamagg.sketch_height(bend double precision, exponent double precision, part double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  near_part double precision := CASE WHEN bend < 0 THEN part ELSE 1 - part END;
  root double precision;
  reach double precision;
BEGIN
  IF exponent = 0 THEN RETURN 2 * part / (1 - bend + sqrt(greatest(0, (1 - bend) * (1 - bend) + 4 * bend * part))); END IF;
  IF exponent > 0 THEN
    reach := (exp(exponent * near_part) - 1) / (exp(exponent) - 1);
  ELSE
    root := 1 / sqrt(-exponent);
    root := root - near_part * (root - 1 / sqrt(1 - exponent));
    reach := 1 / (root * root) + exponent;
  END IF;
  RETURN CASE WHEN bend < 0 THEN reach ELSE 1 - reach END;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_height IS 'The height, 0 to 1, that has a part of the values, above 0, below it.';

CREATE FUNCTION streamagg.sketch_part(bend double precision, exponent double precision, height double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  distance double precision := CASE WHEN bend < 0 THEN height ELSE 1 - height END;
  share double precision;
BEGIN
  IF exponent = 0 THEN RETURN height * (1 - bend + bend * height); END IF;
  IF exponent > 0 THEN
    share := ln(1 + (exp(exponent) - 1) * distance) / exponent;
  ELSE
    share := (1 / sqrt(-exponent) - 1 / sqrt(distance - exponent)) / (1 / sqrt(-exponent) - 1 / sqrt(1 - exponent));
  END IF;
  RETURN CASE WHEN bend < 0 THEN share ELSE 1 - share END;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_part IS 'The part of the values below a height: the inverse of sketch_height.';

CREATE FUNCTION streamagg.sketch_cell(low double precision, high double precision, mean double precision, weight bigint) RETURNS streamagg.sketch_cell
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  values_between double precision := weight - 2;
  middle double precision;
BEGIN
  IF low = high OR weight <= 2 THEN RETURN ROW(low, high, weight, 0, 0)::streamagg.sketch_cell; END IF;
  middle := ((mean - low) / (high - low) * weight - 1) / values_between;
  RETURN ROW(low, high, weight, 6 * (middle - 0.5), streamagg.sketch_exponent(middle, low, high))::streamagg.sketch_cell;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_cell IS 'What the values of one centroid are taken to have been.';

CREATE FUNCTION streamagg.sketch_value(cell streamagg.sketch_cell, rank bigint) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF cell.low = cell.high OR rank <= 0 THEN RETURN cell.low; END IF;
  IF rank >= cell.weight - 1 THEN RETURN cell.high; END IF;
  RETURN least(greatest(
    cell.low + (cell.high - cell.low) * streamagg.sketch_height(cell.bend, cell.exponent, (rank - 0.5::double precision) / (cell.weight - 2)),
    cell.low), cell.high);
END
$$;
COMMENT ON FUNCTION streamagg.sketch_value IS 'A cell''s value of a rank, 0 to weight - 1.';

CREATE FUNCTION streamagg.sketch_count(cell streamagg.sketch_cell, value double precision) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  guess bigint;
  least_count bigint := 0;
  most_count bigint;
BEGIN
  IF value < cell.low THEN RETURN 0; END IF;
  IF value >= cell.high THEN RETURN cell.weight; END IF;
  guess := trunc(streamagg.sketch_part(cell.bend, cell.exponent, (value - cell.low) / (cell.high - cell.low)) * (cell.weight - 2) + 1.5);
  guess := least(greatest(guess, 1), cell.weight - 1);
  IF streamagg.sketch_value(cell, guess - 1) <= value THEN
    IF streamagg.sketch_value(cell, guess) > value THEN RETURN guess; END IF;
  ELSIF guess = 1 OR streamagg.sketch_value(cell, guess - 2) <= value THEN
    RETURN guess - 1;
  END IF;
  -- Where many ranks share one double, their curve has no inverse.
  most_count := cell.weight;
  WHILE least_count < most_count LOOP
    guess := least_count + (most_count - least_count) / 2;
    IF streamagg.sketch_value(cell, guess) <= value THEN least_count := guess + 1; ELSE most_count := guess; END IF;
  END LOOP;
  RETURN least_count;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_count IS 'How many of a cell''s values are at most this one.';

CREATE FUNCTION streamagg.quantile(sketches streamagg.sketch[], q double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  total bigint;
  contradictory boolean;
  rank double precision;
  lower_rank bigint;
  cells streamagg.sketch_cell[];
  below double precision;
  found double precision;
  middle double precision;
  counted bigint;
  counted_before bigint;
  counted_to_below bigint;
  following double precision;
BEGIN
  IF NOT (q >= 0 AND q <= 1) THEN
    RAISE EXCEPTION 'a quantile is asked for by a number from 0 to 1, not %', q USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT sum(c.weight), bool_or(
      coalesce(NOT (abs(c.low) < 'Infinity' AND abs(c.high) < 'Infinity' AND c.mean BETWEEN c.low AND c.high AND c.weight >= 1), true)
      OR (c.low < c.high AND (c.place = 1 OR c.place = cardinality(s.means) OR c.weight = 1))
      OR c.low <= c.before)
    INTO total, contradictory
    FROM unnest(sketches) AS s
    CROSS JOIN LATERAL unnest(s.lows, s.highs, s.means, s.weights, CASE WHEN s.highs IS NOT NULL THEN NULL::double precision || s.highs[:cardinality(s.highs) - 1] END)
      WITH ORDINALITY AS c(low, high, mean, weight, before, place);
  IF contradictory THEN
    RAISE EXCEPTION 'a sketch contradicts itself; give rows of streamagg.hour_sketch or day_sketch as they are' USING ERRCODE = 'data_exception';
  END IF;
  IF total IS NULL THEN RETURN NULL; END IF;
  rank := q * (total - 1);
  lower_rank := least(trunc(rank)::bigint, total - 1);

  -- The ends of cells leave a few of them, of the ten thousand that a day of five platforms has, in which the value of this rank or of the next one can lie.
  WITH cell AS MATERIALIZED (
    SELECT c.low, c.high, c.mean, c.weight
      FROM unnest(sketches) AS s
      CROSS JOIN LATERAL unnest(s.lows, s.highs, s.means, s.weights) AS c(low, high, mean, weight)
  ), bracket AS MATERIALIZED (
    SELECT
      (SELECT min(m.low) FROM (SELECT c.low, sum(c.weight) OVER (ORDER BY c.low) AS at_most FROM cell AS c) AS m
        WHERE m.at_most > lower_rank) AS least_value,
      (SELECT min(m.high) FROM (SELECT c.high, sum(c.weight) OVER (ORDER BY c.high) AS at_least FROM cell AS c) AS m
        WHERE m.at_least > least(lower_rank, total - 2) + 1) AS most_value
  )
  SELECT b.least_value, b.most_value,
      (SELECT coalesce(sum(c.weight), 0) FROM cell AS c WHERE c.high < b.least_value),
      ARRAY(
        SELECT streamagg.sketch_cell(c.low, c.high, c.mean, c.weight)
          FROM cell AS c WHERE c.high >= b.least_value AND c.low <= b.most_value)
    INTO below, found, counted_before, cells
    FROM bracket AS b;

  -- The smallest value that more than lower_rank values do not exceed. From here on no more than lower_rank are at most below, and more are at most found.
  SELECT counted_before + sum(streamagg.sketch_count(c, below)) INTO counted_to_below FROM unnest(cells) AS c;
  IF counted_to_below > lower_rank THEN
    found := below;
    counted := counted_to_below;
  ELSE
    LOOP
      IF counted_to_below = lower_rank THEN
        -- All before it are at most below: it is the next value there is.
        SELECT min(streamagg.sketch_value(c, streamagg.sketch_count(c, below))) INTO found FROM unnest(cells) AS c WHERE c.high > below;
        EXIT;
      END IF;
      EXIT WHEN found - below < 1e-100;
      middle := below + (found - below) / 2;
      EXIT WHEN middle <= below OR middle >= found;
      SELECT counted_before + sum(streamagg.sketch_count(c, middle)) INTO counted FROM unnest(cells) AS c;
      IF counted > lower_rank THEN
        found := middle;
      ELSE
        below := middle;
        counted_to_below := counted;
      END IF;
    END LOOP;
    SELECT counted_before + sum(streamagg.sketch_count(c, found)) INTO counted FROM unnest(cells) AS c;
  END IF;

  -- Between two ranks on the line between their values, as percentile_cont has it, of milliseconds.
  IF rank <= lower_rank OR lower_rank = total - 1 OR counted > lower_rank + 1 THEN RETURN found / 1000; END IF;
  SELECT min(streamagg.sketch_value(c, streamagg.sketch_count(c, found))) / 1000 INTO following FROM unnest(cells) AS c WHERE c.high > found;
  found := found / 1000;
  RETURN least(found + (rank - lower_rank) * (following - found), following);
END
$$;
COMMENT ON FUNCTION streamagg.quantile(streamagg.sketch[], double precision) IS
  'The quantile, q from 0 to 1, of all durations in these sketches, in milliseconds; null where there are none.';

-- A day's mark is set with its hours' sketches and cleared with its own: what has no mark is what its hours are.
CREATE FUNCTION streamagg.sketches(from_time timestamptz, to_time timestamptz, platforms text[] DEFAULT NULL, pipeline text DEFAULT 'default', rollup text DEFAULT 'platform')
RETURNS TABLE (
  bucket_start timestamptz, platform text, compression integer, boundary_doubt double precision,
  lows double precision[], highs double precision[], means double precision[], weights bigint[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT s.*
    FROM (
      SELECT coalesce(date_trunc('hour', sketches.from_time, 'UTC'), '-infinity') AS from_hour, coalesce(sketches.to_time, 'infinity') AS before,
        coalesce((sketches.from_time - interval '1 hour') AT TIME ZONE 'UTC', '-infinity')::date + 1 AS first_day,
        coalesce((sketches.to_time + interval '1 hour' - interval '1 microsecond') AT TIME ZONE 'UTC', 'infinity')::date AS end_day
    ) AS span
    CROSS JOIN LATERAL (
      SELECT d.bucket_date::timestamp AT TIME ZONE 'UTC', d.label, d.compression, d.boundary_doubt, d.lows, d.highs, d.means, d.weights
        FROM streamagg.day_sketch AS d
        WHERE d.pipeline = sketches.pipeline AND d.rollup = sketches.rollup AND d.bucket_date >= span.first_day AND d.bucket_date < span.end_day AND (sketches.platforms IS NULL OR d.label = ANY (sketches.platforms))
          AND NOT EXISTS (SELECT FROM streamagg.dirty_day AS k WHERE k.pipeline = d.pipeline AND k.bucket_date = d.bucket_date AND k.rollup = d.rollup AND k.label = d.label)
      UNION ALL
      SELECT h.bucket_start, h.label, h.compression, h.boundary_doubt, h.lows, h.highs, h.means, h.weights
        FROM streamagg.dirty_day AS k CROSS JOIN generate_series(0, 23) AS number
        JOIN streamagg.hour_sketch AS h ON h.pipeline = k.pipeline AND h.rollup = k.rollup AND h.label = k.label
          AND h.bucket_start = k.bucket_date::timestamp AT TIME ZONE 'UTC' + number * interval '1 hour'
        WHERE k.pipeline = sketches.pipeline AND k.rollup = sketches.rollup AND k.bucket_date >= span.first_day AND k.bucket_date < span.end_day AND (sketches.platforms IS NULL OR k.label = ANY (sketches.platforms))
      UNION ALL
      SELECT h.bucket_start, h.label, h.compression, h.boundary_doubt, h.lows, h.highs, h.means, h.weights
        FROM streamagg.hour_sketch AS h
        WHERE h.pipeline = sketches.pipeline AND h.rollup = sketches.rollup AND h.bucket_start >= span.from_hour AND h.bucket_start < least(span.before, span.first_day::timestamp AT TIME ZONE 'UTC')
          AND (sketches.platforms IS NULL OR h.label = ANY (sketches.platforms))
      UNION ALL
      SELECT h.bucket_start, h.label, h.compression, h.boundary_doubt, h.lows, h.highs, h.means, h.weights
        FROM streamagg.hour_sketch AS h
        WHERE h.pipeline = sketches.pipeline AND h.rollup = sketches.rollup AND h.bucket_start >= greatest(span.first_day, span.end_day)::timestamp AT TIME ZONE 'UTC' AND h.bucket_start < span.before
          AND (sketches.platforms IS NULL OR h.label = ANY (sketches.platforms))
    ) AS s
$$;
COMMENT ON FUNCTION streamagg.sketches IS
  'The digests of the published hours from the one that from_time lies in to the last that starts before to_time: one for each whole day and platform where the day is as its hours are, else the hours'' own. A null time or null platforms restrict nothing; platforms without a duration have nulls.';

CREATE FUNCTION streamagg.quantile(
  q double precision, from_time timestamptz, to_time timestamptz, platforms text[] DEFAULT NULL, pipeline text DEFAULT 'default')
RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT streamagg.quantile(coalesce(array_agg(ROW(s.lows, s.highs, s.means, s.weights)::streamagg.sketch), '{}'), quantile.q)
    FROM streamagg.sketches(quantile.from_time, quantile.to_time, quantile.platforms, quantile.pipeline) AS s
    WHERE s.means IS NOT NULL
$$;
COMMENT ON FUNCTION streamagg.quantile(double precision, timestamptz, timestamptz, text[], text) IS
  'The quantile, q from 0 to 1, of the published hours from the one that from_time lies in to the last that starts before to_time, in milliseconds; null where nothing was measured. Hours are read whole. A null time or null platforms restrict nothing.';

-- An open hour has a mark, so the marks lead to the few bases and partials that are not published yet.
CREATE VIEW streamagg.live_hourly AS
  SELECT h.pipeline, h.bucket_start, h.platform, h.success_count + h.error_count AS request_count,
      h.success_count, h.error_count, h.error_4xx_count, h.error_5xx_count, h.timeout_count,
      CASE WHEN h.duration_count > 0 THEN (h.duration_sum_micros / h.duration_count / 1000)::double precision END AS avg_latency_ms,
      h.p99_latency_ms, 100.0::double precision * h.error_count / (h.success_count + h.error_count) AS error_rate, now() AS computed_at, h.provisional
    FROM (
      SELECT s.pipeline, s.bucket_start, s.label AS platform, s.success_count, s.error_count, s.error_4xx_count, s.error_5xx_count, s.timeout_count,
          s.duration_count, s.duration_sum_micros, false AS provisional,
          CASE WHEN s.means IS NOT NULL THEN streamagg.quantile(ARRAY[ROW(s.lows, s.highs, s.means, s.weights)::streamagg.sketch], 0.99) END AS p99_latency_ms
        FROM streamagg.hour_sketch AS s WHERE s.rollup = 'platform'
      UNION ALL
      SELECT k.pipeline, k.bucket_start, k.label, sum(i.success_count)::bigint, sum(i.error_count)::bigint, sum(i.error_4xx_count)::bigint,
          sum(i.error_5xx_count)::bigint, sum(i.timeout_count)::bigint, sum(i.duration_count)::bigint, sum(i.duration_sum_micros), true, NULL
        FROM streamagg.dirty_hour AS k
        CROSS JOIN LATERAL (
          SELECT b.success_count, b.error_count, b.error_4xx_count, b.error_5xx_count, b.timeout_count, b.duration_count, b.duration_sum_micros
            FROM streamagg.hour_base AS b WHERE b.pipeline = k.pipeline AND b.bucket_start = k.bucket_start AND b.rollup = k.rollup AND b.label = k.label
          UNION ALL
          SELECT p.success_count, p.error_count, p.error_4xx_count, p.error_5xx_count, p.timeout_count, p.duration_count, p.duration_sum_micros
            FROM streamagg.partial AS p WHERE p.pipeline = k.pipeline AND p.bucket_start = k.bucket_start AND p.rollup = k.rollup AND p.label = k.label
        ) AS i
        WHERE k.rollup = 'platform' AND NOT EXISTS (
          SELECT FROM streamagg.hour_sketch AS s WHERE s.pipeline = k.pipeline AND s.bucket_start = k.bucket_start AND s.rollup = k.rollup AND s.label = k.label)
        GROUP BY k.pipeline, k.bucket_start, k.label
    ) AS h
    WHERE h.success_count + h.error_count > 0;
COMMENT ON VIEW streamagg.live_hourly IS
  'The hours that this pipeline has counted, up to the running one: columns as in ops_metrics_hourly, of which rows of others are left out. provisional: not published yet, it still grows. Give a range of bucket_start.';
COMMENT ON COLUMN streamagg.live_hourly.p99_latency_ms IS 'Of a published hour, within its digest''s bound; null while the hour is provisional: its digests are bytes that SQL does not read.';
COMMENT ON COLUMN streamagg.live_hourly.computed_at IS 'When the view was read.';
