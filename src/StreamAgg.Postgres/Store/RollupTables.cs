using Npgsql;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Writes the rows of one rollup into its tables.</summary>
/// <typeparam name="TBucket">Hours or days.</typeparam>
/// <param name="tables">The first may hold rows of others; all rows of the rest are ours.</param>
/// <param name="bind">Binds keys.</param>
/// <param name="keyOf">Reads the key that a statement returns.</param>
internal sealed class RollupTables<TBucket>(
    IReadOnlyList<PublishedTable> tables,
    Func<NpgsqlParameterCollection, IEnumerable<BucketKey<TBucket>>, NpgsqlParameterCollection> bind,
    Func<NpgsqlDataReader, BucketKey<TBucket>> keyOf)
    where TBucket : IComparable<TBucket>
{
    private readonly PublishedTable first = tables[0];

    /// <param name="transaction">Holds the locks of the rows' sketches.</param>
    /// <param name="rows">To be written.</param>
    /// <param name="held">Those that stay as they are in the first table.</param>
    /// <param name="overrules">Whose row gives way whatever it counts, and goes where nothing is left of it.</param>
    /// <param name="shown">Requests that our rows have shown: one that counts more and is another one is somebody else's.</param>
    /// <returns>How many rows of the first table were written, and the keys of those that stayed because they count more.</returns>
    public async Task<(int Written, HashSet<BucketKey<TBucket>> Kept)> WriteAsync(
        StoreTransaction transaction, Publication<TBucket>[] rows, HashSet<BucketKey<TBucket>> held, Func<BucketKey<TBucket>, bool> overrules,
        IReadOnlyDictionary<BucketKey<TBucket>, long?> shown)
    {
        var free = rows.Where(row => !held.Contains(row.Key)).ToLookup(row => overrules(row.Key));
        (int written, var staying) = await UpsertAsync(transaction, [.. free[false]], shown);
        written += await OverruleAsync(transaction, first, [.. free[true]]);
        foreach (PublishedTable table in tables.Skip(1))
            await OverruleAsync(transaction, table, rows);
        return (written, staying);
    }

    public async Task<int> DeleteUncountedAsync(StoreTransaction transaction, Action<NpgsqlParameterCollection> bindRange)
    {
        foreach (PublishedTable table in tables.Skip(1))
            await transaction.ExecuteAsync(table.DeleteUncounted, bindRange);
        return await transaction.ExecuteAsync(first.DeleteUncounted, bindRange);
    }

    public Task ReadKeysAsync(StoreTransaction transaction, Action<NpgsqlParameterCollection> bindRange, Action<BucketKey<TBucket>> onKey) =>
        transaction.QueryAsync(first.Keys, bindRange, row => onKey(keyOf(row)));

    private async Task<(int Written, HashSet<BucketKey<TBucket>> Kept)> UpsertAsync(
        StoreTransaction transaction, Publication<TBucket>[] rows, IReadOnlyDictionary<BucketKey<TBucket>, long?> shown)
    {
        HashSet<BucketKey<TBucket>> written = [], staying = [], shrinking = [];
        // A recount has found nothing there: nothing of ours stands in the table then, and of others what does.
        if (Array.FindAll(rows, row => !row.Totals.IsEmpty) is { Length: > 0 } some)
            await transaction.QueryAsync(first.Upsert, p => first.Bind(bind(p, Keys(some)), some), row => written.Add(keyOf(row)));
        Publication<TBucket>[] left = [.. rows.Where(row => !written.Contains(row.Key))];
        if (left.Length > 0)
            await transaction.QueryAsync(
                first.Larger, p => first.Bind(bind(p, Keys(left)), left),
                row => (shown[keyOf(row)] == row.GetInt64(2) ? shrinking : staying).Add(keyOf(row)));
        // Its hours were counted anew while others of them were still to be published.
        int smaller = shrinking.Count == 0 ? 0 : await OverruleAsync(transaction, first, Array.FindAll(left, row => shrinking.Contains(row.Key)));
        return (written.Count + smaller, staying);
    }

    private async Task<int> OverruleAsync(StoreTransaction transaction, PublishedTable table, Publication<TBucket>[] rows)
    {
        int written = 0;
        var left = rows.ToLookup(row => !row.Totals.IsEmpty);
        if (left[true].ToArray() is { Length: > 0 } some)
            await transaction.QueryAsync(table.Overrule, p => table.Bind(bind(p, Keys(some)), some), _ => written++);
        if (left[false].ToArray() is { Length: > 0 } none)
            written += await transaction.ExecuteAsync(table.Delete, p => bind(p, Keys(none)));
        return written;
    }

    private static IEnumerable<BucketKey<TBucket>> Keys(IEnumerable<Publication<TBucket>> rows) => rows.Select(row => row.Key);
}
