// What S3 may do to us and a real server of it cannot be made to do in a test.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/fs/file_systems.h"
#include "common/fs/http.h"
#include "common/fs/interrupt.h"
#include "common/fs/s3_settings.h"
#include "common/fs/s3_xml.h"
#include "tests/unit/common/fs/scripted_server.h"

namespace heddle::fs {
namespace {

using test::Asked;
using test::Said;
using test::ScriptedServer;

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::unique_ptr<FileSystem> s3_at(const ScriptedServer& server, Settings more = {}) {
    more.insert({{"fs.s3a.endpoint", "http://" + server.host()},
                 {"fs.s3a.path.style.access", "true"},
                 {"fs.s3a.access.key", "key"},
                 {"fs.s3a.secret.key", "secret"},
                 {"fs.s3a.multipart.size", "5m"}});
    return make_file_system(more);
}

Said xml(const std::string& body, int status = 200) {
    return {status, body, "Content-Type: application/xml\r\n"};
}

// A bucket that takes multipart uploads. `broken`: the target of a request that fails.
Said take_upload(const Asked& asked, const std::string& broken) {
    if (!broken.empty() && has(asked.method + " " + asked.target, broken)) {
        return xml("<Error><Code>InternalProblem</Code><Message>no</Message></Error>", 409);
    }
    if (has(asked.target, "uploads=") && asked.method == "POST") {
        return xml("<R><UploadId>id1</UploadId></R>");
    }
    if (asked.method == "PUT") {
        return {200, "", "ETag: \"tag\"\r\n"};
    }
    return asked.method == "DELETE" ? Said{204} : xml("<ListBucketResult></ListBucketResult>");
}

TEST(S3Faults, AWriterThatEndsEarlyAbortsItsUpload) {
    ScriptedServer server([](const Asked& asked) { return take_upload(asked, ""); });
    const auto files = s3_at(server);
    {
        auto file = files->create("s3a://b/large");
        ASSERT_TRUE(file.ok());
        ASSERT_TRUE((*file)->write(std::string(6 << 20, 'x')).ok());
    }
    EXPECT_EQ(server.log(), (std::vector<std::string>{
                                "POST /b/large?uploads=", "PUT /b/large?partNumber=1&uploadId=id1",
                                "DELETE /b/large?uploadId=id1"}));
}

TEST(S3Faults, AMarkThatFailsTakesThePartsWithIt) {
    ScriptedServer server(
        [](const Asked& asked) { return take_upload(asked, "PUT /b/out/_SUCCESS"); });
    const auto files = s3_at(server);
    auto part = files->create_part("s3a://b/out", "part-00000", "task-1");
    ASSERT_TRUE(part.ok() && (*part)->close().ok());
    EXPECT_FALSE(files
                     ->commit_output("s3a://b/out", "s3a://b/out",
                                     {{"part-00000", (*part)->token()}}, {"_SUCCESS", ""})
                     .ok());
    const auto log = server.log();
    const auto at = [&](const std::string& line) {
        return std::find(log.begin(), log.end(), line) - log.begin();
    };
    EXPECT_LT(at("DELETE /b/out/_SUCCESS"), at("DELETE /b/out/part-00000"));
    EXPECT_LT(at("DELETE /b/out/part-00000"), std::ssize(log));
}

TEST(S3Faults, AnErrorWithinAGoodAnswerIsAskedAgain) {
    std::atomic<int> completions{0};  // counted by the server's thread
    ScriptedServer server([&](const Asked& asked) {
        return has(asked.target, "/b/x?uploadId") && asked.method == "POST" && ++completions == 1
                   ? xml("<Error><Code>InternalError</Code><Message>again</Message></Error>")
                   : take_upload(asked, "");
    });
    const auto files = s3_at(server);
    auto file = files->create("s3a://b/x");
    ASSERT_TRUE((*file)->write(std::string(6 << 20, 'x')).ok());
    EXPECT_TRUE((*file)->close().ok());
    EXPECT_EQ(completions, 2);
}

TEST(S3Faults, AnErrorWithinAGoodAnswerIsAnError) {
    ScriptedServer server([](const Asked& asked) {
        return has(asked.target, "/b/x?uploadId") && asked.method == "POST"
                   ? xml("<Error><Code>InternalError</Code><Message>again</Message></Error>")
                   : take_upload(asked, "");
    });
    const auto files = s3_at(server);
    auto file = files->create("s3a://b/x");
    ASSERT_TRUE((*file)->write(std::string(6 << 20, 'x')).ok());
    EXPECT_FALSE((*file)->close().ok());
}

TEST(S3Faults, AnotherRegionIsNamed) {
    ScriptedServer server([](const Asked&) {
        return Said{301,
                    "<Error><Code>PermanentRedirect</Code><Message>go</Message>"
                    "<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint></Error>",
                    "x-amz-bucket-region: eu-west-1\r\n"};
    });
    const auto stat = s3_at(server)->stat("s3a://b/x");
    ASSERT_FALSE(stat.ok());
    EXPECT_TRUE(has(stat.error().message,
                    "'b' is in region 'eu-west-1', but was asked for in "
                    "'us-east-1'"))
        << stat.error().message;
    EXPECT_TRUE(has(stat.error().message, "set fs.s3a.endpoint.region")) << stat.error().message;
}

TEST(S3Faults, PagesAreReadToTheEndAndKeysDecoded) {
    ScriptedServer server([](const Asked& asked) {
        const bool second = has(asked.target, "continuation-token=more%2B");
        return xml("<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>" +
                   std::string(second ? "false" : "true") +
                   "</IsTruncated><NextContinuationToken>more+</NextContinuationToken>"
                   "<Contents><Key>d/" +
                   (second ? "b%26" : "a+%C3%A4") +
                   "</Key><ETag>&quot;1&quot;</ETag><Size>3</Size></Contents>"
                   "<CommonPrefixes><Prefix>d/" +
                   (second ? "z" : "y") + "/</Prefix></CommonPrefixes></ListBucketResult>");
    });
    const auto list = s3_at(server)->list("s3a://b/d");
    ASSERT_TRUE(list.ok()) << list.error().message;
    std::string names;
    for (const FileInfo& info : *list) {
        names += info.path + (info.folder ? "/ " : " ");
    }
    EXPECT_EQ(names, "s3a://b/d/a \xc3\xa4 s3a://b/d/b& s3a://b/d/y/ s3a://b/d/z/ ");
    EXPECT_EQ(list->front().version, "\"1\"");
}

TEST(S3Faults, AListThatIsNoneIsNotAnEmptyFolder) {
    std::string body;  // changed between requests
    ScriptedServer server([&](const Asked&) { return xml(body); });
    const auto files = s3_at(server);
    const auto refused = [&](const std::string& answer) {
        body = answer;
        const auto list = files->list("s3a://b/d");
        EXPECT_FALSE(files->begin_output("s3a://b/d", "app").ok()) << answer;
        return list ? "nothing" : list.error().message;
    };
    for (const char* page : {"<html>Please log in</html>", "", "<ns2:ListBucketResult/>"}) {
        EXPECT_TRUE(has(refused(page), "GET s3a://b/d/: the answer is no list of objects")) << page;
    }
    EXPECT_TRUE(has(refused("<ListBucketResult><IsTruncated>true</IsTruncated>"
                            "<NextMarker>d/999</NextMarker><Contents><Key>d/1</Key><Size>1</Size>"
                            "</Contents></ListBucketResult>"),
                    "a list that goes on without saying how"));
}

TEST(S3Faults, ETagsAreTheSameHoweverTheyAreWritten) {
    std::string sent;  // changed between requests
    ScriptedServer server([&](const Asked& asked) {
        return has(asked.headers, "If-Match: \"x\"\r\n")
                   ? Said{206, "text", "ETag: " + sent + "\r\n"}
                   : Said{412};
    });
    const auto files = s3_at(server);
    for (const char* listed : {"\"x\"", "x", "W/\"x\""}) {
        for (const char* now : {"\"x\"", "x", "W/\"x\""}) {
            sent = now;
            EXPECT_TRUE(files->view("s3a://b/f", 0, 4, listed).ok()) << listed << " " << now;
        }
    }
    sent = "\"y\"";
    EXPECT_EQ(files->view("s3a://b/f", 0, 4, "x").error().code, ErrorCode::Conflict);
}

TEST(S3Faults, TheRestOfAFileIsARangeWithoutAnEnd) {
    ScriptedServer server([](const Asked& asked) {
        return has(asked.headers, "Range: bytes=5-\r\n") ? Said{206, "rest"} : Said{400};
    });
    EXPECT_TRUE(s3_at(server)->view("s3a://b/f", 5, UINT64_MAX - 9, {}).ok());
}

TEST(S3Faults, ARequestEndsWithItsTask) {
    ScriptedServer server([](const Asked&) { return Said{503}; });
    const auto files = s3_at(server, {{"fs.s3a.attempts.maximum", "1000"}});
    std::atomic<bool> stop{true};
    const InterruptScope scope(stop);
    const TimePoint begin = monotonic_now();
    const auto stat = files->stat("s3a://b/x");
    ASSERT_FALSE(stat.ok());
    EXPECT_LT(monotonic_now() - begin, seconds(1));
}

TEST(S3Settings, ComeUnderHadoopsNames) {
    Settings settings{{"fs.s3a.endpoint", "s3.eu-central-1.amazonaws.com"},
                      {"fs.s3a.access.key", "k"},
                      {"fs.s3a.secret.key", "s"},
                      {"fs.s3a.bucket.other.path.style.access", "true"},
                      {"fs.s3a.bucket.other.endpoint", "http://minio:9000/"}};
    auto place = s3_place(settings, "data");
    ASSERT_TRUE(place.ok());
    EXPECT_EQ(place->base, "https://data.s3.eu-central-1.amazonaws.com");
    EXPECT_EQ(place->keys->region, "eu-central-1");
    place = s3_place(settings, "other");
    EXPECT_EQ(place->base, "http://minio:9000/other");
    EXPECT_EQ(s3_place({}, "b")->base, "https://b.s3.amazonaws.com");
    EXPECT_FALSE(s3_place({}, "b")->keys);
    const auto refused = [&](const std::string& name, const std::string& value) {
        Settings wrong = settings;
        wrong[name] = value;
        const auto said = s3_place(wrong, "data");
        return said ? std::string("nothing") : said.error().message;
    };
    EXPECT_TRUE(has(refused("fs.s3a.multipart.size", "1m"),
                    "fs.s3a.multipart.size = '1m': expected a size from"));
    EXPECT_TRUE(has(refused("fs.s3a.attempts.maximum", "0"), "'0': expected a number above 0"));
    EXPECT_FALSE(has(refused("fs.s3a.endpoint", "http://me:pass@host"), "pass@"));
    EXPECT_TRUE(has(refused("fs.s3a.path.style.access", "yes"), "'yes': expected true or false"));
    EXPECT_TRUE(is_known("spark.hadoop.fs.s3a.bucket.other.endpoint"));
    EXPECT_FALSE(is_known("spark.hadoop.fs.s3a.fast.upload"));
    EXPECT_TRUE(is_secret("spark.hadoop.fs.s3a.secret.key"));
    EXPECT_TRUE(is_secret("fs.s3a.access.key"));
    EXPECT_FALSE(is_secret("fs.s3a.endpoint"));
}

TEST(S3Settings, ATokenBelongsToTheKeysBesideIt) {
    Settings settings{{"fs.s3a.access.key", "k"},
                      {"fs.s3a.secret.key", "s"},
                      {"fs.s3a.session.token", "t"},
                      {"fs.s3a.bucket.other.access.key", "k2"},
                      {"fs.s3a.bucket.other.secret.key", "s2"}};
    EXPECT_EQ(s3_place(settings, "data")->keys->session_token, "t");
    EXPECT_EQ(s3_place(settings, "other")->keys->access_key, "k2");
    EXPECT_EQ(s3_place(settings, "other")->keys->session_token, "");
    settings["fs.s3a.bucket.other.session.token"] = "t2";
    EXPECT_EQ(s3_place(settings, "other")->keys->session_token, "t2");
}

TEST(S3Settings, CredentialsFilesHaveProfiles) {
    const std::string text =
        "# mine\n[default]\naws_access_key_id=A\naws_secret_access_key = B=/+\n"
        "[job]\r\naws_access_key_id = C\r\naws_secret_access_key = D\r\naws_session_token=E\r\n";
    EXPECT_EQ(read_credentials(text, "default")->secret_key, "B=/+");
    EXPECT_EQ(read_credentials(text, "job")->access_key, "C");
    EXPECT_EQ(read_credentials(text, "job")->session_token, "E");
    EXPECT_FALSE(read_credentials(text, "other"));
}

TEST(S3Xml, TextComesWithoutEntities) {
    EXPECT_EQ(xml_text("<a><b>x &amp; &#228;&#x20AC;&lt;</b></a>", "b"),
              "x & \xc3\xa4\xe2\x82\xac<");
    EXPECT_EQ(xml_unescape("&nothing; & &#xyz;"), "&nothing; & &#xyz;");
    EXPECT_EQ(xml_elements("<a>1</a><a>2</a><a>", "a").size(), 2U);
    EXPECT_EQ(xml_escape("\"<&>"), "&quot;&lt;&amp;&gt;");
}

TEST(Urls, AreInCanonicalForm) {
    EXPECT_EQ(encode_url("a b/\xc3\xa4+~", true), "a%20b/%C3%A4%2B~");
    EXPECT_EQ(encode_url("a/b", false), "a%2Fb");
    EXPECT_EQ(url_query({{"uploads", ""}, {"prefix", "a/b"}}), "prefix=a%2Fb&uploads=");
    EXPECT_EQ(decode_url("a%20b+c%2"), "a b c%2");
}

}  // namespace
}  // namespace heddle::fs
