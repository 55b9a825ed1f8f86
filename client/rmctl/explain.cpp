// rmctl app explain: the server's sentences, laid out for people.

#include "client/rmctl/apps.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/output.h"
#include "common/base/display.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

void print_line(std::string_view indent, const std::string& text) {
    print(std::string(indent) + without_controls(text) + "\n");
}

void print_blockers(const std::vector<BlockerAnswer>& blockers) {
    for (const BlockerAnswer& blocker : blockers) {
        print_line("  ", blocker.reason + ": " + blocker.sentence);
        if (!blocker.rejected.empty()) {
            print_line("      nodes: ", join(blocker.rejected, ", "));
        }
        for (const std::string& holder : blocker.holders) {
            print_line("      ", holder);
        }
    }
}

void print_ask(const AskReasonAnswer& ask) {
    const std::string what =
        ask.ask == 0 ? "Its first container" : "Ask " + std::to_string(ask.ask);
    print_line("\n", what + ": " + count_of(ask.containers, "container") + " of " +
                         std::to_string(ask.memory_mib) + " MiB, " + count_of(ask.vcores, "vcore") +
                         (ask.never ? ", which can never run" : ""));
    print_blockers(ask.blockers);
    if (ask.ahead_containers > 0) {
        print_line("  Ahead: ", count_of(ask.ahead_containers, "container") + " of " +
                                    count_of(ask.ahead_applications, "application"));
    }
    print_line("  ", ask.estimate);
    print_line("  Next: ", ask.next_step);
}

}  // namespace

Result<int> app_explain(const Options& options, const std::string& id) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, resolve_application(server, id));
    TRY(const std::string body,
        server.get("/heddle/v1/apps/" + net::percent_encode(full) + "/explain",
                   "the explanation of " + full));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const ExplanationAnswer explanation, read_explanation(body));
    if (options.output == OutputForm::Name) {
        print(explanation.reason + (explanation.reason.empty() ? "" : "\n"));
        return kExitDone;
    }
    print_line("", explanation.headline);
    print_blockers(explanation.blockers);
    for (const AskReasonAnswer& ask : explanation.asks) {
        print_ask(ask);
    }
    const auto shown = static_cast<std::int64_t>(explanation.asks.size());
    if (shown < explanation.asks_count) {
        print("\n" + count_of(explanation.asks_count - shown, "more open ask") + " not shown\n");
    }
    for (const PromotionAnswer& promotion : explanation.promotions) {
        print_line("\n", promotion.container + " on " + promotion.node +
                             ": opportunistic, to become guaranteed");
        print_blockers(promotion.blockers);
    }
    return kExitDone;
}

}  // namespace heddle::rmctl
