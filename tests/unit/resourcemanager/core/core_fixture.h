#pragma once

// The manager's core alone: events in, effects out, on one line of time. The store answers when the
// test says so.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/resource_manager.h"

namespace heddle::rm::test {

class CoreFixture {
public:
    explicit CoreFixture(Config config = {}) : rm(std::move(config)) {}

    /// Takes the first step, with what the store holds.
    void boot(Booted booted = {}) {
        booted.epoch = 1;
        booted.cluster_timestamp = 1;
        booted.secrets = {"secret-1", "secret-2", "secret-3", "secret-4"};
        step(std::move(booted));
    }

    /// One step; saves that it issues wait in `saves`.
    Effects step(Event event) {
        Effects effects;
        rm.step(now, {1000 + now.microseconds / 1000}, std::move(event), effects);
        rm.check();
        for (const Effect& effect : effects) {
            if (const auto* save = std::get_if<Save>(&effect)) {
                saves.push_back(*save);
            }
        }
        return effects;
    }

    Effects advance(Duration time) {
        now = now + time;
        return step(Tick{});
    }

    /// The store answers its oldest batch.
    Effects saved() { return step(Saved{take_save().batch}); }
    Effects save_failed() {
        return step(SaveFailed{take_save().batch, {ErrorCode::Internal, "disk full"}});
    }
    /// The store answers everything, and what follows from it.
    Effects all_saved() {
        Effects all;
        while (!saves.empty()) {
            Effects effects = saved();
            all.insert(all.end(), effects.begin(), effects.end());
        }
        return all;
    }

    /// A node registers, and its record is on disk.
    ConnectionId add_node(const std::string& name, Resource total = {8192, 8}) {
        const ConnectionId connection{++connections};
        step(NodeMessage{connection, registration(name, total)});
        all_saved();
        return connection;
    }

    static NodeRegister registration(const std::string& name, Resource total = {8192, 8}) {
        NodeRegister registration;
        registration.info.id = {name};
        registration.info.address = "127.0.0.1";
        registration.info.http_port = 8042;
        registration.info.total = total;
        return registration;
    }

    /// Of the next application.
    ApplicationSubmission submission(ApplicationKind kind = ApplicationKind::Command) {
        ApplicationSubmission submission;
        submission.id = {1, ++submitted};
        submission.kind = kind;
        submission.user = "alice";
        submission.master.argv = {"program"};
        submission.master_size = {512, 1};
        return submission;
    }
    /// It is submitted, and its record is on disk. Its attempt's save waits.
    ApplicationId submit(const ApplicationSubmission& submission) {
        step(Request{{++requests}, NewApplication{}});
        all_saved();
        step(Request{{++requests}, SubmitApplication{submission}});
        saved();
        return submission.id;
    }
    ApplicationId submit(ApplicationKind kind = ApplicationKind::Command) {
        return submit(submission(kind));
    }

    template <typename Message, typename Sent>
    static std::vector<Message> sent(const Effects& effects) {
        std::vector<Message> messages;
        for (const Effect& effect : effects) {
            if (const auto* to = std::get_if<Sent>(&effect)) {
                if (const auto* message = std::get_if<Message>(&to->message)) {
                    messages.push_back(*message);
                }
            }
        }
        return messages;
    }

    ResourceManager rm;
    TimePoint now;
    std::vector<Save> saves;
    std::uint64_t connections = 0;
    std::uint64_t requests = 0;
    std::int64_t submitted = 0;

private:
    Save take_save() {
        EXPECT_FALSE(saves.empty());
        Save save = saves.front();
        saves.erase(saves.begin());
        return save;
    }
};

}  // namespace heddle::rm::test
