#include "resourcemanager/shell/topology_script.h"

#include <sstream>
#include <utility>

#include "resourcemanager/core/config.h"

namespace heddle::rm {

Result<std::vector<std::string>> parse_racks(const std::string& printed, std::size_t hosts) {
    std::istringstream words(printed);
    std::vector<std::string> racks;
    for (std::string word; words >> word;) {
        if (!word.starts_with("/") || word.size() > kNodeTextMax) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + word.substr(0, 100) + "' is no rack: a rack begins with '/'"};
        }
        racks.push_back(std::move(word));
    }
    if (racks.size() != hosts) {
        return Error{ErrorCode::InvalidArgument, std::to_string(racks.size()) + " racks for " +
                                                     std::to_string(hosts) +
                                                     " machines; print one per argument"};
    }
    return racks;
}

Result<std::vector<std::string>> run_topology_script(const std::string& script,
                                                     const std::vector<std::string>& hosts,
                                                     Duration limit, std::stop_token stop) {
    TRY(const std::string printed,
        run_host_script({script, "the topology script", limit}, hosts, std::move(stop)));
    auto racks = parse_racks(printed, hosts.size());
    return racks.ok() ? std::move(racks)
                      : Error{ErrorCode::InvalidArgument, "the topology script " + script +
                                                              " answered " + racks.error().message};
}

}  // namespace heddle::rm
