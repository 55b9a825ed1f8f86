// Inputs and outputs below a folder of any file system, one check after the other.
//   storage_program MASTER BASE SCRATCH CHECK [NAME=VALUE...]
// SCRATCH: a local folder in which tasks leave word for their next attempts.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

namespace {

using heddle::Compression;
using heddle::Context;

constexpr int kLines = 200'000;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "FAILED: %s\n", what.c_str());
    std::_Exit(1);
}

void expect(bool good, const std::string& what) {
    if (!good) {
        fail(what);
    }
}

std::string line(int i) {
    return "line " + std::to_string(i) + " of a file that lies somewhere else";
}

std::vector<std::string> lines() {
    std::vector<std::string> all;
    for (int i = 0; i < kLines; ++i) {
        all.push_back(line(i));
    }
    return all;
}

std::string refusal(const std::function<void()>& act) {
    try {
        act();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "no error";
}

void expect_words(const std::string& text, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        expect(text.find(word) != std::string::npos, "no '" + word + "' in: " + text);
    }
}

// True once per path, in whatever process.
bool is_first(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "wx");
    if (file != nullptr) {
        std::fclose(file);
    }
    return file != nullptr;
}

struct KillOnce {
    std::string path;
    std::string operator()(const std::string& text) const {
        if (text == line(kLines - 1) && is_first(path)) {
            std::raise(SIGKILL);
        }
        return text;
    }
};

std::string copy_of(const std::string& path) {
    return path + ".copy";
}

// The first attempt is slow until its copy has come as far as itself.
struct WaitForCopy {
    std::string path;
    std::string operator()(const std::string& text) const {
        if (text == line(kLines - 1) && !is_first(path)) {
            (void)is_first(copy_of(path));
        } else if (text == line(kLines - 1)) {
            const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
            while (!std::filesystem::exists(copy_of(path))) {
                if (std::chrono::steady_clock::now() > end) {
                    throw std::runtime_error("no copy of the slow attempt has come");
                }
                std::this_thread::yield();
            }
        }
        return text;
    }
};

// Files for tasks come from anywhere, alone and in folders.
void files_for_tasks(Context& context, const std::string& base) {
    context.add_file(base + "/text/part-00001");
    context.add_file(base + "/text", true);
    const auto sizes = context.parallelize(std::vector<int>{1, 2, 3, 4}, 4).map([](int) {
        using heddle::FilesOnTasks;
        const auto alone = std::filesystem::file_size(FilesOnTasks::get("part-00001"));
        const std::string folder = FilesOnTasks::get("text");
        return alone == std::filesystem::file_size(folder + "/part-00001")
                   ? alone + std::filesystem::file_size(folder + "/part-00000")
                   : 0;
    });
    std::size_t wanted = 0;
    for (int i = 0; i < kLines * 2 / 3; ++i) {
        wanted += line(i).size() + 1;
    }
    for (const std::size_t size : sizes.collect()) {
        expect(size == wanted, "files in tasks have " + std::to_string(size) + " bytes, not " +
                                   std::to_string(wanted));
    }
    expect_words(refusal([&] { context.add_file(base + "/nowhere"); }),
                 {"add_file", base + "/nowhere"});
}

void text(Context& context, const std::string& base) {
    const auto all = lines();
    context.parallelize(all, 3).save_as_text_file(base + "/text");
    const auto back = context.text_file(base + "/text", 12);
    expect(back.get_num_partitions() >= 12, "splits");
    expect(back.collect() == all, "the lines that were saved");
    expect(context.text_file(base + "/te*/part-0000[0-1]," + base + "/text/part-00002").count() ==
               kLines,
           "globs and lists");
    expect(context.whole_text_files(base + "/text").count() == 3, "whole files");
    expect(context.text_file(base + "/text").take(1).front() == line(0), "take");
    expect(context.binary_records(base + "/text/part-00000", 1, 4).count() > 1'000'000,
           "fixed records");
    expect_words(refusal([&] { context.parallelize(all, 1).save_as_text_file(base + "/text"); }),
                 {"already exists"});
    expect_words(refusal([&] { (void)context.text_file(base + "/nothing").count(); }),
                 {"no file matches '" + base + "/nothing'"});
    // Empty partitions, and an odd name.
    context.parallelize(std::vector<std::string>{"x"}, 3)
        .save_as_text_file(base + "/a b+c&\xc3\xa4%20");
    expect(context.text_file(base + "/a b+c&\xc3\xa4%20").count() == 1, "an odd name");
    files_for_tasks(context, base);
}

void compressed(Context& context, const std::string& base) {
    const auto all = lines();
    const auto rows = context.parallelize(all, 2);
    for (const Compression compression :
         {Compression::Gzip, Compression::Bzip2, Compression::Zstd, Compression::Lz4}) {
        const std::string out = base + "/packed" + std::string(heddle::fs::suffix_of(compression));
        rows.save_as_text_file(out, compression);
        expect(context.text_file(out, 9).collect() == all, out);
    }
}

