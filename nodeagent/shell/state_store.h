#pragma once

// The node's memory on disk: the highest epoch, and one record per container. All calls block; they
// run on the loop's file thread, or before the loop.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "nodeagent/core/container_record.h"
#include "nodeagent/shell/node_paths.h"

namespace heddle::node {

class StateStore {
public:
    explicit StateStore(NodePaths paths) : paths_(std::move(paths)) {}

    /// Durable. Errors: Internal.
    Status save_epoch(std::int64_t epoch) const;
    /// 0 when none was ever saved. Errors: DataLoss when the file is not what save_epoch() wrote.
    Result<std::int64_t> load_epoch() const;

    /// The random name of this work directory, made when there is none. Errors: Internal, NotFound.
    Result<std::string> agent_id() const;

    /// Replaces the record in one step. When the end of a container cannot be saved, its record
    /// goes. Errors: Internal.
    Status save(const ContainerRecord& record) const;
    /// What is on disk: every record, and the containers whose record cannot be read, in the order
    /// of their ids. Whatever else lies there is set aside.
    struct Found {
        std::vector<ContainerRecord> records;
        std::vector<ContainerId> damaged;
    };
    Found load_all() const;
    /// Keeps a damaged record for a person to look at. The rest of the container's state stays, so
    /// that the next start finds the same, should this one not come to save its end. Returns where
    /// it is kept; empty: there is no record.
    std::string set_record_aside(const ContainerId& id) const;
    void remove(const ContainerId& id) const;

private:
    std::string free_place(const std::string& name) const;

    NodePaths paths_;
};

/// The record as bytes with version, lengths and checksum, and back. Errors: DataLoss.
std::string encode_container_record(const ContainerRecord& record);
Result<ContainerRecord> decode_container_record(std::string_view bytes);

}  // namespace heddle::node
