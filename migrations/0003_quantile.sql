-- Any quantile of any set of sketches, in the database itself: what a dashboard asks that has SQL and nothing else. The arithmetic is that of
-- StreamAgg.Core.Digests (EdgeEstimate, Shape, CellCurve, Union), operation by operation; docs/t-digest.md tells what it means.
-- PostgreSQL refuses a float that underflows where C# goes on with 0, hence a few bounds here: what they cut off is far below 1e-100
-- of a microsecond.

CREATE TYPE streamagg.sketch AS (
  means    double precision[],
  weights  bigint[],
  pure     boolean[]
);
COMMENT ON TYPE streamagg.sketch IS 'One digest: the columns of these names of hour_sketch or day_sketch.';

CREATE TYPE streamagg.sketch_cell AS (
  low       double precision,
  high      double precision,
  weight    bigint,
  bend      double precision,
  exponent  double precision
);
COMMENT ON TYPE streamagg.sketch_cell IS 'A run of a digest''s values: its ends, how many, and the curve between them (a parabola where exponent is 0, else a power).';

CREATE FUNCTION streamagg.sketch_slope(means double precision[], weights bigint[], pure boolean[], at integer) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  a double precision := CASE WHEN pure[at - 1] THEN 1 ELSE weights[at - 1] END;
  b double precision := weights[at];
  c double precision := CASE WHEN pure[at + 1] THEN 1 ELSE weights[at + 1] END;
  before double precision := means[at] - means[at - 1];
  after double precision := means[at + 1] - means[at];
BEGIN
  RETURN least(b / (a + b + c) * ((a + a + b) / (c + b) * after + (c + c + b) / (a + b) * before), 2 * least(before, after));
END
$$;
COMMENT ON FUNCTION streamagg.sketch_slope IS 'The rise of the means across an impure centroid.';

CREATE FUNCTION streamagg.sketch_boundary(means double precision[], weights bigint[], pure boolean[], at integer) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  a double precision := weights[at];
  b double precision := weights[at + 1];
  gap double precision := means[at + 1] - means[at];
  before double precision;
  after double precision;
  lean double precision;
  boundary double precision;
BEGIN
  IF pure[at] THEN RETURN means[at]; END IF;
  IF pure[at + 1] THEN RETURN means[at + 1]; END IF;
  before := CASE WHEN pure[at - 1] THEN 1 ELSE weights[at - 1] END;
  after := CASE WHEN pure[at + 2] THEN 1 ELSE weights[at + 2] END;
  lean := 2 * a * b / (a + b) * ((before + a) / (a + a + b) - (after + b) / (b + b + a));
  boundary := means[at] + gap * (a / (a + b))
    + (lean * gap
       - a * (before + a) / (a + a + b) * streamagg.sketch_slope(means, weights, pure, at + 1)
       + b * (after + b) / (b + b + a) * streamagg.sketch_slope(means, weights, pure, at)) / (before + a + b + after);
  RETURN least(greatest(boundary, means[at]), means[at + 1]);
END
$$;
COMMENT ON FUNCTION streamagg.sketch_boundary IS 'Where the values of one centroid end and those of the next begin.';

