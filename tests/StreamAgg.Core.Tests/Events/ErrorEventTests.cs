using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class ErrorEventTests
{
    [Theory]
    [InlineData("399", StatusClass.Other)]
    [InlineData("400", StatusClass.ClientError)]
    [InlineData("499", StatusClass.ClientError)]
    [InlineData("500", StatusClass.ServerError)]
    [InlineData("599", StatusClass.ServerError)]
    [InlineData("600", StatusClass.ServerError)]
    [InlineData("1000", StatusClass.ServerError)]
    [InlineData("0", StatusClass.Other)]
    [InlineData("-0", StatusClass.Other)]
    [InlineData("-404", StatusClass.Other)]
    [InlineData("-1e400", StatusClass.Other)]
    [InlineData("1e400", StatusClass.ServerError)]
    [InlineData("99999999999999999999999999", StatusClass.ServerError)]
    [InlineData("429.0", StatusClass.ClientError)]
    [InlineData("4.29e2", StatusClass.ClientError)]
    [InlineData("50300e-2", StatusClass.ServerError)]
    [InlineData("null", StatusClass.Other)]
    [InlineData("\"\"", StatusClass.Other)]
    [InlineData("\"502\"", StatusClass.ServerError)]
    [InlineData("\"4.29e2\"", StatusClass.ClientError)]
    [InlineData("\"\\u0034\\u00329\"", StatusClass.ClientError)]
    public void A_status_counts_in_its_class(string status, StatusClass expected) =>
        Assert.Equal(expected, Decoding.Error($$"""{"status_code":{{status}}}""").Only.Status);

    [Theory]
    [InlineData("""{"is_timeout":true}""", true)]
    [InlineData("""{"is_timeout":false}""", false)]
    [InlineData("""{"is_timeout":false,"error_type":"timeout","error_message":"timeout"}""", false)]
    [InlineData("""{"is_timeout":null,"error_type":"timeout"}""", true)]
    [InlineData("""{"error_type":"timeout"}""", true)]
    [InlineData("""{"error_type":"timeout_error"}""", true)]
    [InlineData("""{"error_type":"\u0074imeout"}""", true)]
    [InlineData("""{"error_type":"Timeout"}""", true)]
    [InlineData("""{"error_type":"timeout "}""", true)]
    [InlineData("""{"error_type":"upstream_timeout"}""", true)]
    [InlineData("""{"error_type":"ETIMEDOUT"}""", true)]
    [InlineData("""{"error_type":"REQUEST_TIMED_OUT"}""", true)]
    [InlineData("""{"error_type":"timed out"}""", false)]
    [InlineData("""{"error_type":"deadline exceeded"}""", false)]
    [InlineData("""{"error_type":"timed-out"}""", false)]
    [InlineData("""{"error_type":["timeout"]}""", false)]
    [InlineData("""{"error_type":{"timeout":1}}""", false)]
    [InlineData("""{"error_type":5}""", false)]
    [InlineData("""{"status_code":408}""", true)]
    [InlineData("""{"status_code":504}""", true)]
    [InlineData("""{"status_code":"504"}""", true)]
    [InlineData("""{"status_code":5.04e2}""", true)]
    [InlineData("""{"status_code":504,"is_timeout":null}""", true)]
    [InlineData("""{"status_code":504,"is_timeout":""}""", true)]
    [InlineData("""{"status_code":504,"is_timeout":false}""", false)]
    [InlineData("""{"status_code":502}""", false)]
    [InlineData("""{"is_timeout":"true"}""", true)]
    [InlineData("""{"is_timeout":"TRUE"}""", true)]
    [InlineData("""{"is_timeout":1}""", true)]
    [InlineData("""{"is_timeout":"1"}""", true)]
    [InlineData("""{"is_timeout":"False","status_code":504}""", false)]
    [InlineData("""{"is_timeout":0,"status_code":504}""", false)]
    [InlineData("""{"is_timeout":"0","status_code":504}""", false)]
    [InlineData("""{"error_type":"rate_limit","error_message":"Request TIMEOUT after 30s"}""", true)]
    [InlineData("""{"error_message":"timeout"}""", true)]
    [InlineData("""{"error_message":"xTimeOutx"}""", true)]
    [InlineData("""{"error_message":"context Deadline Exceeded"}""", true)]
    [InlineData("""{"error_message":"deadline exceeded"}""", true)]
    [InlineData("""{"error_message":"deadline  exceeded"}""", false)]
    [InlineData("""{"error_message":"deadline was exceeded"}""", false)]
    [InlineData("""{"error_message":"Request timed out."}""", true)]
    [InlineData("""{"error_message":"read ETIMEDOUT"}""", true)]
    [InlineData("""{"error_message":"Timed_Out"}""", true)]
    [InlineData("""{"error_message":"timed  out"}""", false)]
    [InlineData("""{"error_message":{"error":{"message":"Request timed out"}}}""", true)]
    [InlineData("""{"error_message":["x",{"TIMEOUT":1}]}""", true)]
    [InlineData("""{"error_message":{"error":{}}}""", false)]
    [InlineData("""{"error_message":{"a":"tim\u0065out"}}""", false)]
    [InlineData("""{"error_message":{},"x":"timeout"}""", false)]
    [InlineData("""{"x":"timeout","error_message":[1]}""", false)]
    [InlineData("""{"error_message":504}""", false)]
    [InlineData("""{"error_message":true}""", false)]
    [InlineData("""{"error_message":"time out"}""", false)]
    [InlineData("""{"error_message":"timeou"}""", false)]
    [InlineData("""{"error_message":"imeout deadline exceede"}""", false)]
    [InlineData("""{"error_message":"mmmtimtimeouXXdeadline exceeDED"}""", true)]
    [InlineData("""{"error_message":"t\u0131meout tımeout TİMEOUT"}""", false)]
    [InlineData("""{"error_message":"tim\u0065out"}""", true)]
    [InlineData("""{"error_message":"\ud800 timeout"}""", true)]
    [InlineData("""{"error_type":"\ud800","error_message":"\udc00"}""", false)]
    [InlineData("""{"error_message":"time\nout"}""", false)]
    [InlineData("""{"platform":"timeout"}""", false)]
    public void A_timeout_is_told_by_its_flag_else_by_type_or_message(string json, bool expected) =>
        Assert.Equal(expected, Decoding.Error(json).Only.IsTimeout);

    [Fact]
    public void A_timeout_keeps_its_status() =>
        Assert.Equal((StatusClass.ServerError, true), Decoding.Error("""{"status_code":504,"is_timeout":true}""").Only is var e ? (e.Status, e.IsTimeout) : default);

    [Fact]
    public void A_phrase_is_found_wherever_it_stands_in_a_message()
    {
        foreach (string phrase in (string[])["TimeOut", "Timed Out", "TIMED_OUT", "timedouT", "Deadline Exceeded"])
            for (int before = 0; before < 70; before++)
            {
                string message = new string('m', before) + phrase + new string('x', before % 5);
                Assert.True(Decoding.Error($$"""{"error_message":"{{message}}"}""").Only.IsTimeout, message);
                Assert.False(Decoding.Error($$"""{"error_message":"{{message.Replace('e', '3').Replace('E', '3')}}"}""").Only.IsTimeout, message);
            }
    }
}
