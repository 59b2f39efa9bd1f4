namespace StreamAgg.Core.Digests;

/// <summary>How values rise from the smallest to the largest of a cell: a monotone curve over 0 to 1 with a given mean.</summary>
/// <remarks>
/// A parabola where one of that mean is monotone (the mean lies in the middle third); beyond, the power t^p of that mean, which at p = 2 is
/// the parabola that is flat at its end: both families meet there. A cell that spans many orders of magnitude has nearly all its mean from
/// its last values, and a power follows that where a parabola cannot.
/// </remarks>
internal readonly struct Shape
{
    private readonly double bend;
    private readonly double power;
    private readonly bool falling;

    /// <param name="mean">Where between the two ends the mean lies, 0 to 1.</param>
    /// <param name="weight">Of how many values, the first at 0 and the last at 1.</param>
    public Shape(double mean, double weight)
    {
        if (weight <= 2)
            return;
        double last = weight - 1, share = (weight - 2) / (6 * last); // the mean of t (1 - t) over the ranks
        bend = (mean - 0.5) / share;
        if (Math.Abs(bend) <= 1)
            return;
        falling = bend > 0;
        power = Power(falling ? 1 - mean : mean, weight, last);
    }

    private Shape(double mean)
    {
        bend = 6 * (mean - 0.5);
        if (Math.Abs(bend) <= 1)
            return;
        falling = bend > 0;
        power = (1 / Math.Max(falling ? 1 - mean : mean, double.Epsilon)) - 1;
    }

    /// <summary>The limit for infinitely many values.</summary>
    public static Shape Smooth(double mean) => new(mean);

    /// <summary>The height, 0 to 1, at a part of the way.</summary>
    public double At(double t) =>
        power == 0 ? t * (1 + (bend * (1 - t)))
        : falling ? 1 - Math.Pow(1 - t, power)
        : Math.Pow(t, power);

    /// <summary>The part of the way at which a height is reached.</summary>
    public double Inverse(double height)
    {
        if (power != 0)
            return falling ? 1 - Math.Pow(1 - height, 1 / power) : Math.Pow(height, 1 / power);
        // The smaller root of bend t^2 - (1 + bend) t + height = 0, in the form that does not cancel.
        double slope = 1 + bend, root = slope + Math.Sqrt(Math.Max(0, (slope * slope) - (4 * bend * height)));
        return root > 2 * height ? 2 * height / root : 1;
    }

    /// <summary>The mean height of <paramref name="length"/> ranks from the first to the last of them, which lie <paramref name="step"/> apart.</summary>
    public double Mean(double first, double final, double length, double step)
    {
        if (power == 0)
        {
            double centre = (first + final) / 2, spread = ((length * length) - 1) / 12 * step * step;
            return centre + (bend * (centre - (centre * centre) - spread));
        }
        // Euler and Maclaurin: the sum is the integral and half of both ends.
        double from = falling ? 1 - final : first, to = falling ? 1 - first : final;
        double low = Math.Pow(from, power), high = Math.Pow(to, power);
        double sum = (((high * to) - (low * from)) / ((power + 1) * step)) + ((low + high) / 2);
        return falling ? 1 - (sum / length) : sum / length;
    }

    /// <summary>
    /// p of which the mean over the ranks is <paramref name="mean"/>. By Euler and Maclaurin the sum of t^p is
    /// last / (p + 1) + 1/2 + p / (12 last), exact at p = 2: a quadratic equation in p + 1.
    /// </summary>
    private static double Power(double mean, double weight, double last)
    {
        double c = (mean * weight) - 0.5 + (1 / (12 * last));
        return Math.Max(2, (2 * last / (c + Math.Sqrt(Math.Max(0, (c * c) - (1 / 3.0))))) - 1);
    }
}
