// Suffixes, and reading through a decoder.
#include "common/fs/compression.h"

#include <array>
#include <utility>
#include <vector>

#include "common/fs/decoder.h"

namespace heddle::fs {

namespace {

struct Named {
    Codec codec;
    std::string_view suffix;
    std::string_view name;
};
constexpr std::array<Named, 4> kCodecs = {{{Codec::Gzip, ".gz", "gzip"},
                                           {Codec::Bzip2, ".bz2", "bzip2"},
                                           {Codec::Zstd, ".zst", "zstd"},
                                           {Codec::Lz4, ".lz4", "lz4"}}};

// Read at once: little at first, for those who want only the first lines of a remote file.
constexpr std::size_t kReadFirst = std::size_t{256} << 10;
constexpr std::size_t kReadMost = std::size_t{4} << 20;

std::string_view name_of(Codec codec) {
    for (const Named& named : kCodecs) {
        if (named.codec == codec) {
            return named.name;
        }
    }
    return "";
}

std::unique_ptr<Decoder> make_decoder(Codec codec) {
    switch (codec) {
        case Codec::None:
            return nullptr;
        case Codec::Gzip:
            return make_gzip_decoder();
        case Codec::Bzip2:
            return make_bzip2_decoder();
        case Codec::Zstd:
            return make_zstd_decoder();
        case Codec::Lz4:
            return make_lz4_decoder();
    }
    return nullptr;
}

class DecompressingReader final : public FileReader {
public:
    DecompressingReader(Codec codec, std::unique_ptr<FileReader> source, std::string path)
        : codec_(codec),
          source_(std::move(source)),
          path_(std::move(path)),
          decoder_(make_decoder(codec)),
          buffer_(kReadFirst) {}

    Result<std::size_t> read(char* out, std::size_t size) override {
        while (true) {
            if (begin_ == end_ && !source_ended_) {
                TRY(fill());
            }
            const std::string_view in(buffer_.data() + begin_, end_ - begin_);
            const auto step = decoder_->decode(in, out, size);
            if (!step && step.error().code != ErrorCode::DataLoss) {
                return Error{step.error().code, "'" + path_ + "': " + step.error().message};
            }
            if (!step) {
                return damaged(step.error().message);
            }
            begin_ += step->consumed;
            offset_ += step->consumed;
            produced_ += step->produced;
            if (step->produced > 0) {
                return step->produced;
            }
            if (begin_ == end_ && source_ended_) {
                return decoder_->at_boundary() ? Result<std::size_t>(0) : cut_off();
            }
            if (step->consumed == 0 && begin_ != end_) {
                return damaged("no progress");
            }
        }
    }

private:
    Status fill() {
        if (end_ == buffer_.size() && buffer_.size() < kReadMost) {
            buffer_.resize(buffer_.size() * 2);
        }
        TRY(end_, source_->read(buffer_.data(), buffer_.size()));
        begin_ = 0;
        source_ended_ = end_ == 0;
        return {};
    }
    Error damaged(const std::string& what) const {
        return {ErrorCode::DataLoss,
                "'" + path_ + "' is damaged: no " + std::string(name_of(codec_)) +
                    " data at byte " + std::to_string(offset_) + " (" + what + "), behind " +
                    std::to_string(produced_) +
                    " bytes of good text; write the file again, or leave it out"};
    }
    Error cut_off() const {
        return {ErrorCode::DataLoss,
                "'" + path_ + "' is cut off: its " + std::string(name_of(codec_)) +
                    " data ends in the middle of a stream at byte " + std::to_string(offset_) +
                    ", behind " + std::to_string(produced_) +
                    " bytes of good text; write the file again, or leave it out"};
    }

    Codec codec_;
    std::unique_ptr<FileReader> source_;
    std::string path_;
    std::unique_ptr<Decoder> decoder_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool source_ended_ = false;
    std::uint64_t offset_ = 0;    // in the compressed file
    std::uint64_t produced_ = 0;  // of text
};

}  // namespace

Codec codec_of(std::string_view path) {
    for (const Named& named : kCodecs) {
        if (path.ends_with(named.suffix)) {
            return named.codec;
        }
    }
    return Codec::None;
}

std::string_view suffix_of(Codec codec) {
    for (const Named& named : kCodecs) {
        if (named.codec == codec) {
            return named.suffix;
        }
    }
    return "";
}

std::unique_ptr<FileReader> decompress(Codec codec, std::unique_ptr<FileReader> source,
                                       std::string path) {
    if (codec == Codec::None) {
        return source;
    }
    return std::make_unique<DecompressingReader>(codec, std::move(source), std::move(path));
}

std::unique_ptr<Compressor> make_compressor(Codec codec) {
    switch (codec) {
        case Codec::None:
            return nullptr;
        case Codec::Gzip:
            return make_gzip_compressor();
        case Codec::Bzip2:
            return make_bzip2_compressor();
        case Codec::Zstd:
            return make_zstd_compressor();
        case Codec::Lz4:
            return make_lz4_compressor();
    }
    return nullptr;
}

}  // namespace heddle::fs