// Parts above what one request takes.
void large(Context& context, const std::string& base) {
    const auto rows = context.parallelize(std::vector<int>{0}, 1)
                          .flat_map([](int, heddle::Emit<std::string>& emit) {
                              for (int i = 0; i < kLines * 2; ++i) {
                                  emit(line(i));
                              }
                          });
    rows.save_as_text_file(base + "/large");
    expect(context.text_file(base + "/large", 5).count() == kLines * 2, "a large part");
}

// The first attempt of a partition ends with its process, after it has written a lot.
void killed(Context& context, const std::string& base, const std::string& scratch) {
    context.parallelize(lines(), 2)
        .map(KillOnce{scratch + "/killed"})
        .save_as_text_file(base + "/killed");
    expect(context.text_file(base + "/killed").collect() == lines(), "one output per partition");
}

// A slow attempt has a copy beside it; both write everything.
void doubled(Context& context, const std::string& base, const std::string& scratch) {
    context.parallelize(lines(), 4)
        .map(WaitForCopy{scratch + "/doubled"})
        .save_as_text_file(base + "/doubled");
    expect(std::filesystem::exists(copy_of(scratch + "/doubled")), "a copy of the slow attempt");
    expect(context.text_file(base + "/doubled").collect() == lines(), "one output per partition");
}

void failed(Context& context, const std::string& base) {
    const auto rows = context.parallelize(lines(), 2).map([](const std::string& text) {
        if (text == line(kLines - 1)) {
            throw std::runtime_error("no luck");
        }
        return text;
    });
    expect_words(refusal([&] { rows.save_as_text_file(base + "/failed"); }), {"no luck"});
    expect_words(refusal([&] { (void)context.text_file(base + "/failed").count(); }),
                 {"no file matches"});
}

void changed(Context& context, const std::string& base) {
    const auto save = [&](const std::string& text) {
        context.parallelize(std::vector<std::string>{text}, 1).save_as_text_file(base + "/new");
        return base + "/new/part-00000";
    };
    const std::string path = save("one");
    const auto rows = context.text_file(path);
    const auto whole = context.whole_text_files(path);
    expect(rows.count() == 1, "before");
    heddle::fs::FileSystem& files = *rows.handle()->session->files;
    expect(files.remove(base + "/new").ok(), "remove");
    expect_words(refusal([&] { (void)rows.count(); }), {path});
    (void)save("two");
    expect_words(refusal([&] { (void)rows.count(); }), {path, "has changed since it was listed"});
    expect_words(refusal([&] { (void)whole.count(); }), {path, "has changed since it was listed"});
    expect(files.remove(base + "/new").ok(), "remove");
    (void)save("three");
    expect_words(refusal([&] { (void)rows.count(); }),
                 {"it had 4 bytes when the RDD was defined and has 6 now"});
    expect(context.text_file(path).first() == "three", "the context lives on");
}

void checkpoint(Context& context, const std::string& base) {
    context.set_checkpoint_dir(base + "/checkpoints");
    auto rows = context.parallelize(lines(), 3);
    rows.checkpoint();
    expect(rows.count() == kLines, "count");
    expect(rows.is_checkpointed(), "checkpointed");
    expect(rows.collect() == lines(), "read back");
    expect(context.checkpoint_file<std::string>(*rows.get_checkpoint_file()).count() == kLines,
           "read by name");
}

// What is said of a bucket, of credentials, of a host: the words that the script expects.
void refused(Context& context, const std::string& base) {
    std::printf("%s\n", refusal([&] { (void)context.text_file(base + "/x").count(); }).c_str());
    std::printf("%s\n", refusal([&] { context.check_output(base + "/out"); }).c_str());
}

void hosts(Context& context, const std::string& base) {
    const auto rows = context.text_file(base + "/text", 6);
    for (const auto& source : rows.handle()->node.sources) {
        for (const std::string& host : source.hosts) {
            std::printf("%s\n", host.c_str());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    if (argc < 5) {
        fail("storage_program MASTER BASE SCRATCH CHECK [NAME=VALUE...]");
    }
    heddle::ContextOptions options;
    options.master = argv[1];
    for (int i = 5; i < argc; ++i) {
        const std::string setting = argv[i];
        const std::size_t equals = setting.find('=');
        options.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    const std::string base = argv[2];
    const std::string scratch = argv[3];
    const std::map<std::string, std::function<void(Context&)>> checks{
        {"text", [&](Context& c) { text(c, base); }},
        {"compressed", [&](Context& c) { compressed(c, base); }},
        {"large", [&](Context& c) { large(c, base); }},
        {"killed", [&](Context& c) { killed(c, base, scratch); }},
        {"doubled", [&](Context& c) { doubled(c, base, scratch); }},
        {"failed", [&](Context& c) { failed(c, base); }},
        {"changed", [&](Context& c) { changed(c, base); }},
        {"checkpoint", [&](Context& c) { checkpoint(c, base); }},
        {"refused", [&](Context& c) { refused(c, base); }},
        {"hosts", [&](Context& c) { hosts(c, base); }}};
    const auto check = checks.find(argv[4]);
    if (check == checks.end()) {
        fail(std::string("no check ") + argv[4]);
    }
    try {
        Context context(options);
        check->second(context);
    } catch (const std::exception& error) {
        fail(error.what());
    }
    return 0;
}
