// rmctl: the command line of a Heddle cluster.

#include "client/rmctl/command_line.h"

int main(int argc, char** argv) {
    return heddle::rmctl::run_command_line(argc, argv);
}
