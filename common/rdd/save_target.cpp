// The target of a save as bytes.
#include "common/rdd/save_target.h"

namespace heddle::rdd {

Bytes encode(const SaveTarget& target) {
    ByteWriter out;
    out.text(target.place);
    out.text(target.suffix);
    return out.take();
}

Result<SaveTarget> decode_save_target(std::string_view bytes) {
    ByteReader in(bytes);
    SaveTarget target;
    target.place = in.text();
    target.suffix = in.text();
    TRY(in.status("target of a save"));
    return target;
}

std::string part_name(Partition partition) {
    std::string digits = std::to_string(partition);
    digits.insert(0, digits.size() < 5 ? 5 - digits.size() : 0, '0');
    return "part-" + digits;
}

}  // namespace heddle::rdd
