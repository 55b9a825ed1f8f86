// Starting and stopping the driver side of a program.
#include "client/api/context.h"

#include <atomic>

#include "client/api/errors.h"
#include "client/api/future_action.h"
#include "client/api/job_control.h"
#include "client/driver/listener_bus.h"
#include "common/fs/file_systems.h"

namespace heddle {

namespace {

api::SessionPtr make_session(std::unique_ptr<driver::JobRunner> runner) {
    static std::atomic<std::uint64_t> sessions{0};
    auto session = std::make_shared<api::Session>();
    session->serial = ++sessions;
    session->runner = std::move(runner);
    session->files = fs::make_file_system(session->runner->file_settings());
    return session;
}

}  // namespace

Context::Context(std::unique_ptr<driver::JobRunner> runner)
    : session_(make_session(std::move(runner))) {}

Context::~Context() {
    stop();
}

const api::SessionPtr& Context::session() const {
    if (session_->runner == nullptr) {
        throw UsageError(ErrorCode::Conflict, "the context has been stopped");
    }
    return session_;
}

std::size_t Context::slice_count(std::int32_t slices) const {
    if (slices < 0) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "parallelize: the number of slices is " + std::to_string(slices));
    }
    return static_cast<std::size_t>(slices == 0 ? default_parallelism() : slices);
}

Rdd<std::string_view> Context::text_file(std::string_view path, std::int32_t splits_min,
                                         api::Callsite at) {
    return Rdd<std::string_view>(api::make_text(session(), path, "\n", true, splits_min, at));
}

Rdd<std::string_view> Context::text_records(std::string_view path, std::string_view delimiter,
                                            std::int32_t splits_min, api::Callsite at) {
    return Rdd<std::string_view>(api::make_text(session(), path, delimiter, false, splits_min, at));
}

Rdd<std::string_view> Context::binary_records(std::string_view path, std::uint64_t length,
                                              std::int32_t splits_min, api::Callsite at) {
    return Rdd<std::string_view>(api::make_fixed_records(session(), path, length, splits_min, at));
}

void Context::check_output(std::string_view path) const {
    api::check_output(*session(), path);
}

void Context::set_checkpoint_dir(std::string_view path) {
    api::set_checkpoint_dir(*session(), path);
}

std::optional<std::string> Context::get_checkpoint_dir() const {
    const std::string& folder = session()->checkpoint_folder;
    return folder.empty() ? std::nullopt : std::optional(folder);
}

std::int32_t Context::default_parallelism() const {
    return session()->runner->default_parallelism();
}

std::string Context::application_id() const {
    return session()->runner->application_id();
}

void Context::set_local_property(std::string_view name, std::optional<std::string> value) {
    api::set_local_property(*session(), name, std::move(value));
}

std::optional<std::string> Context::get_local_property(std::string_view name) const {
    return api::get_local_property(*session(), name);
}

void Context::set_job_group(std::string_view group, std::string_view description) {
    set_local_property(api::kGroupProperty, std::string(group));
    set_local_property(api::kDescriptionProperty, std::string(description));
}

void Context::clear_job_group() {
    set_local_property(api::kGroupProperty, std::nullopt);
    set_local_property(api::kDescriptionProperty, std::nullopt);
}

void Context::set_job_description(std::string_view description) {
    set_local_property(api::kDescriptionProperty, std::string(description));
}

void Context::add_job_tag(const std::string& tag) {
    std::set<std::string> tags = get_job_tags();
    tags.insert(tag);
    api::set_job_tags(*session(), tags);
}

void Context::remove_job_tag(const std::string& tag) {
    std::set<std::string> tags = get_job_tags();
    tags.erase(tag);
    api::set_job_tags(*session(), tags);
}

std::set<std::string> Context::get_job_tags() const {
    return api::job_tags(*session());
}

void Context::clear_job_tags() {
    api::set_job_tags(*session(), {});
}

void Context::cancel_job_group(std::string_view group, std::string_view reason) {
    session()->runner->cancel_jobs({std::string(group), std::nullopt},
                                   reason.empty()
                                       ? "cancelled with its job group '" + std::string(group) + "'"
                                       : std::string(reason));
}

void Context::cancel_jobs_with_tag(std::string_view tag, std::string_view reason) {
    session()->runner->cancel_jobs(
        {std::nullopt, std::string(tag)},
        reason.empty() ? "cancelled with its tag '" + std::string(tag) + "'" : std::string(reason));
}

void Context::cancel_all_jobs() {
    session()->runner->cancel_jobs({}, "cancelled with all jobs");
}

void Context::cancel_job(std::int32_t job, std::string_view reason) {
    session()->runner->cancel(rdd::JobId{job}, reason.empty() ? "cancelled" : std::string(reason));
}

void Context::cancel_stage(std::int32_t stage, std::string_view reason) {
    session()->runner->cancel_stage(
        rdd::StageId{stage},
        reason.empty() ? "cancelled with stage " + std::to_string(stage) : std::string(reason));
}

bool Context::kill_task_attempt(std::int64_t task_attempt, std::string_view reason) {
    return session()->runner->kill_task(
        rdd::TaskId{task_attempt},
        reason.empty() ? std::string("killed by the program") : std::string(reason));
}

void Context::add_file(std::string_view path, bool recursive) {
    api::add_file(*session(), path, recursive);
}

std::vector<std::string> Context::list_files() const {
    return api::list_files(*session());
}

void Context::add_listener(std::shared_ptr<Listener> listener) {
    if (listener == nullptr) {
        throw UsageError(ErrorCode::InvalidArgument, "add_listener: there is no listener");
    }
    session()->runner->add_listener(std::move(listener));
}

void Context::remove_listener(const std::shared_ptr<Listener>& listener) {
    session()->runner->remove_listener(listener);
}

StatusTracker Context::status_tracker() const {
    return StatusTracker(session());
}

void Context::stop() {
    if (session_->runner != nullptr) {
        if (driver::ListenerBus::calls_here()) {
            throw UsageError(ErrorCode::Conflict,
                             "stop: a listener cannot stop a context, which tells listeners of "
                             "everything before it ends; let another thread do it");
        }
        session_->runner->stop();
        api::end_async_runs(*session_);
        session_->runner.reset();
    }
}

}  // namespace heddle
