#include "resourcemanager/shell/body.h"

namespace heddle::rm {

Result<wire::Json> body_of(std::string_view text, std::string_view root) {
    TRY(const wire::Json json, wire::parse_json(text));
    const wire::Json* inner = json.find(root);
    return inner != nullptr && inner->is_object() ? *inner : json;
}

}  // namespace heddle::rm
