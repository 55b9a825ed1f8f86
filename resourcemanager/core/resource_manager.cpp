#include "resourcemanager/core/resource_manager.h"
#include "resourcemanager/core/created_queues.h"

#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/alternatives.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/explanations.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/headroom.h"
#include "resourcemanager/core/offers.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/reservations.h"

namespace heddle::rm {
namespace {

void on(Books&, Tick) {}

void on(Books& books, Stalled) {
    books.listening_since = books.now;
    if (!books.settled) {
        books.deadlines.set({Timer::Kind::Settle, {}, 0}, books.now + books.config.settle_time);
    }
}

void expire_deadlines(Books& books) {
    while (const std::optional<Timer> timer = books.deadlines.take_due(books.now)) {
        switch (timer->kind) {
            case Timer::Kind::NodeExpiry:
                node_expiry_due(books, static_cast<NodeIndex>(timer->number));
                break;
            case Timer::Kind::NodeForget:
                node_forget_due(books, static_cast<NodeIndex>(timer->number));
                break;
            case Timer::Kind::NodeDrain:
                node_drain_due(books, static_cast<NodeIndex>(timer->number));
                break;
            case Timer::Kind::NodeOvercommit:
                node_overcommit_due(books, static_cast<NodeIndex>(timer->number));
                break;
            case Timer::Kind::MasterExpiry:
                master_expiry_due(books, timer->attempt);
                break;
            case Timer::Kind::Settle:
                settle(books);
                break;
            case Timer::Kind::SizeCheck:
                size_check_due(books);
                break;
            case Timer::Kind::LocalityDelay:
                locality_due(books, timer->attempt, static_cast<std::int32_t>(timer->number));
                break;
            case Timer::Kind::Alternative:
                alternative_due(books, timer->attempt, static_cast<std::int32_t>(timer->number));
                break;
            case Timer::Kind::SaveRetry:
                save_retry_due(books, timer->number);
                break;
            case Timer::Kind::TimeLimit:
                time_limit_due(books, timer->attempt.application);
                break;
            case Timer::Kind::Retention:
                retention_due(books);
                break;
            case Timer::Kind::Reservation:
                reservation_due(books);
                break;
            case Timer::Kind::GangDeadline:
                gang_deadline_due(books, timer->attempt, static_cast<std::int32_t>(timer->number));
                break;
            case Timer::Kind::GangTry:
                break;  // place() tries
            case Timer::Kind::CreatedQueues:
                created_queues_due(books);
                break;
            case Timer::Kind::Preemption:
                preemption_due(books, timer->number);
                break;
            case Timer::Kind::Balance:
                balance_due(books);
                break;
        }
    }
}

// All that a step has to say to one peer leaves in one message, or in a few large ones.
void flush_orders(Books& books) {
    for (const NodeIndex index : books.nodes.take_with_orders()) {
        Node& node = books.nodes.at(index);
        if (!node.connected()) {
            node.orders.clear();
            continue;
        }
        node.orders.flush([&](NodeOrders orders) {
            orders.session = node.session;
            orders.sequence = ++node.orders_sent;
            orders.epoch = books.epoch;
            books.emit(SendToNode{node.connection, node.info.id, std::move(orders)});
        });
    }
}

void flush_news(Books& books) {
    for (const AttemptId& id : std::exchange(books.with_news, {})) {
        Attempt* attempt = books.applications.find(id);
        if (attempt == nullptr) {
            continue;
        }
        attempt->news_waiting = false;
        if (attempt->session == 0) {
            attempt->news.clear();
            continue;
        }
        attempt->news.flush([&](MasterNews news) {
            news.session = attempt->session;
            news.sequence = ++attempt->news_sent;
            if (attempt->headroom_wanted) {
                news.headroom = headroom_of(books, books.application_of(id));
                attempt->headroom_told = news.headroom;
            }
            send_to_master(books, *attempt, std::move(news));
        });
    }
}

}  // namespace

ResourceManager::ResourceManager(Config config)
    : books_(std::make_unique<Books>(std::move(config))) {}

ResourceManager::~ResourceManager() = default;

void ResourceManager::step(TimePoint now, WallTime wall, Event event, Effects& effects) {
    Books& books = *books_;
    CHECK(now >= books.now);
    CHECK(books.booted || std::holds_alternative<Booted>(event));
    books.now = now;
    books.wall = wall;
    books.effects = &effects;
    books.placed.clear();
    std::visit([&](auto& what) { on(books, std::move(what)); }, event);
    expire_deadlines(books);
    ask_for_secrets(books);
    place(books);
    withdraw_offer(books);
    flush_orders(books);
    flush_news(books);
    books.effects = nullptr;
}

TimePoint ResourceManager::next_deadline() const {
    const bool ready = books_->asks.any_ready() || opportunistic_ready(*books_);
    return books_->settled && ready ? books_->now : books_->deadlines.next();
}

Publication ResourceManager::publish(WallTime wall) {
    return rm::publish(*books_, wall);
}

void ResourceManager::check() const {
    books_->check();
    check_created(*books_);
    check_explanations(*books_);
}

}  // namespace heddle::rm
