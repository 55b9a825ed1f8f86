// The baselines. Each thread combines its half into tables of its own, one per thread of the second
// step, which merges.
#include "tests/bench/rdd/by_hand.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "client/api/words.h"
#include "common/rdd/hash.h"
#include "common/rdd/pages.h"
#include "tests/bench/rdd/measure.h"

namespace heddle::bench {

namespace {

constexpr std::size_t kRing = 32;

// Up to 16 bytes of a word lie in its slot, so that most comparisons touch nothing else.
struct WordKey {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint64_t hash = 0;
    const char* word = nullptr;
    std::uint32_t size = 0;
};

WordKey key_of(std::string_view word) {
    WordKey key;
    key.word = word.data();
    key.size = static_cast<std::uint32_t>(word.size());
    const std::size_t n = word.size();
    if (n >= 8) {
        key.low = rdd::detail::load64(word.data());
        key.high = rdd::detail::load64(word.data() + n - 8);
    } else if (n >= 4) {
        key.low = rdd::detail::load32(word.data());
        key.high = rdd::detail::load32(word.data() + n - 4);
    } else {
        for (std::size_t i = 0; i < n; ++i) {
            key.low = key.low << 8 | static_cast<unsigned char>(word[i]);
        }
    }
    if (n <= 16) {
        key.hash = rdd::hash_combine(key.low + n, key.high);
    } else {
        key.hash = rdd::hash_text(word);
    }
    return key;
}

struct WordSlot {
    WordKey key;
    std::uint64_t count;
};

class WordTable {
public:
    WordTable() { resize(1 << 16); }
    void prefetch(const WordKey& key) const { __builtin_prefetch(slots() + (key.hash & mask_), 1); }
    void add(const WordKey& key, std::uint64_t count) {
        std::size_t at = key.hash & mask_;
        for (; slots()[at].count != 0; at = (at + 1) & mask_) {
            WordSlot& slot = slots()[at];
            if (slot.key.low == key.low && slot.key.high == key.high && slot.key.size == key.size &&
                (key.size <= 16 || std::memcmp(slot.key.word, key.word, key.size) == 0)) {
                slot.count += count;
                return;
            }
        }
        slots()[at] = {key, count};
        if (++size_ * 2 > mask_) {
            resize((mask_ + 1) * 2);
        }
    }
    template <typename F>
    void each(F&& f) const {
        for (std::size_t i = 0; i <= mask_; ++i) {
            if (slots()[i].count != 0) {
                f(slots()[i].key, slots()[i].count);
            }
        }
    }
    std::size_t size() const { return size_; }

private:
    WordSlot* slots() const { return static_cast<WordSlot*>(pages_.data()); }
    void resize(std::size_t capacity) {
        rdd::ZeroPages pages(capacity * sizeof(WordSlot));
        auto* table = static_cast<WordSlot*>(pages.data());
        const std::size_t old = pages_.data() == nullptr ? 0 : mask_ + 1;
        for (std::size_t i = 0; i < old; ++i) {
            if (const WordSlot& slot = slots()[i]; slot.count != 0) {
                std::size_t at = slot.key.hash & (capacity - 1);
                while (table[at].count != 0) {
                    at = (at + 1) & (capacity - 1);
                }
                table[at] = slot;
            }
        }
        pages_ = std::move(pages);
        mask_ = capacity - 1;
    }
    rdd::ZeroPages pages_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

void count_part(std::string_view text, WordTable& table) {
    std::array<WordKey, kRing> ring;
    std::size_t n = 0;
    const auto add = [&](std::string_view word) {
        WordKey& place = ring[n % kRing];
        if (n >= kRing) {
            table.add(place, 1);
        }
        place = key_of(word);
        table.prefetch(place);
        ++n;
    };
    while (!text.empty()) {
        const void* hit = std::memchr(text.data(), '\n', text.size());
        const std::size_t end =
            hit == nullptr ? text.size()
                           : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
        for_each_word(text.substr(0, end), ' ', add);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (std::size_t i = n < kRing ? 0 : n - kRing; i < n; ++i) {
        table.add(ring[i % kRing], 1);
    }
}

struct PairSlot {
    std::uint64_t key;  // plus one; 0: empty
    std::uint64_t value;
};

class PairTable {
public:
    explicit PairTable(std::uint64_t keys) {
        std::size_t capacity = 1024;
        while (capacity < keys * 2) {
            capacity *= 2;
        }
        pages_ = rdd::ZeroPages(capacity * sizeof(PairSlot));
        mask_ = capacity - 1;
    }
    std::size_t slot_of(std::uint64_t key) const { return rdd::hash_number(key) & mask_; }
    void prefetch(std::size_t slot) const { __builtin_prefetch(slots() + slot, 1); }
    void add(std::uint64_t key, std::size_t at, std::uint64_t value) {
        for (;; at = (at + 1) & mask_) {
            PairSlot& slot = slots()[at];
            if (slot.key == key + 1) {
                slot.value += value;
                return;
            }
            if (slot.key == 0) {
                slot = {key + 1, value};
                return;
            }
        }
    }
    PairSlot* slots() const { return static_cast<PairSlot*>(pages_.data()); }
    std::size_t capacity() const { return mask_ + 1; }

private:
    rdd::ZeroPages pages_;
    std::size_t mask_ = 0;
};

void reduce_part(std::uint64_t begin, std::uint64_t end, std::uint64_t keys, PairTable& table) {
    struct Waiting {
        std::uint64_t key;
        std::size_t slot;
        std::uint64_t value;
    };
    std::array<Waiting, kRing> ring{};
    for (std::uint64_t i = begin; i < end; ++i) {
        Waiting& place = ring[i % kRing];
        if (i >= begin + kRing) {
            table.add(place.key, place.slot, place.value);
        }
        const std::uint64_t key = bench_key(i, keys);
        place = {key, table.slot_of(key), i};
        table.prefetch(place.slot);
    }
    for (std::uint64_t i = end - begin < kRing ? begin : end - kRing; i < end; ++i) {
        const Waiting& place = ring[i % kRing];
        table.add(place.key, place.slot, place.value);
    }
}

}  // namespace

Totals count_words_by_hand(std::string_view text, int threads) {
    std::vector<WordTable> tables(static_cast<std::size_t>(threads));
    std::vector<std::size_t> cuts{0};
    for (int t = 1; t < threads; ++t) {
        const std::size_t at = text.find(
            '\n', text.size() * static_cast<std::size_t>(t) / static_cast<std::size_t>(threads));
        cuts.push_back(std::min(at, text.size()));
    }
    cuts.push_back(text.size());
    on_threads(threads, [&](int t) {
        const auto i = static_cast<std::size_t>(t);
        count_part(text.substr(cuts[i], cuts[i + 1] - cuts[i]), tables[i]);
    });
    std::vector<Totals> parts(static_cast<std::size_t>(threads));
    on_threads(threads, [&](int t) {
        WordTable merged;
        for (const WordTable& table : tables) {
            table.each([&](const WordKey& key, std::uint64_t count) {
                if (rdd::partition_of(key.hash, static_cast<std::uint32_t>(threads)) ==
                    static_cast<std::uint32_t>(t)) {
                    merged.add(key, count);
                }
            });
        }
        Totals& part = parts[static_cast<std::size_t>(t)];
        part.distinct = merged.size();
        merged.each([&](const WordKey&, std::uint64_t count) { part.sum += count; });
    });
    Totals totals;
    for (const Totals& part : parts) {
        totals.distinct += part.distinct;
        totals.sum += part.sum;
    }
    return totals;
}

Totals reduce_pairs_by_hand(std::uint64_t pairs, std::uint64_t keys, int threads) {
    std::vector<std::unique_ptr<PairTable>> tables;
    for (int t = 0; t < threads; ++t) {
        tables.push_back(std::make_unique<PairTable>(keys));
    }
    const auto n = static_cast<std::uint64_t>(threads);
    on_threads(threads, [&](int t) {
        const auto i = static_cast<std::uint64_t>(t);
        reduce_part(pairs * i / n, pairs * (i + 1) / n, keys, *tables[i]);
    });
    // Tables of one size order their keys alike, so this merge runs through both from front to
    // back.
    PairTable& first = *tables[0];
    for (std::size_t other = 1; other < tables.size(); ++other) {
        const PairSlot* slots = tables[other]->slots();
        for (std::size_t i = 0; i < first.capacity(); ++i) {
            if (slots[i].key != 0) {
                first.add(slots[i].key - 1, first.slot_of(slots[i].key - 1), slots[i].value);
            }
        }
    }
    Totals totals;
    for (std::size_t i = 0; i < first.capacity(); ++i) {
        totals.distinct += first.slots()[i].key != 0 ? 1 : 0;
        totals.sum += first.slots()[i].value;
    }
    return totals;
}

}  // namespace heddle::bench
