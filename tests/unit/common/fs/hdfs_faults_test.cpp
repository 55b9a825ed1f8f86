// What HDFS may do to us and a real server of it cannot be made to do in a test.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/fs/file_systems.h"
#include "tests/unit/common/fs/scripted_server.h"

namespace heddle::fs {
namespace {

using test::Asked;
using test::Said;
using test::ScriptedServer;

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

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
        return Said{200, R"({"FileStatus":{"type":"DIRECTORY","fileId":7}})"};
    });
    const auto files = make_file_system({});
    const std::string base = "webhdfs://" + server.host();
    EXPECT_TRUE(files->rename(base + "/a", base + "/b").ok());
    EXPECT_EQ(renames, 2);
}

TEST(HdfsFaults, WhatLiesWhereARenameLeadsIsNotTakenForItsSource) {
    bool source = true;  // whether it is there when the rename begins
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "op=RENAME") || (has(asked.target, "/a?") && !source)) {
            return exception("FileNotFoundException", 404);
        }
        const std::string id = has(asked.target, "/a?") ? "7" : "8";
        return Said{200, R"({"FileStatus":{"type":"FILE","fileId":)" + id + "}}"};
    });
    const auto files = make_file_system({});
    const std::string base = "webhdfs://" + server.host();
    for (const bool there : {true, false}) {
        source = there;
        const Status moved = files->rename(base + "/a", base + "/b");
        ASSERT_FALSE(moved.ok());
        EXPECT_EQ(moved.error().code, ErrorCode::NotFound);
    }
}

TEST(HdfsFaults, NoMoreIsTakenThanWasAskedFor) {
    std::string here;
    bool redirects = true;  // changed between requests
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "op=OPEN") && redirects) {
            return Said{307, "", "Location: http://" + here + "/data-node\r\n"};
        }
        return has(asked.target, "op=GETFILESTATUS")
                   ? Said{200, R"({"FileStatus":{"type":"FILE","length":5}})"}
                   : Said{200, "bytes and many more"};
    });
    here = server.host();
    const auto files = make_file_system({});
    const std::string path = "webhdfs://" + here + "/x";
    for (const bool with : {true, false}) {
        redirects = with;
        const auto view = files->view(path, 0, 99, {});
        ASSERT_TRUE(view.ok()) << view.error().message;
        EXPECT_EQ((*view)->bytes(), "bytes");
        std::string room(20, '-');
        const auto reader = files->open(path, 0, {});
        ASSERT_TRUE(reader.ok());
        const auto got = (*reader)->read(room.data(), 3);
        ASSERT_TRUE(got.ok()) << got.error().message;
        EXPECT_EQ(*got, 3U);
        EXPECT_EQ(room, "byt" + std::string(17, '-'));
    }
}

TEST(HdfsFaults, AnEmptyAnswerIsNotTheEnd) {
    ScriptedServer server([&](const Asked& asked) {
        return has(asked.target, "op=GETFILESTATUS")
                   ? Said{200, R"({"FileStatus":{"type":"FILE","length":5}})"}
                   : Said{200};
    });
    const auto files = make_file_system({});
    const std::string path = "webhdfs://" + server.host() + "/x";
    const auto reader = files->open(path, 0, {});
    ASSERT_TRUE(reader.ok());
    char out[9];
    const auto got = (*reader)->read(out, sizeof(out));
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().code, ErrorCode::Unavailable);
    EXPECT_TRUE(has(got.error().message, "OPEN " + path + ": nothing came of 5 bytes at 0"));
    EXPECT_FALSE(files->view(path, 0, 5, {}).ok());
}

