#include "halftone/cli/commands.h"

int main(int argc, char** argv) { return halftone::run_command(argc, argv); }
