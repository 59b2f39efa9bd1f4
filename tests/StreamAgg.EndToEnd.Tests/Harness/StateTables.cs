using Npgsql;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>What operators may query: how far each partition is counted; and the marks of what is not published yet.</summary>
internal sealed class StateTables(NpgsqlDataSource database, Brokers brokers, Func<string> pipeline, string[] topics)
{
    /// <summary>Empty once every partition is counted to the log's end and nothing is left to be published.</summary>
    public async Task<string> WhatIsUnsettledAsync()
    {
        var ends = await brokers.EndOffsetsAsync(topics);
        var partitions = await PartitionsAsync();
        long marks = await CountMarksAsync();
        var behind = ends.Where(end => partitions.GetValueOrDefault(end.Key)?.NextOffset != end.Value)
            .Select(end => $"{end.Key.Topic}-{end.Key.Partition} is at {partitions.GetValueOrDefault(end.Key)?.NextOffset} of {end.Value}");
        return string.Join(", ", marks == 0 ? behind : behind.Append($"{marks} hours and days are to be published"));
    }

    public async Task<IReadOnlyDictionary<(string Topic, int Partition), PartitionRow>> PartitionsAsync()
    {
        await using var command = database.CreateCommand(
            """
            SELECT topic, partition, next_offset, epoch, checkpoint, owner, watermark
            FROM streamagg.source_partition WHERE pipeline = $1
            """);
        command.Parameters.AddWithValue(pipeline());
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<(string, int), PartitionRow>();
        while (await reader.ReadAsync())
        {
            rows[(reader.GetString(0), reader.GetInt32(1))] = new PartitionRow(
                reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.IsDBNull(5) ? null : reader.GetString(5),
                reader.IsDBNull(6) ? null : reader.GetDateTime(6));
        }

        return rows;
    }

    public async Task<long> CountMarksAsync()
    {
        await using var command = database.CreateCommand(
            "SELECT (SELECT count(*) FROM streamagg.dirty_hour WHERE pipeline = $1) + (SELECT count(*) FROM streamagg.dirty_day WHERE pipeline = $1)");
        command.Parameters.AddWithValue(pipeline());
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>A row of streamagg.source_partition.</summary>
internal sealed record PartitionRow(long NextOffset, long Epoch, long Checkpoint, string? Owner, DateTime? Watermark);
