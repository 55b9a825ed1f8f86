#pragma once

// A body on its way into a new file: written and digested on the loop's file thread, in memory only
// as far as the disk is behind. Loop thread only.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/http_message.h"
#include "common/net/loop_core.h"

namespace heddle::net {

class FileSink {
public:
    /// Creates `path` (0600, must not exist). Dropping the sink before finish() removes the file.
    FileSink(std::shared_ptr<LoopCore> core, std::string path);
    ~FileSink();

    /// Bytes are gathered to pieces of 256 KiB. `on_room` of the last call that returned false is
    /// called when the queue is short again.
    bool write(std::string_view bytes, std::function<void()> on_room);

    /// Once, last. Errors: AlreadyExists, ResourceExhausted (disk full), Internal; the file is
    /// removed.
    void finish(std::function<void(Result<Upload>)> done);

private:
    struct File;   // lives on the file thread
    struct State;  // lives on the loop thread

    void send_piece();

    std::shared_ptr<LoopCore> core_;
    std::shared_ptr<File> file_;    // shared with the pieces of work under way
    std::shared_ptr<State> state_;  // shared with their completions
};

}  // namespace heddle::net