CREATE FUNCTION streamagg.sketch_curve(bend double precision, exponent double precision, part double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  base double precision;
  height double precision;
BEGIN
  IF exponent = 0 THEN RETURN part * (1 + bend * (1 - part)); END IF;
  base := CASE WHEN bend > 0 THEN 1 - part ELSE part END;
  height := CASE WHEN base <= 0 THEN 0 WHEN exponent * ln(base) < -400 THEN 0 ELSE power(base, exponent) END;
  RETURN CASE WHEN bend > 0 THEN 1 - height ELSE height END;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_curve IS 'The height of a curve, 0 to 1, at a part of the way, 0 to 1.';

CREATE FUNCTION streamagg.sketch_cell(means double precision[], weights bigint[], pure boolean[], at integer) RETURNS streamagg.sketch_cell
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  mean double precision := means[at];
  weight double precision := weights[at];
  steps double precision := weight - 1;
  from_value double precision;
  to_value double precision;
  width double precision;
  low double precision;
  high double precision;
  middle double precision;
  bend double precision;
  exponent double precision := 0;
  reach double precision;
BEGIN
  IF pure[at] THEN RETURN ROW(mean, mean, weights[at], 0, 0)::streamagg.sketch_cell; END IF;
  from_value := streamagg.sketch_boundary(means, weights, pure, at - 1);
  to_value := streamagg.sketch_boundary(means, weights, pure, at);
  width := to_value - from_value;
  -- Finer than doubles are.
  IF NOT width > 0 THEN RETURN ROW(mean, mean, weights[at], 0, 0)::streamagg.sketch_cell; END IF;

  -- The ends: where the curve of infinitely many values has its first and its last of so many.
  middle := (mean - from_value) / width;
  bend := 6 * (middle - 0.5);
  IF abs(bend) > 1 THEN
    exponent := 1 / greatest(CASE WHEN bend > 0 THEN 1 - middle ELSE middle END, 1e-200) - 1;
  END IF;
  low := least(greatest(from_value + width * streamagg.sketch_curve(bend, exponent, 0.5 / weight), from_value), mean);
  high := least(greatest(from_value + width * streamagg.sketch_curve(bend, exponent, 1 - 0.5 / weight), mean), to_value);
  IF weight = 2 THEN
    reach := least(mean - low, high - mean);
    low := greatest(low, mean - reach);
    high := least(high, mean + reach);
  END IF;
  IF NOT low < high THEN
    low := from_value;
    high := to_value;
  END IF;

  -- The curve of just so many values between these ends.
  bend := 0;
  exponent := 0;
  IF weight > 2 THEN
    middle := (mean - low) / (high - low);
    bend := (middle - 0.5) / ((weight - 2) / (6 * steps));
    IF abs(bend) > 1 THEN
      reach := CASE WHEN bend > 0 THEN 1 - middle ELSE middle END * weight - 0.5 + 1 / (12 * steps);
      reach := reach + sqrt(greatest(0, reach * reach - 1 / 3.0::double precision));
      exponent := greatest(2, 2 * steps / CASE WHEN reach = 0 THEN 1e-200 ELSE reach END - 1);
    END IF;
  END IF;
  RETURN ROW(low, high, weights[at], bend, exponent)::streamagg.sketch_cell;
END
$$;
COMMENT ON FUNCTION streamagg.sketch_cell IS 'What the values of one centroid are taken to have been.';

CREATE FUNCTION streamagg.sketch_value(cell streamagg.sketch_cell, rank bigint) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF cell.low = cell.high THEN RETURN cell.low; END IF;
  RETURN least(greatest(
    cell.low + (cell.high - cell.low) * streamagg.sketch_curve(cell.bend, cell.exponent, rank / (cell.weight - 1)::double precision),
    cell.low), cell.high);
END
$$;
COMMENT ON FUNCTION streamagg.sketch_value IS 'A cell''s value of a rank, 0 to weight - 1.';

CREATE FUNCTION streamagg.sketch_count(cell streamagg.sketch_cell, value double precision) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  height double precision;
  part double precision;
  guess bigint;
  least_count bigint := 0;
  most_count bigint;
BEGIN
  IF value < cell.low THEN RETURN 0; END IF;
  IF value >= cell.high THEN RETURN cell.weight; END IF;
  height := (value - cell.low) / (cell.high - cell.low);
  IF cell.exponent = 0 THEN
    part := 1 + cell.bend;
    part := part + sqrt(greatest(0, part * part - 4 * cell.bend * height));
    part := CASE WHEN part > 2 * height THEN 2 * height / part ELSE 1 END;
  ELSIF cell.bend > 0 THEN
    part := 1 - power(1 - height, 1 / cell.exponent);
  ELSE
    part := power(height, 1 / cell.exponent);
  END IF;
  guess := least(trunc(part * (cell.weight - 1))::bigint, cell.weight - 2);
  IF streamagg.sketch_value(cell, guess) <= value THEN
    IF streamagg.sketch_value(cell, guess + 1) > value THEN RETURN guess + 1; END IF;
  ELSIF guess = 0 OR streamagg.sketch_value(cell, guess - 1) <= value THEN
    RETURN guess;
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
      coalesce(NOT (abs(c.mean) < 'Infinity' AND c.weight >= 1), true)
      OR c.pure IS NULL OR (NOT c.pure AND (c.place = 1 OR c.place = cardinality(s.means) OR c.weight = 1))
      OR c.mean < c.before)
    INTO total, contradictory
    FROM unnest(sketches) AS s
    CROSS JOIN LATERAL unnest(s.means, s.weights, s.pure, s.means[1] || s.means[:cardinality(s.means) - 1])
      WITH ORDINALITY AS c(mean, weight, pure, before, place);
  IF contradictory THEN
    RAISE EXCEPTION 'a sketch contradicts itself; give rows of streamagg.hour_sketch or day_sketch as they are' USING ERRCODE = 'data_exception';
  END IF;
  IF total IS NULL THEN RETURN NULL; END IF;
  rank := q * (total - 1);
  lower_rank := least(trunc(rank)::bigint, total - 1);

  -- A cell reaches no further than to the means beside it. So much is known without any curve, and it leaves the few cells, of the ten thousand that a
  -- day of five platforms has, in which the value of this rank or of the next one can lie.
  WITH cell AS MATERIALIZED (
    SELECT s.sketch, c.place, c.weight,
        CASE WHEN c.pure THEN c.mean ELSE c.before END AS reach_low, CASE WHEN c.pure THEN c.mean ELSE c.after END AS reach_high
      FROM unnest(sketches) WITH ORDINALITY AS s(means, weights, pure, sketch)
      CROSS JOIN LATERAL unnest(s.means, s.weights, s.pure, s.means[1] || s.means[:cardinality(s.means) - 1], s.means[2:])
        WITH ORDINALITY AS c(mean, weight, pure, before, after, place)
  ), bracket AS MATERIALIZED (
    SELECT
      (SELECT min(m.reach_low) FROM (SELECT c.reach_low, sum(c.weight) OVER (ORDER BY c.reach_low) AS at_most FROM cell AS c) AS m
        WHERE m.at_most > lower_rank) AS least_value,
      (SELECT min(m.reach_high) FROM (SELECT c.reach_high, sum(c.weight) OVER (ORDER BY c.reach_high) AS at_least FROM cell AS c) AS m
        WHERE m.at_least > least(lower_rank, total - 2) + 1) AS most_value
  )
  SELECT b.least_value, b.most_value,
      (SELECT coalesce(sum(c.weight), 0) FROM cell AS c WHERE c.reach_high < b.least_value),
      ARRAY(
        SELECT streamagg.sketch_cell(s.means, s.weights, s.pure, c.place::integer)
          FROM cell AS c JOIN unnest(sketches) WITH ORDINALITY AS s(means, weights, pure, sketch) ON s.sketch = c.sketch
          WHERE c.reach_high >= b.least_value AND c.reach_low <= b.most_value)
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

CREATE FUNCTION streamagg.quantile(
  q double precision, from_time timestamptz, to_time timestamptz, platforms text[] DEFAULT NULL, pipeline text DEFAULT 'default')
RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT streamagg.quantile(coalesce(array_agg((h.means, h.weights, h.pure)::streamagg.sketch), '{}'), quantile.q)
    FROM streamagg.hour_sketch AS h
    WHERE h.pipeline = quantile.pipeline AND h.means IS NOT NULL
      AND (quantile.platforms IS NULL OR h.platform = ANY (quantile.platforms))
      AND (quantile.from_time IS NULL OR h.bucket_start > quantile.from_time - interval '1 hour')
      AND (quantile.to_time IS NULL OR h.bucket_start < quantile.to_time)
$$;
COMMENT ON FUNCTION streamagg.quantile(double precision, timestamptz, timestamptz, text[], text) IS
  'The quantile, q from 0 to 1, of the published hours from the one that from_time lies in to the last that starts before to_time, in milliseconds; null where nothing was measured. Hours are read whole. A null time or null platforms restrict nothing.';
