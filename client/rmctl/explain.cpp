// rmctl app explain, rmctl app waiting: the server's sentences, laid out for people.

#include "client/rmctl/apps.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "client/rmctl/verbs.h"
#include "common/base/display.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

constexpr std::size_t kSentenceCells = 200;

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
                         to_string(ask.size) + (ask.never ? ", which can never run" : ""));
    print_blockers(ask.blockers);
    if (ask.ahead_containers > 0) {
        print_line("  Ahead: ", count_of(ask.ahead_containers, "container") + " of " +
                                    count_of(ask.ahead_applications, "application"));
    }
    print_line("  ", ask.estimate);
    print_line("  Next: ", ask.next_step);
}

}  // namespace

Result<int> app_explain(const Options& options, const std::string& id, std::optional<int> ask) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, resolve_application(server, id));
    TRY(const std::string body,
        server.get("/heddle/v1/apps/" + net::percent_encode(full) + "/explain" +
                       (ask ? "?ask=" + std::to_string(*ask) : std::string()),
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
    for (const AskReasonAnswer& one : explanation.asks) {
        print_ask(one);
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

Table waiting_table(const wire::Json& json) {
    Table table;
    table.columns = {{"APPLICATION", Align::Left, false, 0},
                     {"REASON", Align::Left, false, 0},
                     {"WHY", Align::Left, true, 0, kSentenceCells}};
    for (const wire::Json& one : fields::list(json, "waiting", "applications")) {
        table.rows.push_back({fields::text(one, "application"), fields::text(one, "reason"),
                              fields::text(one, "headline")});
    }
    return table;
}

Table reasons_table(const wire::Json& json) {
    Table table;
    table.columns = {{"REASON", Align::Left, false, 0},
                     {"APPLICATIONS", Align::Right, false, 0},
                     {"MEANING", Align::Left, true, 1, kSentenceCells}};
    for (const wire::Json& one : fields::list(json, "waiting", "reasons")) {
        table.rows.push_back({fields::text(one, "reason"),
                              std::to_string(fields::number(one, "applications")),
                              fields::text(one, "meaning")});
    }
    return table;
}

Result<int> app_waiting(const Options& options, const std::string& reason, int limit) {
    std::string target = "/heddle/v1/waiting";
    target += limit > 0 ? "?limit=" + std::to_string(limit) : "";
    if (!reason.empty()) {
        target += (limit > 0 ? "&reason=" : "?reason=") + net::percent_encode(reason);
    }
    return shown(options, target, "the applications that wait", [&](const wire::Json& json) {
        print_rows(options, waiting_table(json), "No application waits");
        const Table reasons = reasons_table(json);
        if (!reasons.rows.empty() && options.output != OutputForm::Name) {
            print("\n");
            print_table(options, reasons);
        }
        return kExitDone;
    });
}

}  // namespace heddle::rmctl
