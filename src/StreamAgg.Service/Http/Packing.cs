using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;

namespace StreamAgg.Service.Http;

/// <summary>Answers are packed for whoever takes them so: a page is a tenth of its size. Files of the page are packed already.</summary>
internal static class Packing
{
    public static void Add(IServiceCollection services)
    {
        services.AddResponseCompression(packing =>
        {
            // Nothing here is secret to who may ask for it, and nothing of a request comes back in an answer but labels.
            packing.EnableForHttps = true;
            packing.MimeTypes = ["text/html", "application/json", "text/csv"];
        });
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
    }
}
