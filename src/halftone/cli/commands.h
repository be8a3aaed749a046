// The command line: subcommands, flags and exit codes.
#pragma once

namespace halftone {

// Runs one command and returns its exit code: 0 good, 1 a check or a stated limit failed, else exit_code() of
// the error's kind. Results go to stdout, talk to stderr.
int run_command(int argc, char** argv);

}  // namespace halftone
