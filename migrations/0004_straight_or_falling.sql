-- Between the ends of a cell the density of values is now a straight line. Where that cannot have the cell's mean it falls off from one end, over orders of
-- magnitude as an exponential (StreamAgg.Core.Digests.Shape): this follows the foot of a peak, and a cell of any span, closer than the parabola and the
-- power of 0003. The stored sketches are the same; only how they are read changes.

COMMENT ON TYPE streamagg.sketch_cell IS
  'A run of a digest''s values: its ends, how many, and the shape between: a straight density of half the slope bend where exponent is 0, values that grow exponentially by it where it is above, a density falling as (h - exponent)^(-3/2) where it is below.';

DROP FUNCTION streamagg.sketch_curve(double precision, double precision, double precision);

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

CREATE OR REPLACE FUNCTION streamagg.sketch_cell(means double precision[], weights bigint[], pure boolean[], at integer) RETURNS streamagg.sketch_cell
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  mean double precision := means[at];
  weight double precision := weights[at];
  from_value double precision;
  to_value double precision;
  width double precision;
  low double precision;
  high double precision;
  middle double precision;
  reach double precision;
BEGIN
  IF pure[at] THEN RETURN ROW(mean, mean, weights[at], 0, 0)::streamagg.sketch_cell; END IF;
  from_value := streamagg.sketch_boundary(means, weights, pure, at - 1);
  to_value := streamagg.sketch_boundary(means, weights, pure, at);
  width := to_value - from_value;
  -- Finer than doubles are.
  IF NOT width > 0 THEN RETURN ROW(mean, mean, weights[at], 0, 0)::streamagg.sketch_cell; END IF;

  -- The ends: the first and the last of so many values, half a rank inside.
  middle := (mean - from_value) / width;
  low := least(greatest(from_value + width * streamagg.sketch_height(6 * (middle - 0.5), streamagg.sketch_exponent(middle, from_value, to_value), 0.5 / weight), from_value), mean);
  high := least(greatest(from_value + width * streamagg.sketch_height(6 * (middle - 0.5), streamagg.sketch_exponent(middle, from_value, to_value), 1 - 0.5 / weight), mean), to_value);
  IF weight = 2 THEN
    reach := least(mean - low, high - mean);
    low := greatest(low, mean - reach);
    high := least(high, mean + reach);
  END IF;
  IF NOT low < high THEN
    low := from_value;
    high := to_value;
  END IF;

  -- The values between the first and the last.
  IF weight = 2 THEN RETURN ROW(low, high, weights[at], 0, 0)::streamagg.sketch_cell; END IF;
  middle := ((mean - low) / (high - low) * weight - 1) / (weight - 2);
  RETURN ROW(low, high, weights[at], 6 * (middle - 0.5), streamagg.sketch_exponent(middle, low, high))::streamagg.sketch_cell;
END
$$;

CREATE OR REPLACE FUNCTION streamagg.sketch_value(cell streamagg.sketch_cell, rank bigint) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF cell.low = cell.high OR rank <= 0 THEN RETURN cell.low; END IF;
  IF rank >= cell.weight - 1 THEN RETURN cell.high; END IF;
  RETURN least(greatest(
    cell.low + (cell.high - cell.low) * streamagg.sketch_height(cell.bend, cell.exponent, (rank - 0.5::double precision) / (cell.weight - 2)),
    cell.low), cell.high);
END
$$;

CREATE OR REPLACE FUNCTION streamagg.sketch_count(cell streamagg.sketch_cell, value double precision) RETURNS bigint
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
