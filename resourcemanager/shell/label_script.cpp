#include "resourcemanager/shell/label_script.h"

#include <sstream>
#include <utility>

#include "resourcemanager/core/config.h"

namespace heddle::rm {

Result<std::vector<std::string>> parse_labels(const std::string& printed, std::size_t hosts) {
    std::istringstream words(printed);
    std::vector<std::string> labels;
    for (std::string word; words >> word;) {
        if (word == "-") {
            word.clear();
        }
        if (word.size() > kLabelMax) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + word.substr(0, 100) + "...', which is longer than a label may be"};
        }
        labels.push_back(std::move(word));
    }
    if (labels.size() != hosts) {
        return Error{ErrorCode::InvalidArgument,
                     std::to_string(labels.size()) + " labels for " + std::to_string(hosts) +
                         " nodes; print one per argument, '-' for none"};
    }
    return labels;
}

Result<std::vector<std::string>> run_label_script(const HostScript& script,
                                                  const std::vector<std::string>& hosts,
                                                  std::stop_token stop) {
    TRY(const std::string printed, run_host_script(script, hosts, std::move(stop)));
    auto labels = parse_labels(printed, hosts.size());
    return labels.ok()
               ? std::move(labels)
               : Error{ErrorCode::InvalidArgument,
                       script.what + " " + script.path + " answered " + labels.error().message};
}

}  // namespace heddle::rm
