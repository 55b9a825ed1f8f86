// What S3 and HDFS may do to us and their real servers cannot be made to do in a test.
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
    if (has(asked.target, "uploads=")) {
        return xml("<R><Upload><Key>out/part-00001</Key><UploadId>lost</UploadId></Upload></R>");
    }
    if (asked.method == "PUT") {
        return {200, "", "ETag: \"tag\"\r\n"};
    }
    return asked.method == "DELETE" ? Said{204} : xml("<R></R>");
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

TEST(S3Faults, ACommitThatFailsTakesEverythingBack) {
    ScriptedServer server(
        [](const Asked& asked) { return take_upload(asked, "POST /b/out/part-00001?uploadId"); });
    const auto files = s3_at(server);
    const auto place = files->begin_output("s3a://b/out", "app");
    ASSERT_TRUE(place.ok()) << place.error().message;
    std::vector<OutputPart> parts;
    for (const char* name : {"part-00000", "part-00001"}) {
        auto part = files->create_part(*place, name, "task-1");
        ASSERT_TRUE(part.ok() && (*part)->write("text").ok() && (*part)->close().ok());
        parts.push_back({name, (*part)->token()});
    }
    const Status done = files->commit_output(*place, "s3a://b/out", parts, {"_SUCCESS", ""});
    ASSERT_FALSE(done.ok());
    EXPECT_TRUE(has(done.error().message, "s3a://b/out/part-00001: InternalProblem: no"));
    files->end_output(*place);
    std::string all;
    for (const std::string& line : server.log()) {
        all += line + "\n";
    }
    EXPECT_TRUE(has(all, "DELETE /b/out/part-00000\n")) << all;
    EXPECT_TRUE(has(all, "DELETE /b/out/part-00001?uploadId=id1\n")) << all;
    EXPECT_TRUE(has(all, "DELETE /b/out/part-00001?uploadId=lost\n")) << all;
    EXPECT_FALSE(has(all, "_SUCCESS")) << all;
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
        return xml("<L><EncodingType>url</EncodingType><IsTruncated>" +
                   std::string(second ? "false" : "true") +
                   "</IsTruncated><NextContinuationToken>more+</NextContinuationToken>"
                   "<Contents><Key>d/" +
                   (second ? "b%26" : "a+%C3%A4") +
                   "</Key><ETag>&quot;1&quot;</ETag><Size>3</Size></Contents>"
                   "<CommonPrefixes><Prefix>d/" +
                   (second ? "z" : "y") + "/</Prefix></CommonPrefixes></L>");
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

// ---- HDFS ------------------------------------------------------------------------------------

Said exception(const std::string& name, int status) {
    return {status, "{\"RemoteException\":{\"exception\":\"" + name +
                        "\",\"message\":\"what went wrong\\n\\tat org.apache.x\"}}"};
}

TEST(HdfsFaults, TheActiveNameNodeIsFound) {
    ScriptedServer standby([](const Asked&) { return exception("StandbyException", 403); });
    ScriptedServer active([](const Asked&) {
        return Said{200, R"({"FileStatus":{"type":"FILE","length":5,"blockSize":4,)"
                         R"("modificationTime":7,"fileId":9}})"};
    });
    const auto files =
        make_file_system({{"dfs.namenode.http-address", standby.host() + ", " + active.host()},
                          {"fs.hdfs.user", "me"}});
    const auto info = files->stat("hdfs://cluster/a b");
    ASSERT_TRUE(info.ok()) << info.error().message;
    EXPECT_EQ(info->path, "hdfs://cluster/a b");
    EXPECT_EQ(info->size, 5U);
    EXPECT_EQ(info->block_size, 4U);
    EXPECT_EQ(info->version, "9:7");
    EXPECT_TRUE(files->stat("hdfs://cluster/x").ok());
    EXPECT_EQ(standby.log().size(), 1U);  // not asked again
    EXPECT_EQ(active.log().front(), "GET /webhdfs/v1/a%20b?op=GETFILESTATUS&user.name=me");
}

TEST(HdfsFaults, ARenameWhoseAnswerWasLostHasHappened) {
    std::atomic<int> renames{0};  // counted by the server's thread
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "op=RENAME")) {
            return ++renames == 1 ? Said{200, "", "", true}
                                  : exception("FileNotFoundException", 404);
        }
        return Said{200, R"({"FileStatus":{"type":"DIRECTORY"}})"};
    });
    const auto files = make_file_system({});
    const std::string base = "webhdfs://" + server.host();
    EXPECT_TRUE(files->rename(base + "/a", base + "/b").ok());
    EXPECT_EQ(renames, 2);
}

