// The context of tasks, jobs of the program's own making, listeners, attempts that are killed and
// files for tasks, on every master.
#include <atomic>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <thread>

#include "tests/integration/rdd/masters.h"

namespace heddle::masters {

namespace {

std::vector<int> numbers(int count) {
    std::vector<int> values;
    for (int i = 0; i < count; ++i) {
        values.push_back(i);
    }
    return values;
}

struct Property {
    std::string name{};
    std::string operator()(std::span<const int> rows) const {
        const TaskContext task = TaskContext::get();
        return task.get_local_property(name).value_or("none") + " " +
               std::to_string(task.partition_id()) + "/" + std::to_string(task.num_partitions()) +
               " attempt " + std::to_string(task.attempt_number()) + " rows " +
               std::to_string(rows.size());
    }
};

void show_contexts(Context& context) {
    const auto rows = context.parallelize(numbers(10), 3);
    context.set_local_property("region", "eu");
    show("run_job", context.run_job(rows, Property{"region"}));
    context.set_local_property("region", std::nullopt);
    show("run_job of some", context.run_job(rows, Property{"region"}, std::vector<int>{2, 0, 2}));
    show("submit_job", context.submit_job(rows, Property{"other"}).get());
    const auto ends = context.long_accumulator();
    struct AtTheEnd {
        Accumulator<Sum<std::int64_t>> ends;
        int operator()(std::span<const int> mine) const {
            TaskContext::get().add_task_completion_listener(
                [ends = ends](const TaskContext&) { ends.add(1); });
            return static_cast<int>(mine.size());
        }
    };
    show("with listeners of the end", context.run_job(rows, AtTheEnd{ends}));
    show_value("ends", ends.value());
    show("ahead", [&] {
        std::vector<int> all;
        for (const int row : rows.to_local_iterator(true)) {
            all.push_back(row);
        }
        return all;
    }());
}

// Kills the first attempt of the task that it hears of.
class Killer : public Listener {
public:
    explicit Killer(Context& context) : context_(context) {}
    void on_job_start(const JobStart&) override { ++started; }
    void on_job_end(const JobEnd& event) override { succeeded += event.job.error.empty() ? 1 : 0; }
    void on_stage_completed(const StageCompleted&) override { ++stages; }
    void on_task_start(const TaskStart& event) override {
        if (event.task.attempt == 0 && !killed) {  // the first that there is
            killed = context_.kill_task_attempt(event.task.task.value, "by the listener");
        }
    }
    void on_task_end(const TaskEnd& event) override {
        ended += event.task.status + " ";
        if (event.task.status == "KILLED") {
            why = event.task.error;
        }
    }
    int started = 0;
    int succeeded = 0;
    int stages = 0;
    bool killed = false;
    std::string ended;
    std::string why;

private:
    Context& context_;
};

void show_listeners(Context& context) {
    const auto killer = std::make_shared<Killer>(context);
    context.add_listener(killer);
    const auto stay = context.parallelize(numbers(1), 1).map([](int value) {
        const TaskContext task = TaskContext::get();
        while (task.attempt_number() == 0) {
            task.kill_task_if_interrupted();
            std::this_thread::yield();
        }
        return value + 100 * task.attempt_number();
    });
    show("a killed attempt runs again", stay.collect());
    // The end of the job is told after its answer is there.
    std::atomic<bool> told{false};
    class Last : public Listener {
    public:
        explicit Last(std::atomic<bool>& told) : told_(told) {}
        void on_job_start(const JobStart&) override {
            told_ = true;
            told_.notify_all();
        }

    private:
        std::atomic<bool>& told_;
    };
    const auto last = std::make_shared<Last>(told);
    context.add_listener(last);
    (void)context.parallelize(numbers(1), 1).count();
    told.wait(false);  // so what was before has been told
    context.remove_listener(killer);
    context.remove_listener(last);
    show_value("killed", killer->killed);
    show_value("ends", killer->ended.substr(0, std::string("KILLED SUCCESS ").size()));
    show_value("why", killer->why);
    show_value("stages at least", killer->stages >= 1);
    show_value("jobs", killer->started >= 1 && killer->succeeded >= 1);
}

std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void show_files_of_tasks(Context& context, const std::string& folder) {
    const auto rows = context.parallelize(numbers(8), 8);
    const auto read = rows.map([](int) { return content_of(FilesOnTasks::get("records")).size(); });
    try {
        (void)read.collect();
    } catch (const JobFailed& failed) {
        const std::string text = failed.what();
        show_value("a file that was not added",
                   text.find("no file 'records' was added") != std::string::npos);
    }
    context.add_file(folder + "/records");
    context.add_file(folder + "/in", true);
    show("files in tasks", read.collect());
    show("a folder in tasks", rows.map([](int) {
                                      const std::string root = FilesOnTasks::get("in");
                                      return content_of(root + "/b.txt") +
                                             content_of(root + "/_hidden");
                                  })
                                  .distinct(1)
                                  .collect());
}

}  // namespace

void show_tasks(Context& context, const std::string& folder) {
    show_contexts(context);
    show_listeners(context);
    show_files_of_tasks(context, folder);
}

}  // namespace heddle::masters
