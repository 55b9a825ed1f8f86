// Counts words: word_count FILE... prints the ten most frequent ones.

#include <heddle/heddle.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

using Count = std::pair<std::string_view, long>;

int main(int argc, char** argv) try {
    heddle::init(argc, argv);  // in an executor it serves tasks and does not return
    heddle::Context context;
    const auto counts =
        context.text_file(argc > 1 ? argv[1] : "README.md")
            .flat_map([](std::string_view line, heddle::Emit<Count>& emit) {
                for (std::size_t end = 0; !line.empty(); line.remove_prefix(end)) {
                    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
                    end = std::min(line.find(' '), line.size());
                    if (end > 0) {
                        emit(Count(line.substr(0, end), 1));
                    }
                }
            })
            .reduce_by_key([](long a, long b) { return a + b; });
    for (const auto& [word, count] : counts.top(10, [](const Count&a, const Count&b) {
             return a.second != b.second ? a.second < b.second : b.first < a.first;
         })) {
        std::printf("%8ld %s\n", count, word.c_str());
    }
    return 0;
} catch (const std::exception& error) {  // a missing file, a failed job: what() says where
    std::fprintf(stderr, "word_count: %s\n", error.what());
    return heddle::exit_code_of(error);
}
