// The notification that daemons send to their service manager.

#include "common/base/service.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace heddle {

TEST(Service, TellsItsVersion) {
    EXPECT_EQ(version().find('.'), 1u);
}

TEST(Service, NotifiesTheSocketThatItsManagerNamed) {
    const std::string path = "/tmp/heddle-notify-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    notify_service_manager("READY=1");
    char text[64] = {};
    EXPECT_EQ(recv(descriptor, text, sizeof text, MSG_DONTWAIT), 7);
    EXPECT_STREQ(text, "READY=1");
    unsetenv("NOTIFY_SOCKET");
    notify_service_manager("READY=1");
    EXPECT_LT(recv(descriptor, text, sizeof text, MSG_DONTWAIT), 0);
    close(descriptor);
    unlink(path.c_str());
}

}  // namespace heddle
