// Loops of ours that are compiled for several processors and chosen at load time.
#pragma once

// Put before a plain function whose loops vectorize: it is compiled for AVX-512, AVX2 and the baseline, and the
// loader picks. A macro because attributes cannot be spelt otherwise; empty where the compiler has no such
// thing. Functions so marked must not call lambdas or inline functions that are meant to vectorize with them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define HALFTONE_SIMD_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HALFTONE_SIMD_CLONES
#endif
