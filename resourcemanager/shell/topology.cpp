#include "resourcemanager/shell/topology.h"

#include <fstream>
#include <sstream>

#include "common/base/strings.h"

namespace heddle::rm {

Result<std::map<std::string, std::string>> read_topology(const std::string& path) {
    std::ifstream file(path);
    if (!file.is_open()) {
        return Error{ErrorCode::NotFound, "cannot read '" + path + "'"};
    }
    std::map<std::string, std::string> racks;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        std::istringstream words(line);
        std::string host;
        std::string rack;
        std::string more;
        if (!(words >> host) || host.starts_with("#")) {
            continue;
        }
        const std::string where = path + ":" + std::to_string(number) + ": ";
        if (!(words >> rack) || words >> more || !rack.starts_with("/")) {
            return Error{ErrorCode::InvalidArgument,
                         where + "'" + std::string(trim(line)) +
                             "': write a host and its rack, such as: node-1 /dc1/rack1"};
        }
        if (!racks.emplace(host, rack).second) {
            return Error{ErrorCode::InvalidArgument, where + host + " is given twice"};
        }
    }
    return racks;
}

}  // namespace heddle::rm
