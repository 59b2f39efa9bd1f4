namespace StreamAgg.Core.Digests;

/// <summary>How heavy a cell may be, by where it lies: small at both ends, where the quantiles that people ask for are.</summary>
/// <remarks>
/// The density of cells is proportional to (q (1 - q))^(-3/4). It lies between the published K1, (q (1 - q))^(-1/2), and K2,
/// (q (1 - q))^(-1), whose integral is infinite, so that K2 has to know the count: this one bounds the number of cells at any count, and takes
/// two square roots where the others take asin or log. Its integral over 0 to 1 is Gamma(1/4)^2 / sqrt(pi).
/// </remarks>
/// <param name="cells">How many cells of full size the whole range holds.</param>
/// <param name="count">The number of values.</param>
internal readonly struct SizeLimit(double cells, double count)
{
    private const double Integral = 7.4162987092054876;

    private readonly double scale = Integral / cells * count;
    private readonly double perCount = 1 / count;

    /// <summary>The greatest weight of a cell whose middle has this many values below it.</summary>
    public double At(double middleRank)
    {
        double q = middleRank * perCount;
        double root = Math.Sqrt(Math.Max(0, q * (1 - q)));
        return scale * root * Math.Sqrt(root);
    }
}
