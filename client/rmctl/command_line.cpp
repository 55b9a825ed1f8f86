#include "client/rmctl/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>

#include "client/rmctl/command_tree.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/output.h"
#include "common/base/strings.h"

namespace heddle::rmctl {
namespace {

// The deepest command that was named.
const CLI::App* named_command(const CLI::App& root) {
    const CLI::App* command = &root;
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
    }
    return command;
}

std::string full_name(const CLI::App* command) {
    const std::string path = path_of(command);
    return path.empty() ? "rmctl" : "rmctl " + path;
}

// Names that could stand where `word` stands: flags of the command and of the whole, or verbs.
std::vector<std::string> names_near(const CLI::App* command, bool flags) {
    std::vector<std::string> names;
    if (!flags) {
        for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
            names.push_back(sub->get_name());
        }
        return names;
    }
    for (const CLI::App* level = command; level != nullptr; level = level->get_parent()) {
        for (const CLI::Option* option : level->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

// A word that no command expects, if there is one; flags before commands.
std::optional<std::string> unexpected_word(const CLI::App& root) {
    const std::vector<std::string> left = root.remaining(true);
    if (left.empty()) {
        return std::nullopt;
    }
    return left[0];
}

int usage_error(const CLI::App* command, const std::string& message) {
    say("rmctl: " + message + "\nTry '" + full_name(command) + " --help'.");
    return kExitUsage;
}

int unexpected(const CLI::App* command, const std::string& word) {
    const bool flag = word.starts_with("-");
    const std::string name = flag ? word.substr(0, word.find('=')) : word;
    const std::vector<std::string> near = names_near(command, flag);
    const std::vector<std::string_view> views(near.begin(), near.end());
    const std::string what = flag           ? "unknown flag '"
                             : near.empty() ? "unexpected argument '"
                                            : "unknown command '";
    return usage_error(command, what + word + "'" + did_you_mean(name, views));
}

// The parser's words where they say what to do, else ours.
std::string words_of(const CLI::App* command, const CLI::ParseError& error) {
    const std::string words = error.what();
    if (error.get_name() == "RequiredError" && words == "A subcommand is required") {
        return full_name(command) + " needs one of " + join(names_near(command, false), ", ");
    }
    if (error.get_name() == "ArgumentMismatch" && words.find(':') != std::string::npos) {
        // "--type: 1 required TEXT missing", "--type: At Most 1 required but received 2"
        const bool missing = words.find("missing") != std::string::npos;
        return words.substr(0, words.find(':')) +
               (missing ? " needs a value" : " is given more than once");
    }
    return words;
}

int parse_failed(CLI::App& root, const CLI::ParseError& error) {
    const CLI::App* command = named_command(root);
    if (const auto word = unexpected_word(root)) {
        return unexpected(command, *word);
    }
    if (error.get_exit_code() == 0) {  // --help, --version
        std::ostringstream text;
        root.exit(error, text, text);
        print(text.str());
        return kExitDone;
    }
    return usage_error(command, words_of(command, error));
}

// True when the flag's value is the next word.
bool takes_next_word(const CLI::App& root, const CLI::App& command, const std::string& word) {
    if (word.find('=') != std::string::npos) {
        return false;
    }
    for (const CLI::App* level : {&command, &root}) {
        if (const CLI::Option* option = level->get_option_no_throw(word)) {
            return option->get_items_expected_max() > 0;
        }
    }
    return false;
}

// Cuts "submit [FLAGS] [--] PROGRAM [ARGS...]" before the program, whose arguments are its own
// affair whatever they look like.
std::vector<std::string> cut_program(const CLI::App& root, std::vector<std::string>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("-")) {
        at += takes_next_word(root, root, words[at]) ? 2 : 1;
    }
    if (at >= words.size() || words[at] != "submit") {
        return {};
    }
    const CLI::App& command = *root.get_subcommand("submit");
    for (++at; at < words.size() && words[at].starts_with("-") && words[at] != "--";) {
        at += takes_next_word(root, command, words[at]) ? 2 : 1;
    }
    at = std::min(at, words.size());
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<std::string> program(end, words.end());
    words.erase(end, words.end());
    if (!program.empty() && program[0] == "--") {
        program.erase(program.begin());
    }
    return program;
}

// "help app list" is "app list --help".
void expand_help(const CLI::App& root, std::vector<std::string>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("-")) {
        at += takes_next_word(root, root, words[at]) ? 2 : 1;
    }
    if (at >= words.size() || words[at] != "help") {
        return;
    }
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
    if (at < words.size() && words[at] == "submit") {
        words.resize(at + 1);  // what follows would be a program
    }
    words.emplace_back("--help");
}

OutputForm output_form(const std::string& text) {
    return text == "json"   ? OutputForm::Json
           : text == "wide" ? OutputForm::Wide
           : text == "name" ? OutputForm::Name
                            : OutputForm::Table;
}

int run_words(std::vector<std::string> words) {
    CLI::App root("rmctl: run programs on a Heddle cluster, and look after it", "rmctl");
    Values values;
    build(root, values);
    expand_help(root, words);
    values.submit.command = cut_program(root, words);
    std::reverse(words.begin(), words.end());  // as the parser wants them
    try {
        root.parse(words);
    } catch (const CLI::ParseError& error) {
        return parse_failed(root, error);
    }
    const CLI::App* command = named_command(root);
    if (const auto word = unexpected_word(root)) {
        return unexpected(command, *word);
    }
    if (command->get_name() == "submit" && values.submit.command.empty() &&
        !values.submit.unmanaged) {
        return usage_error(command, "no program to submit");
    }
    values.options.output = output_form(values.output);
    catch_interrupts();
    const Result<int> done = values.action();
    if (!done) {
        say("rmctl: " + done.error().message);
        return exit_code_of(done.error());
    }
    return *done;
}

}  // namespace

int run_command_line(int argc, char** argv) {
    const int code = run_words(std::vector<std::string>(argv + 1, argv + argc));
    const Status written = output_status();
    if (!written) {
        say("rmctl: " + written.error().message);
        return code == kExitDone ? kExitApplicationFailed : code;
    }
    return code;
}

}  // namespace heddle::rmctl
