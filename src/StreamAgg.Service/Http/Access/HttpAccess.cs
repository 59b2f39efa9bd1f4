namespace StreamAgg.Service.Http.Access;

/// <summary>Who may read by HTTP, and over what: files of settings that were checked.</summary>
internal sealed record HttpAccess
{
    /// <value>Null: nobody is asked for a token.</value>
    public string? TokenFile { get; init; }

    /// <value>PEM, the server's own certificate first, then those between it and the root; null where HTTP is plain.</value>
    public string? CertificateFile { get; init; }

    /// <value>PEM; null where the certificate's file holds the key, too.</value>
    public string? KeyFile { get; init; }
}
