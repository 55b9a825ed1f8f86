// Dealing rows out by hash, level by level.
#include "common/rdd/spill_parts.h"

#include <utility>

#include "common/rdd/hash.h"

namespace heddle::rdd {

SpillParts::SpillParts(SpillingBudget& budget, std::vector<const RecordFace*> faces)
    : budget_(budget), faces_(std::move(faces)) {}

SpillParts::~SpillParts() = default;

bool SpillParts::begin(std::int64_t held) {
    if (files_.empty()) {
        for (const RecordFace* face : faces_) {
            auto made = SpillFile::create(budget_.scope().spill_folder(), *face);
            if (!made) {
                return budget_.fail(made.error());
            }
            files_.push_back(std::move(made).value());
        }
    }
    streams_.clear();
    for (const auto& file : files_) {
        streams_.push_back(file->add_streams(kParts));
    }
    budget_.scope().metrics().memory_bytes_spilled += held;
    spilling_ = true;
    return true;
}

// Partitions and table slots are chosen by the hash itself, so its bits are mixed anew per level.
std::uint32_t SpillParts::part_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash_combine(current_.level + 1, hash) >> 32) % kParts;
}

bool SpillParts::add(std::size_t kind, const void* rows, std::uint32_t count) {
    hashes_.resize(count);
    faces_[kind]->hash(rows, count, hashes_.data());
    for (std::uint32_t i = 0; i < count; ++i) {
        chosen_[part_of(hashes_[i])].push_back(i);
    }
    bool kept = true;
    for (std::uint32_t p = 0; p < kParts; ++p) {
        std::vector<std::uint32_t>& chosen = chosen_[p];
        if (kept && !chosen.empty()) {
            const Status status = files_[kind]->append(streams_[kind] + p, rows, chosen.data(),
                                                       static_cast<std::uint32_t>(chosen.size()));
            kept = status || budget_.fail(status.error());
        }
        chosen.clear();
    }
    return kept && !budget_.scope().stopped();
}

bool SpillParts::settle(std::int64_t over) {
    if (over > 0 && !budget_.insist(over)) {
        return false;
    }
    budget_.release(over);
    return true;
}

bool SpillParts::end() {
    std::uint64_t size = 0;
    std::vector<Part> parts;
    for (std::uint32_t p = kParts; p-- > 0;) {  // backwards: the first is read first
        Part part;
        part.level = current_.level + 1;
        bool any = false;
        for (std::size_t kind = 0; kind < files_.size(); ++kind) {
            const SpillFile::Stream stream = streams_[kind] + p;
            if (const Status status = files_[kind]->end(stream); !status) {
                return budget_.fail(status.error());
            }
            any = any || files_[kind]->records(stream) != 0;
            part.streams.push_back(stream);
        }
        if (any) {
            parts.push_back(std::move(part));
        }
    }
    for (const auto& file : files_) {
        size += file->size();
    }
    for (Part& part : parts) {
        part.may_split = part.level < kLevelsMax && parts.size() > 1;
        waiting_.push_back(std::move(part));
    }
    budget_.scope().metrics().disk_bytes_spilled +=
        static_cast<std::int64_t>(size - std::exchange(counted_, size));
    spilling_ = false;
    return true;
}

bool SpillParts::next() {
    if (waiting_.empty()) {
        return false;
    }
    current_ = std::move(waiting_.back());
    waiting_.pop_back();
    return true;
}

bool SpillParts::read(std::size_t kind, const std::function<bool(Batch&)>& take) {
    SpillFile::Reader reader(*files_[kind], current_.streams[kind]);
    for (;;) {
        std::unique_ptr<RowBuffer> rows;
        if (const Status status = reader.next(rows); !status) {
            return budget_.fail(status.error());
        }
        if (rows == nullptr) {
            return true;
        }
        Batch batch = rows->batch();
        if (!take(batch) || budget_.scope().stopped()) {
            return false;
        }
    }
}

}  // namespace heddle::rdd
