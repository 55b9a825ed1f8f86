// Text in and out. The folder is one that driver and executors both see.
#include <filesystem>
#include <fstream>

#include "tests/integration/rdd/masters.h"

namespace heddle::masters {

namespace {

// Leaves a file per record, so that the driver sees what foreach did elsewhere.
struct Touch {
    std::string folder;
    void operator()(int x) const { std::ofstream(folder + "/seen-" + std::to_string(x)) << x; }
};

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    return sorted(std::move(names));
}

}  // namespace

void show_files(Context& context, const std::string& folder, const std::string& fresh) {
    show("text_file, a folder", context.text_file(folder + "/in").collect());
    show("text_file, a glob", context.text_file(folder + "/in/*", 3).collect());
    show("text_file, a list",
         context.text_file(folder + "/in/b.txt," + folder + "/in/a.txt").collect());
    for (const int splits : {1, 4, 30}) {
        show("text_records",
             context.text_records(folder + "/records", "--", splits)
                 .map([](std::string_view record) { return "[" + std::string(record) + "]"; })
                 .collect());
    }
    const std::string out = folder + "/" + fresh;
    std::filesystem::create_directory(out);
    const auto pairs = context.text_file(folder + "/in").map([](std::string_view line) {
        return std::pair<std::string, std::uint64_t>(line, line.size());
    });
    pairs.save_as_text_file(out + "/pairs");
    show("save_as_text_file, files", names_in(out + "/pairs"));
    show("save_as_text_file, lines", context.text_file(out + "/pairs").collect());
    pairs.save_as_object_file(out + "/objects");
    show("object_file",
         context.object_file<std::pair<std::string, std::uint64_t>>(out + "/objects").collect());
    show("whole_text_files", context.whole_text_files(folder + "/in", 3).values().collect());
    show("pipe", context.text_file(folder + "/in").pipe({"sed", "s/^/-/"}).collect());
    show("binary_records", context.binary_records(folder + "/in/b.txt", 2).collect());
    context.parallelize(std::vector<int>{}, 2).save_as_text_file(out + "/empty");
    show_value("save_as_text_file of nothing", context.text_file(out + "/empty").count());
    try {
        pairs.save_as_text_file(out + "/pairs");
        std::printf("save over what exists: no error\n");
    } catch (const UsageError&) {
        std::printf("save over what exists: refused\n");
    }
    std::filesystem::create_directory(out + "/seen");
    const std::string seen = std::filesystem::absolute(out + "/seen").string();
    context.parallelize(std::vector<int>{3, 1, 2}, 2).foreach (Touch{seen});
    show("foreach", names_in(out + "/seen"));
}

}  // namespace heddle::masters
