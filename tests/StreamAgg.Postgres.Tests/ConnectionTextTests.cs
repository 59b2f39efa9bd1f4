using Npgsql;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Tests;

public class ConnectionTextTests
{
    [Theory]
    [InlineData("postgresql://svc:pw@db/m", "Host=db;Username=svc;Password=pw;Database=m")]
    [InlineData("  POSTGRES://db  ", "Host=db")]
    [InlineData("postgres://svc@db:6432/", "Host=db:6432;Username=svc")]
    [InlineData("postgresql://s%40c:p%2Fw%3A%25%20%C3%A9+@db/m%20n", "Host=db;Username=s@c;Password='p/w:% é+';Database='m n'")]
    [InlineData("postgresql://svc:p@s:s@db/m", "Host=db;Username=svc;Password=p@s:s;Database=m")]
    [InlineData("postgresql://svc:p?w#d@db/m", "Host=db;Username=svc;Password=p?w#d;Database=m")]
    [InlineData("postgresql://svc:p;w='x'@db/m", "Host=db;Username=svc;Password=\"p;w='x'\";Database=m")]
    [InlineData("postgresql://svc@db1,db2:6432,[::1]:6433/m", "Host='db1,db2:6432,[::1]:6433';Username=svc;Database=m")]
    [InlineData("postgresql://[fe80::1]/m", "Host=[fe80::1];Database=m")]
    [InlineData("postgresql://db:/m", "Host=db;Database=m")]
    [InlineData("postgresql:///m?host=/var/run/postgresql&user=svc&password=p%26w&port=6432", "Host=/var/run/postgresql;Database=m;Username=svc;Password=p&w;Port=6432")]
    [InlineData("postgresql://%2Fvar%2Frun%2Fpostgresql/m", "Host=/var/run/postgresql;Database=m")]
    [InlineData("postgresql://db?dbname=m&connect_timeout=7&application_name=a%20b", "Host=db;Database=m;Timeout=7;Application Name='a b'")]
    [InlineData("postgresql://db/m?sslmode=verify-full&sslrootcert=system", "Host=db;Database=m;SSL Mode=VerifyFull")]
    [InlineData("postgresql://db/m?sslmode=verify-ca&gssencmode=disable&channel_binding=require", "Host=db;Database=m;SSL Mode=VerifyCA;GSS Encryption Mode=Disable;Channel Binding=Require")]
    [InlineData("postgresql://a,b/m?target_session_attrs=prefer-standby&load_balance_hosts=random", "Host='a,b';Database=m;Target Session Attributes=prefer-standby;Load Balance Hosts=true")]
    [InlineData("postgresql://db/m?options=-c%20search_path%3Dx&keepalives=0", "Host=db;Database=m;Options='-c search_path=x'")]
    [InlineData("postgresql://db/m?Maximum%20Pool%20Size=5&pooling=false", "Host=db;Database=m;Maximum Pool Size=5;Pooling=false")]
    [InlineData("host=db;dbname=m;user=svc;pwd=x;sslmode=verify-full", "Host=db;Database=m;Username=svc;Password=x;SSL Mode=VerifyFull")]
    [InlineData("Server=db;DB=m;UID=svc;Psw=x;User Id=other", "Host=db;Database=m;Username=other;Password=x")]
    public void A_URL_and_libpq_s_names_mean_what_they_mean_elsewhere(string text, string same)
    {
        NpgsqlConnectionStringBuilder read = ConnectionText.Read(text), expected = new(same);
        Assert.Equal(
            (expected.Host, expected.Port, expected.Username, expected.Password, expected.Database, expected.SslMode, expected.RootCertificate, expected.Timeout),
            (read.Host, read.Port, read.Username, read.Password, read.Database, read.SslMode, read.RootCertificate, read.Timeout));
        Assert.Equal(
            (expected.ApplicationName, expected.TargetSessionAttributes, expected.LoadBalanceHosts, expected.Options, expected.MaxPoolSize, expected.Pooling, expected.GssEncryptionMode, expected.ChannelBinding),
            (read.ApplicationName, read.TargetSessionAttributes, read.LoadBalanceHosts, read.Options, read.MaxPoolSize, read.Pooling, read.GssEncryptionMode, read.ChannelBinding));
    }

    [Theory]
    [InlineData("", "it names no Host")]
    [InlineData("postgresql:///m", "it names no Host")]
    [InlineData("postgresql://secret:secret@/m", "it names no Host")]
    [InlineData("postgresql://svc:se/cret@db/m", "it has an @ behind its host")]
    [InlineData("postgresql://svc:secret@db/m?ssl=1@2", "it has an @ behind its host")]
    [InlineData("postgresql://svc:secret%zz@db/m", "a % itself is written %25")]
    [InlineData("postgresql://svc:secret@db:99999/m", "its Host has a port that is none")]
    [InlineData("postgresql://svc:secret@db:se cret/m", "its Host is no name or address")]
    [InlineData("postgresql://svc:secret@db/m?sslmod=require", "its parameter 'sslmod' is not known")]
    [InlineData("postgresql://svc:secret@db/m?s3cret=1", "its parameters are not of the form")]
    [InlineData("postgresql://svc:secret@db/m?sslmode=secret", "its SSL Mode has a value that is not allowed: one of Disable, Allow, Prefer")]
    [InlineData("postgresql://svc:secret@db/m?sslrootcert=/no/secret", "its Root Certificate is no file")]
    [InlineData("Host=db;Port=secret", "its Port has a value that is not allowed: a number")]
    [InlineData("Host=db;Target Session Attributes=secret", "its Target Session Attributes has a value that is not allowed: one of any, primary")]
    [InlineData("Host=db;Pooling=secret", "its Pooling has a value that is not allowed: true or false")]
    [InlineData("Host=db dbname=secret", "between keywords stands a ;")]
    [InlineData("Host=db;Pasword=secret", "its keyword 'pasword' is not known ('Password' is)")]
    [InlineData("Host=db;Password=a;secret=b", "it has a keyword that is not known")]
    [InlineData("Host=db;secret", "it is not of the form")]
    [InlineData("secret", "it is not of the form")]
    [InlineData("Host=db;Minimum Pool Size=11;Maximum Pool Size=10", "Npgsql refuses it: ")]
    [InlineData("Host=db:secret,b", "its Host has a port that is none")]
    public void What_can_not_be_used_is_told_without_a_value_of_it(string text, string fault)
    {
        string said = Assert.IsType<string>(ConnectionText.FaultOf(text));
        Assert.Contains(fault, said, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said);
    }
}