TEST(HdfsFaults, AddressesOfOneClusterAreNotThoseOfAnother) {
    ScriptedServer server([](const Asked&) {
        return Said{200, R"({"FileStatus":{"type":"FILE","length":5}})"};
    });
    const std::string name = "dfs.namenode.http-address";
    const std::string there = server.host();
    // Nobody says whose they are: of the first that is asked for.
    auto files = make_file_system({{name, there}});
    EXPECT_TRUE(files->stat("hdfs://new:8020/d").ok());
    EXPECT_TRUE(files->stat("hdfs://new/d").ok());
    const auto other = files->stat("hdfs://old:8020/d");
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(other.error().message,
              "hdfs://old/: dfs.namenode.http-address is taken for the addresses of hdfs://new/; "
              "set dfs.namenode.http-address.old for this one");
    files = make_file_system({{name, there}});
    EXPECT_TRUE(files->stat("hdfs://127.0.0.1:8020/d").ok());  // one of theirs
    EXPECT_FALSE(files->stat("hdfs://old:8020/d").ok());
    // Of fs.defaultFS, and of the hosts that they name; those of others have names.
    files = make_file_system(
        {{name, "unused.invalid:1"}, {name + ".old", there}, {"fs.defaultFS", "hdfs://new:8020"}});
    EXPECT_TRUE(files->stat("hdfs://old:8020/d").ok());
    files = make_file_system({{name, there}, {"fs.defaultFS", "hdfs://new:8020"}});
    EXPECT_TRUE(files->stat("hdfs://new/d").ok());
    EXPECT_TRUE(files->stat("hdfs:///d").ok());
    EXPECT_TRUE(files->stat("hdfs://127.0.0.1:8020/d").ok());
    EXPECT_TRUE(is_known("spark.hadoop." + name + ".old"));
}

TEST(HdfsFaults, APasswordInAPathIsNotRepeated) {
    const auto stat = make_file_system({})->stat("webhdfs://me:seCret@host:1/x");
    ASSERT_FALSE(stat.ok());
    EXPECT_EQ(stat.error().code, ErrorCode::InvalidArgument);
    EXPECT_FALSE(has(stat.error().message, "seCret")) << stat.error().message;
}

TEST(HdfsFaults, AnAnswerOfAnotherShapeIsAnError) {
    ScriptedServer server([](const Asked&) {
        return Said{404, R"({"RemoteException":{"exception":17,"message":{"a":1}}})"};
    });
    const auto stat = make_file_system({})->stat("webhdfs://" + server.host() + "/x");
    ASSERT_FALSE(stat.ok());
    EXPECT_TRUE(has(stat.error().message, "status 404")) << stat.error().message;
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
    ScriptedServer dead([](const Asked&) { return Said{200, "", "", true}; });
    const std::string port = dead.host().substr(dead.host().rfind(':'));
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "/data-node")) {
            return Said{200, "bytes"};
        }
        if (has(asked.target, "op=GETFILESTATUS")) {
            return Said{200, R"({"FileStatus":{"type":"FILE","length":5}})"};
        }
        // As name nodes look for it: by address, and without the port of the web interface.
        const bool left_out = has(asked.target, "excludedatanodes=127.0.0.1&");
        return Said{
            307, "",
            "Location: http://" + (left_out ? here : "localhost" + port) + "/data-node\r\n"};
    });
    here = server.host();
    const auto view = make_file_system({})->view("webhdfs://" + here + "/x", 0, 9, {});
    ASSERT_TRUE(view.ok()) << view.error().message;
    EXPECT_EQ((*view)->bytes(), "bytes");
    EXPECT_EQ(dead.log().size(), 1U);
}

TEST(HdfsFaults, TheOnlyDataNodeIsGivenTime) {
    std::string here;
    std::atomic<int> reads{0};  // counted by the server's thread
    ScriptedServer server([&](const Asked& asked) {
        if (has(asked.target, "/data-node")) {
            return ++reads < 3 ? Said{503} : Said{200, "bytes"};
        }
        if (has(asked.target, "op=GETFILESTATUS")) {
            return Said{200, R"({"FileStatus":{"type":"FILE","length":5}})"};
        }
        return has(asked.target, "excludedatanodes")
                   ? exception("IOException", 403)
                   : Said{307, "", "Location: http://" + here + "/data-node\r\n"};
    });
    here = server.host();
    const auto view = make_file_system({})->view("webhdfs://" + here + "/x", 0, 9, {});
    ASSERT_TRUE(view.ok()) << view.error().message;
    EXPECT_EQ(reads, 3);
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
