// Cutting, and the cut as bytes.
#include "common/rdd/text_split.h"

#include <algorithm>

namespace heddle::rdd {

Bytes encode(const TextSplit& split) {
    ByteWriter out;
    out.text(split.path);
    out.number(split.file_size);
    out.number(split.begin);
    out.number(split.end);
    out.text(split.delimiter);
    out.number<std::uint8_t>(split.strip_return ? 1 : 0);
    out.text(split.version);
    return out.take();
}

Result<TextSplit> decode_text_split(std::string_view bytes) {
    ByteReader in(bytes);
    TextSplit split;
    split.path = in.text();
    split.file_size = in.number<std::uint64_t>();
    split.begin = in.number<std::uint64_t>();
    split.end = in.number<std::uint64_t>();
    split.delimiter = in.text();
    split.strip_return = in.boolean();
    split.version = in.text();
    if (split.delimiter.empty() || split.begin > split.end || split.end > split.file_size) {
        in.fail();
    }
    TRY(in.status("text split"));
    return split;
}

std::vector<TextSplit> cut_text(const std::vector<TextFile>& files, const std::string& delimiter,
                                bool strip_return, std::int32_t splits_min) {
    std::uint64_t total = 0;
    for (const TextFile& file : files) {
        total += file.size;
    }
    const auto wanted = static_cast<std::uint64_t>(std::max(splits_min, 1));
    const std::uint64_t share = std::max<std::uint64_t>((total + wanted - 1) / wanted, 1);
    std::vector<TextSplit> splits;
    for (const TextFile& file : files) {
        const std::uint64_t size =
            file.whole ? std::max<std::uint64_t>(file.size, 1)
                       : std::min(share, std::max<std::uint64_t>(file.block_size, 1));
        for (std::uint64_t begin = 0; begin < file.size; begin += size) {
            splits.push_back({file.path, file.size, begin, std::min(begin + size, file.size),
                              delimiter, strip_return, file.version});
        }
    }
    return splits;
}

}  // namespace heddle::rdd
