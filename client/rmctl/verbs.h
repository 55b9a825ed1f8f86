#pragma once

// What most commands do: ask the server, then print its JSON as it is, or names, or what people
// read.

#include <functional>
#include <string>

#include "client/rmctl/options.h"
#include "client/rmctl/server.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

/// GETs `target`; `what` names it in errors. With -o json its text is printed, else `show` is
/// called.
Result<int> shown(const Options& options, const std::string& target, const std::string& what,
                  const std::function<Result<int>(const wire::Json&)>& show);

/// The same of a server that was spoken with already.
Result<int> shown(const Options& options, Server& server, const std::string& target,
                  const std::string& what,
                  const std::function<Result<int>(const wire::Json&)>& show);

/// POSTs `body`, and says what was done. An answer that is no JSON is printed as {"message": ...}.
Result<int> decided(const Options& options, const std::string& target, const std::string& body,
                    const std::string& what, const std::string& done);

/// The table, its first column alone with -o name, or `none` as a hint where there is no row.
int print_rows(const Options& options, const Table& table, const std::string& none);

}  // namespace heddle::rmctl
