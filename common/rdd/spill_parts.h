#pragma once

// How tables of keys spill (combining, grouping, joins). When memory is refused, what the table
// holds and every row that comes after it are dealt out by the hash of their key to parts on disk;
// then part after part is read back into an empty table. A part that does not fit either is dealt
// out once more, by other bits of the hash.
//
// Rows of one part come back in the order in which they went, and a combined value comes before the
// rows that followed it. So the values of a key meet in the same order as without spilling, the
// results are the same to the bit, and nothing has to know how two combined values are merged,
// which sorted runs would need. Only the order of the keys depends on what was spilled.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/rdd/batch.h"
#include "common/rdd/record_face.h"
#include "common/rdd/scope.h"
#include "common/rdd/spill.h"

namespace heddle::rdd {

class SpillParts {
public:
    static constexpr std::uint32_t kParts = 16;
    /// 16^6 parts: what does not fit then is the rows of one key.
    static constexpr std::uint32_t kLevelsMax = 6;

    /// `faces`: of the kinds of rows that are kept apart, whose keys are of one type.
    SpillParts(SpillingBudget& budget, std::vector<const RecordFace*> faces);
    ~SpillParts();
    SpillParts(const SpillParts&) = delete;
    SpillParts& operator=(const SpillParts&) = delete;

    /// True: rows are dealt out, and no table is to be filled.
    bool spilling() const { return spilling_; }
    /// False: dealing out what is read at present would make no part smaller.
    bool may_split() const { return current_.may_split; }

    // All answer false when the task has failed.

    /// Starts to deal out. `held` is what the table takes, for the metrics.
    bool begin(std::int64_t held);
    bool add(std::size_t kind, const void* rows, std::uint32_t count);
    /// After a table has gone to disk because `over` was refused: fails the task when even that
    /// cannot be had, since a record is larger than all there is.
    bool settle(std::int64_t over);
    /// Everything has been dealt out; its parts wait.
    bool end();
    /// Makes the part that came last the current one, so that few wait. False: none waits.
    bool next();
    /// Pushes rows of the current part to `take`, as far as it answers true; may be repeated. True:
    /// all were taken.
    bool read(std::size_t kind, const std::function<bool(Batch&)>& take);

private:
    struct Part {
        std::vector<SpillFile::Stream> streams;  // by kind
        std::uint32_t level = 0;
        bool may_split = true;
    };
    std::uint32_t part_of(std::uint64_t hash) const;

    SpillingBudget& budget_;
    std::vector<const RecordFace*> faces_;
    std::vector<std::unique_ptr<SpillFile>> files_;  // by kind; none before the first begin()
    std::vector<SpillFile::Stream> streams_;         // by kind: the first of those dealt out to
    bool spilling_ = false;
    Part current_;  // the level of what is dealt out is one more
    std::vector<Part> waiting_;
    std::uint64_t counted_ = 0;          // bytes on disk that the metrics know of
    std::vector<std::uint64_t> hashes_;  // of one batch, as the next
    std::vector<std::uint32_t> chosen_[kParts];
};

}  // namespace heddle::rdd
