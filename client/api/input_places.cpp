// Adding up where the blocks of a range are.
#include "client/api/input_places.h"

#include <algorithm>
#include <map>
#include <utility>

namespace heddle::api {

namespace {
constexpr std::size_t kHostsMax = 3;
}

InputPlaces::InputPlaces(fs::FileSystem& files, const fs::FileInfo& file, bool& answers) {
    if (!answers) {
        return;
    }
    if (auto places = files.places(file)) {
        places_ = std::move(places).value();
    } else {
        answers = false;
    }
}

std::vector<std::string> InputPlaces::hosts(std::uint64_t begin, std::uint64_t end) const {
    std::map<std::string, std::uint64_t> bytes;
    for (const fs::BlockPlace& place : places_) {
        const std::uint64_t from = std::max(begin, place.offset);
        const std::uint64_t to = std::min(end, place.offset + place.size);
        if (from < to) {
            for (const std::string& host : place.hosts) {
                bytes[host] += to - from;
            }
        }
    }
    std::vector<std::pair<std::string, std::uint64_t>> sorted(bytes.begin(), bytes.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> hosts;
    for (std::size_t i = 0; i < std::min(sorted.size(), kHostsMax); ++i) {
        hosts.push_back(sorted[i].first);
    }
    return hosts;
}

}  // namespace heddle::api