TEST(HdfsFaults, RefusalsAreSentencesWithoutStacks) {
    ScriptedServer server([](const Asked& asked) {
        return has(asked.target, "/closed")   ? exception("AccessControlException", 403)
               : has(asked.target, "/ticket") ? Said{401, "<html>"}
                                              : Said{404, "<html>not found</html>"};
    });
    const auto files = make_file_system({});
    const std::string base = "webhdfs://" + server.host();
    const auto closed = files->stat(base + "/closed");
    EXPECT_EQ(closed.error().code, ErrorCode::PermissionDenied);
    EXPECT_EQ(closed.error().message,
              "GETFILESTATUS " + base + "/closed: AccessControlException: what went wrong");
    EXPECT_EQ(files->stat(base + "/ticket").error().code, ErrorCode::Unauthenticated);
    EXPECT_TRUE(has(files->stat(base + "/other").error().message, "web port of a name node"));
    EXPECT_FALSE(files->stat("hdfs:///x").ok());
}

TEST(HdfsFaults, ADataNodeThatIsGoneIsLeftOut) {
    std::string here;
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "/data-node")) {
            return Said{200, "bytes"};
        }
        if (has(asked.target, "op=GETFILESTATUS")) {
            return Said{200, R"({"FileStatus":{"type":"FILE","length":5}})"};
        }
        const bool left_out = has(asked.target, "excludedatanodes=127.0.0.1%3A1&");
        return Said{307, "",
                    "Location: http://" + (left_out ? here : "127.0.0.1:1") + "/data-node\r\n"};
    });
    here = server.host();
    const auto view = make_file_system({})->view("webhdfs://" + here + "/x", 0, 9, {});
    ASSERT_TRUE(view.ok()) << view.error().message;
    EXPECT_EQ((*view)->bytes(), "bytes");
}

TEST(HdfsFaults, AFileThatIsWrittenAgainWhileItIsReadIsNotTaken) {
    std::atomic<int> version{7};  // counted by the server's thread
    std::string here;
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "op=OPEN")) {
            return Said{307, "", "Location: http://" + here + "/data-node\r\n"};
        }
        if (has(asked.target, "/data-node")) {
            ++version;
            return Said{200, "bytes"};
        }
        return Said{200, R"({"FileStatus":{"type":"FILE","length":5,"fileId":1,)"
                         R"("modificationTime":)" +
                             std::to_string(version) + "}}"};
    });
    here = server.host();
    const auto files = make_file_system({});
    const std::string path = "webhdfs://" + here + "/x";
    const auto reader = files->open(path, 0, files->stat(path)->version);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    char out[9];
    const auto got = (*reader)->read(out, sizeof(out));
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().code, ErrorCode::Conflict);
    EXPECT_TRUE(has(got.error().message, "'" + path + "' has changed since it was listed"));
}

TEST(HdfsFaults, AppendsAreNotRepeated) {
    std::atomic<int> appends{0};  // counted by the server's thread
    std::string here;
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "/data-node")) {
            appends += asked.method == "POST" ? 1 : 0;
            return asked.method == "POST" ? Said{200, "", "", true} : Said{201};
        }
        return Said{307, "", "Location: http://" + here + "/data-node\r\n"};
    });
    here = server.host();
    const auto files = make_file_system({});
    auto file = files->create("webhdfs://" + server.host() + "/x");
    EXPECT_TRUE((*file)->write(std::string(33 << 20, 'x')).ok());
    EXPECT_FALSE((*file)->close().ok());
    EXPECT_EQ(appends, 1);
}

}  // namespace
}  // namespace heddle::fs
