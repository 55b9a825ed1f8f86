#include "tests/support/rm_world/client_script.h"

#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

constexpr Duration kRetry = seconds(2);

}  // namespace

void ClientScript::push() {
    if (submitted_) {
        return;
    }
    const std::uint64_t tried = ++tries_;
    if (!id_.has_value()) {
        manager_.request(NewApplication{}, [this](const Result<Answer>& answer) {
            if (answer.ok() && !id_.has_value()) {
                id_ = std::get<NewApplicationAnswer>(*answer).application;
                submission_.id = *id_;
                on_id(*id_);
                push();
            }
        });
    } else {
        const SubmitApplication submit{submission_, groups_, !otherwise_.empty()};
        manager_.request(submit, [this](const Result<Answer>& answer) {
            if (!answer.ok() && answer.error().code == ErrorCode::PermissionDenied) {
                submission_.queue = otherwise_;
            }
            if (answer.ok() && !submitted_) {
                submitted_ = true;
                stage_.note("submitted " + name_of(*id_));
                on_submitted();
            }
        });
    }
    stage_.timeline.after(kRetry, [this, tried] {
        if (tries_ == tried) {
            push();
        }
    });
}

}  // namespace heddle::rm::test
