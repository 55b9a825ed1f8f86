#include "client/rmctl/verbs.h"

#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"

namespace heddle::rmctl {

Result<int> shown(const Options& options, const std::string& target, const std::string& what,
                  const std::function<Result<int>(const wire::Json&)>& show) {
    TRY(Server server, Server::find(options));
    return shown(options, server, target, what, show);
}

Result<int> shown(const Options& options, Server& server, const std::string& target,
                  const std::string& what,
                  const std::function<Result<int>(const wire::Json&)>& show) {
    TRY(const std::string body, server.get(target, what));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const wire::Json json, fields::parse(body));
    return show(json);
}

Result<int> decided(const Options& options, const std::string& target, const std::string& body,
                    const std::string& what, const std::string& done) {
    TRY(Server server, Server::find(options));
    TRY(const std::string answer, server.post(target, body, what));
    if (options.output != OutputForm::Json) {
        hint(options, done);
    } else if (answer.empty()) {
        print_json("{}");
    } else {
        print_json(fields::parse(answer).ok() ? answer
                                              : "{\"message\":" + wire::quote_json(answer) + "}");
    }
    return kExitDone;
}

int print_rows(const Options& options, const Table& table, const std::string& none) {
    if (options.output == OutputForm::Name) {
        for (const auto& row : table.rows) {
            print(row.front() + "\n");
        }
    } else if (table.rows.empty()) {
        hint(options, none);
    } else {
        print_table(options, table);
    }
    return kExitDone;
}

}  // namespace heddle::rmctl
